"""How long a deployment keeps what jobs leave in the archive, and what is due to go."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from signoff.domain import layout
from signoff.domain.change import changed
from signoff.domain.model import Input, Value
from signoff.domain.record import JobRecord
from signoff.domain.removal import Kind, Removal

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


def due(record: JobRecord, rules: Retention, now: datetime) -> frozenset[Kind]:
    """Say which kinds of objects of a job are past their time. Of an open job none is."""
    if not record.is_closed or record.closed_at is None:
        return frozenset()
    age = now - record.closed_at
    past = frozenset(kind for kind in Kind if (kept := rules.of(kind)) is not None and age >= kept)
    return past if past >= CONTENT else past - {Kind.RECORD}


def kind_of(path: str, record: JobRecord | None) -> Kind | None:
    """Say of which kind an object in a job's folder is; `None` for a tombstone, which stays.

    Without a record nobody knows what was approved, so a deliverable counts as a draft.
    """
    job_id = layout.job_of(path) or ""
    within = path.removeprefix(f"{layout.job_folder(job_id)}/")
    top, _, rest = within.partition("/")
    if path == layout.erased_path(job_id):
        return None
    if path == layout.record_path(job_id):
        return Kind.RECORD
    match top, rest.rpartition("/")[2]:
        case "attempts", "request.json":
            return Kind.REQUEST
        case ("attempts", "response.json") | ("strays", _):
            return Kind.RESPONSE
        case "deliverables", name:
            is_approved = record is not None and f"sha256:{name.removesuffix('.json')}" in approved(record)
            return Kind.DELIVERABLE if is_approved else Kind.DRAFT
    return Kind.OTHER


def approved(record: JobRecord) -> frozenset[str]:
    """Give the digests that were approved, or delivered."""
    delivered = {record.receipt.digest} if record.receipt else set()
    return frozenset(delivered | {review.digest for review in record.reviews if review.is_approved})


def noted(record: JobRecord, removed: dict[Kind, int], at: datetime) -> JobRecord:
    """Say in a record what retention is about to remove. A kind that it names already keeps its first date."""
    known = {line.kind: line for line in record.removed}
    for kind, objects in removed.items():
        before = known.get(kind)
        count = objects if before is None else max(before.objects, objects)
        known[kind] = Removal(kind=kind, at=before.at if before else at, objects=count)
    return changed(record, removed=tuple(known.values()))
