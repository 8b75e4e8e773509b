"""How long a deployment keeps what jobs leave in the archive, and what a sweep by these rules did."""

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from signoff.domain.model import Input, Value
from signoff.domain.removal import Kind

Keep = Annotated[timedelta, Field(ge=timedelta(days=1), le=timedelta(days=36_500))]
"""At least a day: a bare number is one of seconds, so `90` is most likely meant as days, and is refused."""

_FIELDS: Final = {
    Kind.REQUEST: "requests",
    Kind.RESPONSE: "responses",
    Kind.DRAFT: "drafts",
    Kind.DELIVERABLE: "deliverables",
    Kind.OTHER: "others",
    Kind.RECORD: "records",
}
CONTENT: Final = frozenset(Kind) - {Kind.RECORD}


class Retention(Input):
    """How long each kind of object is kept after its job has closed; without a time it is kept for good.

    A record goes last: when everything else of its job is past its time too.
    """

    requests: Keep | None = None
    responses: Keep | None = None
    drafts: Keep | None = None
    deliverables: Keep | None = None
    others: Keep | None = None
    records: Keep | None = None

    @model_validator(mode="after")
    def _ends_with_records(self) -> Self:
        if self.records is None:
            return self
        missing = [_FIELDS[kind] for kind in Kind if kind is not Kind.RECORD and self.of(kind) is None]
        longer = [_FIELDS[kind] for kind in CONTENT if (self.of(kind) or timedelta(0)) > self.records]
        if missing or longer:
            told = (
                f"give {', '.join(missing)} a time as well" if missing else f"{', '.join(sorted(longer))} stay longer"
            )
            msg = f"records: a record goes last, when nothing else of its job is left; {told}"
            raise ValueError(msg)
        return self

    def of(self, kind: Kind) -> timedelta | None:
        """Say how long a kind is kept; `None` for good."""
        kept: timedelta | None = getattr(self, _FIELDS[kind])
        return kept

    @property
    def is_inert(self) -> bool:
        """Whether everything is kept for good."""
        return all(self.of(kind) is None for kind in Kind)


class Swept(Value):
    """What a sweep did so far.

    `jobs` is how many it looked at, `changed` of how many it removed something. `unreadable` are those whose record
    can't be relied on, of which nothing is removed. `after` is the last job that it looked at, and `is_complete` says
    that there was none after it. In a dry run, what would be removed is counted, and nothing is.
    """

    jobs: int = 0
    changed: int = 0
    removed: dict[Kind, int] = Field(default_factory=dict)
    unreadable: int = 0
    after: str = ""
    is_complete: bool = False
    is_dry_run: bool = False

    @property
    def objects(self) -> int:
        """How many objects were removed."""
        return sum(self.removed.values())

    def counting(self, removed: dict[Kind, int], *, is_unreadable: bool = False) -> Self:
        """Count one more job."""
        kinds = {kind: self.removed.get(kind, 0) + removed.get(kind, 0) for kind in Kind}
        return self.model_copy(
            update={
                "jobs": self.jobs + 1,
                "changed": self.changed + bool(removed),
                "removed": {kind: count for kind, count in kinds.items() if count},
                "unreadable": self.unreadable + is_unreadable,
            }
        )
