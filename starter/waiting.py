"""Following a job until something has come about."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from signoff.client import JobClient
from signoff.domain.description import JobDescription, Waiting, describe_record
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from starter.options import Until

CANCEL_PATIENCE: Final = timedelta(seconds=30)


async def watched(
    jobs: JobClient, job_id: str, until: Until, see: Callable[[JobDescription], None] | None = None
) -> JobDescription:
    """Follow a job until there is nothing more to wait for, and return its last description."""
    async for job in jobs.follow(job_id):
        if see:
            see(job)
        if until.is_reached(job.status):
            return job
    msg = f"{job_id} was not followed to its end"
    raise RuntimeError(msg)


async def cancelled(jobs: JobClient, job_id: str, *, by: str, reason: str, is_waiting: bool) -> JobDescription:
    """Cancel a job and describe it: when it has closed, or as it stands when that takes too long.

    Raises:
        RefusedError: It is closed already.
    """
    await jobs.cancel(job_id, by=by, reason=reason)
    if is_waiting:
        try:
            async with asyncio.timeout(CANCEL_PATIENCE.total_seconds()):
                return await watched(jobs, job_id, Until.CLOSED)
        except TimeoutError:
            pass
    return await jobs.describe(job_id)


async def described(jobs: JobClient, job_id: str) -> tuple[JobDescription, JobRecord | None]:
    """Describe a job with its record; without one when no worker answers."""
    job = await jobs.describe(job_id)
    return job, await jobs.record(job_id) if job.is_complete else None


async def recorded(jobs: JobClient, job_id: str) -> tuple[JobDescription, JobRecord]:
    """Give a job's record, and the description that it makes.

    Raises:
        UnreachableError: No worker answers.
    """
    record = await jobs.record(job_id)
    return describe_record(record, Waiting(), None), record


async def watched_with_record(
    jobs: JobClient, job_id: str, until: Until, see: Callable[[JobDescription], None] | None = None
) -> tuple[JobDescription, JobRecord | None]:
    """Follow a job; where it stopped, give its record as well, which says what can be done about that."""
    job = await watched(jobs, job_id, until, see)
    is_told = job.status is JobStatus.NEEDS_ATTENTION and job.is_complete
    return job, await jobs.record(job_id) if is_told else None
