"""What the archive's index says of a closed job, and which closed jobs a list asks for."""

import gzip
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

from pydantic import AwareDatetime, Field, ValidationError
from pydantic_core import from_json

from signoff.domain.deliverable import digest_of
from signoff.domain.description import JobSummary
from signoff.domain.errors import BadRequestError
from signoff.domain.failures import FailureClass
from signoff.domain.integrity import UnsoundError
from signoff.domain.model import Value
from signoff.domain.record import JobRecord
from signoff.domain.spending import job_cost
from signoff.domain.status import JobStatus, NextAction

_LEVEL: Final = 6
_DROPPED: Final = {"changes"}
_ERASED: Final = 1_000_000


class Place(NamedTuple):
    """Where a job stands in the list of closed jobs, whose newest one is the greatest."""

    closed_at: datetime
    job_id: str


class ClosedJob(Value):
    """What a list shows of a closed job: one small entry of the archive's index.

    `changes` counts the lines of the record that it was made from: of two entries of a job, the one with more is newer.
    Where they have as many, the one of a later `version` is, which grows when a field is added here. `amounts` are what
    it cost by currency; entries of the first version lack them, and whether that `has_full_cost`.
    """

    version: int = 2
    job_id: str
    title: str
    requester: str
    labels: dict[str, str] = Field(default_factory=dict)
    status: JobStatus
    failure_class: FailureClass | None = None
    opened_at: AwareDatetime
    closed_at: AwareDatetime
    tokens: int = 0
    amounts: dict[str, Decimal] = Field(default_factory=dict)
    has_full_cost: bool = False
    changes: int = 0

    @property
    def is_erased(self) -> bool:
        """Whether it is what an erasure left of the job."""
        return self.changes >= _ERASED

    @property
    def day(self) -> str:
        """The day it closed on, in UTC."""
        return day_of(self.closed_at)

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return Place(self.closed_at, self.job_id)

    def line(self) -> bytes:
        """Render it on one line, without its end."""
        return self.model_dump_json().encode()

    def shows_the_same(self, other: "ClosedJob | None") -> bool:
        """Whether a list shows the same of both."""
        return other is not None and self.model_dump(exclude=_DROPPED) == other.model_dump(exclude=_DROPPED)

    def summary(self) -> JobSummary:
        """Show it as a line of a list."""
        return JobSummary(
            job_id=self.job_id,
            title=self.title,
            requester=self.requester,
            labels=self.labels,
            status=self.status,
            next_action=NextAction.NONE,
            failure_class=self.failure_class,
            started_at=self.opened_at,
            closed_at=self.closed_at,
            tokens=self.tokens,
        )


def day_of(at: datetime) -> str:
    """Name the day of a moment, in UTC, as the index does."""
    return at.astimezone(UTC).date().isoformat()


def _erasures(record: JobRecord) -> int:
    """Have what is left of an erased job go before whatever was listed of it before."""
    return _ERASED if record.erased else 0


def closed_job(record: JobRecord) -> ClosedJob | None:
    """Pick out of a record what a list shows of it; `None` while the job is open."""
    if not record.is_closed or record.closed_at is None:
        return None
    cost = job_cost(record)
    return ClosedJob(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        labels=record.labels,
        status=record.status,
        failure_class=record.failure.failure_class if record.failure else None,
        opened_at=record.opened_at,
        closed_at=record.closed_at,
        tokens=record.tokens,
        amounts=cost.amounts,
        has_full_cost=cost.is_complete,
        changes=len(record.timeline) + record.strays_omitted + record.refusals_omitted + _erasures(record),
    )


