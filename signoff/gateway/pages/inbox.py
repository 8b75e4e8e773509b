"""The list of jobs: what waits for whom, by one request to Temporal for the rows."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from signoff.domain.description import JobSummary
from signoff.domain.errors import BadRequestError, SignoffError
from signoff.domain.model import Name
from signoff.domain.status import JobStatus
from signoff.gateway.callers import Caller
from signoff.reading import JobReader
from signoff.tokens import Role

ROWS: Final = 50
LABEL_RULE: Final = r"^[^=]{1,64}=.{0,200}$"
COUNTED: Final = (
    JobStatus.AWAITING_REVIEW,
    JobStatus.NEEDS_ATTENTION,
    JobStatus.QUEUED,
    JobStatus.RUNNING,
    JobStatus.DELIVERING,
)
DUE: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
OTHERS: Final = tuple(status for status in JobStatus if status not in COUNTED)


class Filter(BaseModel):
    """What the address of the list says. What it leaves out is chosen by the person's roles.

    `due` asks for what must be decided within that time; `until` is the moment that it meant on the first page.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: JobStatus | None = None
    whose: str = Field(default="mine", pattern="^(mine|all)$")
    requester: Name | None = None
    label: str | None = Field(default=None, pattern=LABEL_RULE)
    due: str | None = Field(default=None, pattern="^(hour|day|week)$")
    until: AwareDatetime | None = None
    cursor: str | None = Field(default=None, max_length=4_002)

    def address(self, **changes: object) -> str:
        """Give the address of the list with some of this changed; it begins at the first page then."""
        told = {**self.model_dump(mode="json"), "cursor": None, "until": None, **changes}
        return "/review?" + urlencode({key: value for key, value in told.items() if value})

    def due_before(self, now: datetime) -> datetime | None:
        """Give until when what is asked for must be decided, where that matters."""
        if self.due is None or self.status is not JobStatus.AWAITING_REVIEW:
            return None
        return self.until or (now + DUE[self.due]).replace(microsecond=0)

    def reviewer(self, person: Caller) -> str | None:
        """Give whose decision the rows wait for, where that matters."""
        return person.name if self.whose == "mine" and self.status is JobStatus.AWAITING_REVIEW else None


class Inbox(NamedTuple):
    """The list as its page shows it. A problem says why there are no rows, or no counts."""

    filter: Filter
    rows: tuple[JobSummary, ...]
    next_cursor: str | None
    problem: str
    until: datetime | None
    counts: Mapping[JobStatus, int]


def read_filter(query: Mapping[str, str], person: Caller) -> Filter:
    """Read what the address says; one that says nothing of a status shows what this person acts on.

    A requester is shown the jobs of its own, whatever the address says.

    Raises:
        BadRequestError: A part of it can't be read.
    """
    given = {key: value.strip() for key, value in query.items() if value.strip()}
    fixed = {} if person.sees_all else {"requester": person.name, "whose": "all"}
    try:
        return Filter.model_validate({**_usual(person), **given, **fixed})
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        hint = "; write a label as key=value" if field == "label" else ""
        raise BadRequestError(f"{field}: this can't be asked for{hint}") from None


def _usual(person: Caller) -> dict[str, object]:
    if person.has(Role.REVIEWER):
        return {"status": JobStatus.AWAITING_REVIEW, "whose": "mine"}
    return {"status": JobStatus.NEEDS_ATTENTION, "whose": "all"} if person.sees_all else {}


async def read_inbox(jobs: JobReader, asked: Filter, person: Caller) -> Inbox:
    """Read a page of the list, and how many jobs there are by status. Either may fail without the other."""
    until = asked.due_before(datetime.now(UTC))
    rows, counts = await asyncio.gather(
        jobs.page(
            limit=ROWS,
            cursor=asked.cursor,
            status=asked.status,
            requester=asked.requester,
            label=asked.label,
            reviewer=asked.reviewer(person),
            due_before=until,
        ),
        jobs.counts(COUNTED, requester=asked.requester, label=asked.label),
        return_exceptions=True,
    )
    for failed in (rows, counts):
        if isinstance(failed, BaseException) and not isinstance(failed, SignoffError):
            raise failed
    known = counts if isinstance(counts, dict) else {}
    if isinstance(rows, BaseException):
        return Inbox(asked, (), None, str(rows), until, known)
    return Inbox(asked, _by_due(rows.jobs), rows.next_cursor, "", until, known)


def _by_due(rows: tuple[JobSummary, ...]) -> tuple[JobSummary, ...]:
    """Put first what is due first; Temporal's order stays among the others."""
    return tuple(sorted(rows, key=lambda row: row.review_due_at.timestamp() if row.review_due_at else float("inf")))
