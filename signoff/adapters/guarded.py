"""An archive that takes no content of a job that was erased, whoever writes it and however late."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus

from signoff.domain import layout
from signoff.domain.closed import ClosedJob
from signoff.domain.erasure import Tombstone, read_tombstone
from signoff.domain.errors import ErasedError
from signoff.domain.failures import Stage
from signoff.domain.integrity import UnsoundError, read_record, render_record
from signoff.domain.observation import Observation
from signoff.domain.scrubbing import scrubbed
from signoff.ports import Archive, PiecesArchive


class GuardedArchive:
    """Looks for a tombstone before and after each write into a job's folder.

    The record of an erased job is written without its texts, an index entry with texts is dropped, and everything else
    is refused with `ErasedError`. Looking again afterwards closes the gap: an erasure writes its tombstone first and
    lists the folder then, so either it sees what was written, or this sees the tombstone.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __str__(self) -> str:
        """Name the archive in messages."""
        return str(self._archive)

    async def put(self, path: str, data: bytes) -> None:
        """Write an object, unless it is content of an erased job.

        Raises:
            ErasedError: It is.
        """
        if listed := layout.listed_job(path):
            await self._put_entry(listed, path, data)
            return
        job_id = layout.job_of(path)
        if job_id is None or path == layout.erased_path(job_id):
            await self._archive.put(path, data)
            return
        is_erased = await self._is_erased(job_id)
        if not is_erased:
            await self._archive.put(path, data)
            is_erased = await self._is_erased(job_id)
        if is_erased:
            await self._put_erased(job_id, path, data)

    async def put_pieces(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None:
        """Write a large object, unless it is content of an erased job.

        Raises:
            ErasedError: It is.
        """
        if not isinstance(self._archive, PiecesArchive):
            await self.put(path, await asyncio.to_thread(b"".join, pieces))
            return
        job_id = layout.job_of(path)
        if job_id is not None and await self._is_erased(job_id):
            raise _erased(job_id, path)
        await self._archive.put_pieces(path, pieces, size_bytes)
        if job_id is not None and await self._is_erased(job_id):
            await self._archive.delete(path)
            raise _erased(job_id, path)

    async def get(self, path: str) -> bytes | None:
        """Read an object; `None` where there is none."""
        return await self._archive.get(path)

    async def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine."""
        await self._archive.delete(path)

    def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        """List the paths of the objects below a folder."""
        return self._archive.paths(folder, after=after)

    async def folders(self, folder: str) -> list[str]:
        """Name the folders right below a folder."""
        return await self._archive.folders(folder)

    async def _put_entry(self, job_id: str, path: str, data: bytes) -> None:
        """Keep of what lists show of a job nothing that was there before it was erased."""
        if ClosedJob.model_validate_json(data).is_erased:
            await self._archive.put(path, data)
        elif not await self._is_erased(job_id):
            await self._archive.put(path, data)
            if await self._is_erased(job_id):
                await self._archive.delete(path)

    async def _is_erased(self, job_id: str) -> bool:
        return await self._archive.get(layout.erased_path(job_id)) is not None

    async def _put_erased(self, job_id: str, path: str, data: bytes) -> None:
        """Keep of a record what may stay, and of everything else nothing."""
        if path != layout.record_path(job_id):
            await self._archive.delete(path)
            raise _erased(job_id, path)
        try:
            record = read_record(data, path)
            tombstone = await self._tombstone(job_id)
        except UnsoundError as error:
            raise ErasedError(
                Observation(stage=Stage.ARCHIVE, http_status=HTTPStatus.GONE, message=str(error))
            ) from error
        await self._archive.put(path, render_record(scrubbed(record, tombstone.erased)))

    async def _tombstone(self, job_id: str) -> Tombstone:
        path = layout.erased_path(job_id)
        return read_tombstone(await self._archive.get(path) or b"", path)


def guarded(archive: Archive) -> GuardedArchive:
    """Guard an archive, unless it is guarded already."""
    return archive if isinstance(archive, GuardedArchive) else GuardedArchive(archive)


def _erased(job_id: str, path: str) -> ErasedError:
    told = f"{path} is not kept, since the content of {job_id} was erased; a new job needs another id"
    return ErasedError(Observation(stage=Stage.ARCHIVE, http_status=HTTPStatus.GONE, message=told))
