"""Fetching what the archive holds of a job: judged, and refused where it is not what was put there."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from signoff.domain import layout
from signoff.domain.deliverable import Deliverable
from signoff.domain.erasure import Tombstone, read_tombstone
from signoff.domain.errors import (
    DamagedError,
    FaultError,
    GoneError,
    NoSuchJobError,
    RefusedError,
    UnreachableError,
    UnreadableError,
)
from signoff.domain.integrity import UnsoundError, intact, read_record
from signoff.domain.job import JOB_ID_RULE, is_job_id
from signoff.domain.longtext import LARGE_BYTES
from signoff.domain.record import JobRecord
from signoff.domain.removal import Kind
from signoff.finding import JobFinder

P = ParamSpec("P")
T = TypeVar("T")


class JobFetcher(JobFinder):
    """The part of `JobClient` that reads the archive alone, so that it needs neither Temporal nor a worker."""

    async def is_archived(self, job_id: str, run_id: str = "") -> bool:
        """Whether the archive holds the record of this job, and of this run of it where one is named."""
        record = await self._archived(job_id)
        return record is not None and run_id in {"", record.run_id}

    async def _archived(self, job_id: str) -> JobRecord | None:
        if not is_job_id(job_id):
            raise NoSuchJobError(f"there is no job {job_id!r}: a job id has {JOB_ID_RULE}")
        path = layout.record_path(job_id)
        data = await self._read(path)
        with self._refusing():
            return None if data is None else read_record(data, path)

    async def deliverable(self, job_id: str, digest: str) -> Deliverable:
        """Fetch any draft of a job by its digest, edits among them. No worker is needed.

        Raises:
            RefusedError: The archive has no such draft of the job, or holds something else in its place.
            GoneError: It was erased, or its time is over.
        """
        return await deliverable_in(await self.draft_bytes(job_id, digest))

    async def draft_bytes(self, job_id: str, digest: str) -> bytes:
        """Fetch the canonical JSON of any draft of a job, the very bytes that are delivered.

        Raises:
            RefusedError: As `deliverable` raises it.
        """
        if not is_job_id(job_id):
            raise NoSuchJobError(f"there is no job {job_id!r}: a job id has {JOB_ID_RULE}")
        path = layout.deliverable_path(job_id, digest)
        data = await self._read(path)
        if data is None:
            await self._refuse_gone(job_id, Kind.DRAFT, Kind.DELIVERABLE)
            raise RefusedError(f"{self._archive} does not hold {digest}; is it the archive that the workers write to?")
        with self._refusing():
            return await beside(len(data), intact, data, digest, path)

    async def kept(self, job_id: str, path: str) -> bytes | None:
        """Fetch any object of a job as the archive keeps it, unjudged; `None` where there is none.

        Args:
            job_id: The job.
            path: Where it lies below the folder of the job, such as `record.json` or `attempts/1/request.json`.

        Raises:
            DamagedError: The key that it names does not open it.
            UnreachableError: The archive did not answer, or a key is missing.
        """
        if not is_job_id(job_id):
            raise NoSuchJobError(f"there is no job {job_id!r}: a job id has {JOB_ID_RULE}")
        return await self._read(f"jobs/{job_id}/{path}")

    async def _refuse_gone(self, job_id: str, *kinds: Kind) -> None:
        """Say of what the archive lacks that it was removed, where it was.

        Raises:
            GoneError: It was erased, or its time is over.
        """
        if record := await self._archived(job_id):
            refuse_erased(record)
            if removed := next((line for line in record.removed if line.kind in kinds), None):
                raise GoneError(f"{job_id}: {removed}; its digest is in the record")
        elif tombstone := await self._tombstone(job_id):
            raise GoneError(f"{job_id} was {tombstone.erased}")

    async def _tombstone(self, job_id: str) -> Tombstone | None:
        """Read who had the content of a job erased; `None` where nobody had."""
        path = layout.erased_path(job_id)
        data = await self._read(path)
        with self._refusing():
            return None if data is None else read_tombstone(data, path)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Refuse what is not what was put into the archive."""
        try:
            yield
        except UnsoundError as error:
            raise RefusedError(f"{self._archive}: {error}") from error

    async def _read(self, path: str) -> bytes | None:
        try:
            return await self._archive.get(path)
        except FaultError as error:
            cause = error.__cause__
            is_damaged = isinstance(cause, UnreadableError) and not cause.is_missing
            kind = DamagedError if is_damaged else UnreachableError
            raise kind(f"{self._archive} can't be read: {error}") from error


def refuse_erased(record: JobRecord) -> None:
    """Refuse to give content of an erased job.

    Raises:
        GoneError: It was erased.
    """
    if record.erased:
        raise GoneError(f"{record.job_id} was {record.erased}")


async def deliverable_in(data: bytes) -> Deliverable:
    """Read a deliverable; a large one beside the event loop."""
    return await beside(len(data), Deliverable.model_validate_json, data)


async def beside(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what takes long with something large beside the event loop, which others wait for."""
    if size <= LARGE_BYTES:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
