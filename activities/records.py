"""Records in the archive: read whole or not at all, and written with their own digest."""

from signoff.closed.entries import keep_entry
from signoff.domain import layout
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.integrity import UnsoundError, read_record, render_record
from signoff.domain.observation import Observation
from signoff.domain.record import JobRecord
from signoff.ports import Archive


async def kept_record(archive: Archive, job_id: str) -> JobRecord | None:
    """Read the record of a closed job; `None` where there is none yet.

    Raises:
        FaultError: The archive failed, or holds a record that was torn or changed, on which nothing may build.
    """
    path = layout.record_path(job_id)
    data = await archive.get(path)
    try:
        return None if data is None else read_record(data, path)
    except UnsoundError as error:
        raise FaultError(Observation(stage=Stage.ARCHIVE, message=str(error))) from error


async def keep_record(archive: Archive, record: JobRecord, before: JobRecord | None = None) -> None:
    """Write a record, in place of the one `before` it, and what the index of closed jobs shows of it.

    Raises:
        FaultError: The archive failed.
    """
    await keep_entry(archive, record, before)
    await archive.put(layout.record_path(record.job_id), render_record(record))
