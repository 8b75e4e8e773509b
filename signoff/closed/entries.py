"""Writing what a list shows of a closed job into the archive's index."""

from signoff.domain import layout
from signoff.domain.closed import ClosedJob, closed_job
from signoff.domain.deliverable import digest_of
from signoff.domain.record import JobRecord
from signoff.ports import Archive


async def keep_entry(archive: Archive, record: JobRecord, before: JobRecord | None = None) -> None:
    """Write the entry of a closed job, unless a list would show of `before` the same; an open job has none.

    Write it before the record: whoever repeats a change does so until the record has it, and the entry by then.
    A repeat writes the same object. One that has changed gets another name, so that whoever removes the old one, after
    compacting it, never removes the new one.

    Raises:
        FaultError: The archive failed.
    """
    entry = closed_job(record)
    if entry is not None and not entry.shows_the_same(closed_job(before) if before else None):
        await archive.put(*entry_object(entry))


def entry_object(entry: ClosedJob) -> tuple[str, bytes]:
    """Give the path and the bytes of an entry."""
    data = entry.line()
    return layout.entry_path(entry.day, entry.job_id, digest_of(data)), data