@dataclass(frozen=True)
class ClosedFilters:
    """Which closed jobs a list is about; what is absent does not matter.

    Any of the `statuses` will do, and all `labels` are asked for, each as `key=value`. `since` is the first moment of
    closing that counts, and `until` the first one that does not any more.

    Raises:
        BadRequestError: A status is an open one, a label is none, or nothing can be between the two times.
    """

    statuses: tuple[JobStatus, ...] = ()
    labels: tuple[str, ...] = ()
    requester: str | None = None
    failure_class: FailureClass | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what no closed job can be."""
        if still_open := [status for status in self.statuses if not status.is_closed]:
            raise BadRequestError(f"status: no closed job is {still_open[0]}; ask for it without `closed`")
        if odd := [label for label in self.labels if "=" not in label]:
            raise BadRequestError(f"label: {odd[0]} is not a key and its value, as in desk=science")
        if self.since and self.until and self.since >= self.until:
            raise BadRequestError("since: it is not before until, so no job can be between them")

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The labels as keys and values."""
        return tuple((key, value) for key, _, value in (label.partition("=") for label in self.labels))

    @property
    def words(self) -> str:
        """Write down what is asked for, without the times, as one text."""
        asked = (sorted(self.statuses), sorted(self.labels), self.requester, self.failure_class)
        return repr(tuple(str(one) for one in asked))

    def touches(self, day: str) -> bool:
        """Whether jobs that closed on this day can be among those asked for."""
        is_late = self.since is None or day >= day_of(self.since)
        return is_late and (self.until is None or day <= day_of(self.until))

    def admits(self, told: Mapping[str, Any], closed_at: datetime) -> bool:
        """Whether an entry, as it was read from JSON, is asked for."""
        labels = told.get("labels") or {}
        return (
            (not self.statuses or told.get("status") in self.statuses)
            and (self.requester is None or told.get("requester") == self.requester)
            and (self.failure_class is None or told.get("failure_class") == self.failure_class)
            and all(labels.get(key) == value for key, value in self.pairs)
            and (self.since is None or closed_at >= self.since)
            and (self.until is None or closed_at < self.until)
        )


class Entry(NamedTuple):
    """One line of the index, read as far as it takes to choose among lines.

    `age` orders the entries of one job: the greatest one is the newest one.
    """

    place: Place
    age: tuple[int, int, bytes]
    told: dict[str, Any]

    @property
    def line(self) -> bytes:
        """The line itself."""
        return self.age[-1]


def read_entry(line: bytes, path: str) -> Entry:
    """Read a line.

    Raises:
        UnsoundError: It is none of the index.
    """
    try:
        told = from_json(line)
        place = Place(datetime.fromisoformat(told["closed_at"]), told["job_id"])
        return Entry(place, (int(told.get("changes", 0)), int(told.get("version", 1)), line), told)
    except (ValueError, TypeError, KeyError):
        raise UnsoundError(f"{path} holds a line that is no entry of the index: {TO_DO}") from None


def read_closed_job(entry: Entry, path: str) -> ClosedJob:
    """Read a line whole.

    Raises:
        UnsoundError: A newer version wrote it.
    """
    try:
        return ClosedJob.model_validate(entry.told)
    except ValidationError:
        raise UnsoundError(f"{path} has an entry that is not for this version to read: upgrade this process") from None


TO_DO: Final = "it was torn or changed; move it away, and run `signoff archive reindex`"


def render_segment(lines: Iterable[bytes]) -> bytes:
    """Render the entries of a day, which come the newest first; the same ones give the same bytes."""
    return gzip.compress(b"".join(line + b"\n" for line in lines), compresslevel=_LEVEL, mtime=0)


def lines_in(path: str, data: bytes) -> Iterator[bytes]:
    """Give the lines of an entry or of a segment, one at a time.

    Raises:
        UnsoundError: It has not the digest that its name holds.
    """
    digest = path.rpartition("/")[2].removesuffix(".jsonl.gz").removesuffix(".json")[-64:]
    if (found := digest_of(data)) != f"sha256:{digest}":
        raise UnsoundError(f"{path} has {found}: {TO_DO}")
    if not path.endswith(".gz"):
        yield data
        return
    with gzip.open(io.BytesIO(data)) as opened:
        for line in opened:
            yield line.rstrip(b"\n")


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Keep the newest entry of each job, and order them as lists do."""
    kept: dict[str, Entry] = {}
    for entry in entries:
        before = kept.get(entry.place.job_id)
        if before is None or entry.age > before.age:
            kept[entry.place.job_id] = entry
    return sorted(kept.values(), key=lambda entry: entry.place, reverse=True)
