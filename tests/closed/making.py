"""Closed jobs for the index, made from records as the product makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from signoff.closed.entries import keep_entry
from signoff.closed.finding import find_closed
from signoff.domain import layout
from signoff.domain.closed import ClosedFilters, ClosedJob, closed_job
from signoff.domain.integrity import render_record
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.ports import Archive
from tests.domain.making import a_record

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TOMORROW = NOON + DAY
ALL = ClosedFilters()


def closed_record(
    job_id: str, closed_at: datetime = NOON, status: JobStatus = JobStatus.COMPLETED, **changes: Any
) -> JobRecord:
    """Make the record of a closed job."""
    changed = {"job_id": job_id, "closed_at": closed_at, "opened_at": closed_at - HOUR, **changes}
    return a_record(status).model_copy(update=changed)


def entry_of(record: JobRecord) -> ClosedJob:
    """Give the entry that a record makes."""
    entry = closed_job(record)
    assert entry
    return entry


async def closed(archive: Archive, job_id: str, closed_at: datetime = NOON, **changes: Any) -> JobRecord:
    """Keep the record of a closed job as an activity does."""
    record = closed_record(job_id, closed_at, **changes)
    await keep_entry(archive, record)
    await archive.put(layout.record_path(job_id), render_record(record))
    return record


async def listed(archive: Archive, filters: ClosedFilters = ALL, most: int = 1_000) -> list[str]:
    """Name the jobs that a list shows, which reports nothing unreadable."""
    found = await find_closed(archive, filters, most)
    assert found.unreadable == ()
    return [job.job_id for job in found.jobs]


async def objects(archive: Archive, folder: str = "closed") -> list[str]:
    return sorted([path async for path in archive.paths(folder)])
