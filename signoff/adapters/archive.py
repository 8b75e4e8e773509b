"""The archive on object storage: a local folder, memory, or a bucket of S3, Google or Azure."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import ObjectStore

from signoff.adapters.stores import advice_for, first_line, open_store
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Archive

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta, UpdateVersion  # they exist for type checkers only

PATIENCE: Final = timedelta(seconds=60)
"""How long one object may take, the store's own retries included."""

_PER_MIB: Final = timedelta(seconds=2)
_IN_ONE_BYTES: Final = 1_048_576
_PIECE_BYTES: Final = 262_144
_AT_ONCE: Final = 2
"""How many parts of 5 MiB of a large object are on their way at a time; each is a copy."""

PROBE: Final = "doctor/probe"
"""An object that belongs to no job: what is asked for to see whether an archive answers."""

NO_BUCKET: Final = "no_bucket"
NO_CREDENTIALS: Final = "no_credentials"

_MISSING: Final = (NotFoundError, FileNotFoundError)
# To obstore a missing bucket is a missing object; what the store said follows in the error, with the code in it.
_NO_BUCKET_CODES: Final = ("<Code>NoSuchBucket</Code>", "<Code>ContainerNotFound</Code>")
# Where the variables give no credentials, obstore asks the machine for them at these addresses.
_OF_THE_MACHINE: Final = ("/latest/api/token", "/latest/meta-data/", "/computeMetadata/", "/metadata/identity/")


class ObjectArchive:
    """Objects in a store. A write is whole or not at all, which every store behind obstore promises.

    `stage` is where a job is whose call fails: the store may be a destination as well.
    """

    def __init__(
        self, store: ObjectStore, url: str, patience: timedelta = PATIENCE, *, stage: Stage = Stage.ARCHIVE
    ) -> None:
        self._store = store
        self._url = url
        self._patience = patience
        self._stage = stage

    def __str__(self) -> str:
        """Name the archive in messages."""
        return f"the archive {self._url}"

    async def put(self, path: str, data: bytes) -> None:
        """Write an object; the same path again replaces it."""
        async with self._seeing(path):
            await obstore.put_async(self._store, path, data, max_concurrency=_AT_ONCE)

    async def put_pieces(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None:
        """Write a large object in parts; it is there whole, or not at all. The larger, the longer it may take."""
        patience = self._patience + _PER_MIB * (size_bytes / 1_048_576)
        async with self._seeing(path, patience):
            await obstore.put_async(self._store, path, pieces, max_concurrency=_AT_ONCE)

    async def get(self, path: str) -> bytes | None:
        """Read an object; `None` where there is none."""
        buffer = await self.get_buffer(path)
        # What it holds already, since nobody writes to it any more: no copy.
        return None if buffer is None else buffer.getvalue()

    async def get_buffer(self, path: str) -> BytesIO | None:
        """Read an object into a buffer that the caller may write to; `None` where there is none."""
        async with self._seeing(path):
            try:
                found = await obstore.get_async(self._store, path)
                return await _whole(found)
            except _MISSING as error:
                if not _is_of_the_bucket(error):
                    return None
                raise

    async def replace(self, path: str, found: bytes, data: bytes) -> bool:
        """Put data in the place of what was found; false where something else is there by now, or nothing.

        A bucket and memory make sure of it. A folder can't, and is read once more right before the exchange.
        """
        async with self._seeing(path):
            try:
                there = await obstore.get_async(self._store, path)
                if bytes(await there.bytes_async()) != found:
                    return False
                await obstore.put_async(self._store, path, data, mode=_only_over(there.meta))
            except PreconditionError:
                return False
            except NotImplementedError:
                await obstore.put_async(self._store, path, data)
            except _MISSING as error:
                if not _is_of_the_bucket(error):
                    return False
                raise
        return True

    async def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine."""
        async with self._seeing(path):
            try:
                await obstore.delete_async(self._store, path)
            except _MISSING as error:
                if _is_of_the_bucket(error):
                    raise

    async def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        """List the paths of the objects below a folder, in no order that holds everywhere.

        `after` leaves out the paths up to and including this one. Each page of the list may take as long as an object.
        """
        pages = obstore.list(self._store, folder, offset=after or None)
        while True:
            async with self._seeing(folder):
                try:
                    page = await anext(pages, None)
                except BaseError:
                    await self._ask(folder)
                    raise
            if page is None:
                return
            for found in page:
                yield found["path"]

    async def folders(self, folder: str) -> list[str]:
        """Name the folders right below a folder, in order. One that has nothing in it any more may be among them."""
        async with self._seeing(folder):
            try:
                found = await obstore.list_with_delimiter_async(self._store, folder)
            except BaseError:
                await self._ask(folder)
                raise
            return sorted(path.rpartition("/")[2] for path in found["common_prefixes"])
        return []

    async def _ask(self, path: str) -> None:
        """Fail as a list did, but with an error that says of which kind it is: obstore gives those of lists none."""
        try:
            await obstore.get_async(self._store, path)
        except _MISSING as error:
            if _is_of_the_bucket(error):
                raise

    @asynccontextmanager
    async def _seeing(self, path: str, patience: timedelta | None = None) -> AsyncIterator[None]:
        """Bound a call, and say of what goes wrong what was seen."""
        seconds = (patience or self._patience).total_seconds()
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            told = f"no answer within {seconds:g} s"
            raise FaultError(self._seen(path, told, network=NetworkFault.TIMEOUT)) from error
        except (BaseError, OSError) as error:
            raise FaultError(self._seen_in(error, path)) from error

    def _seen_in(self, error: Exception, path: str) -> Observation:
        told = first_line(error)
        if isinstance(error, UnauthenticatedError | PermissionDeniedError):
            return self._seen(path, told, http_status=HTTPStatus.FORBIDDEN)
        if _is_of_the_bucket(error):
            mend = "mend SIGNOFF_ARCHIVE_URL" if self._stage is Stage.ARCHIVE else "deliver elsewhere"
            told = f"there is no such bucket; create it, or {mend}"
            return self._seen(path, told, http_status=HTTPStatus.NOT_FOUND, error_code=NO_BUCKET)
        if any(part in told for part in _OF_THE_MACHINE):
            told = f"no credentials are set, and this machine has none to give ({told})"
            return self._seen(path, told, network=NetworkFault.LOST, error_code=NO_CREDENTIALS)
        return self._seen(path, told, network=NetworkFault.LOST)

    def _seen(
        self,
        path: str,
        told: str,
        *,
        http_status: int | None = None,
        network: NetworkFault | None = None,
        error_code: str = "",
    ) -> Observation:
        advice = advice_for(self._url)
        what = "the archive" if self._stage is Stage.ARCHIVE else self._url
        message = f"{what} failed at {path}: {told}{f'; {advice}' if advice else ''}"
        return Observation(
            stage=self._stage, message=message, http_status=http_status, network=network, error_code=error_code
        )


async def _whole(found: "GetResult") -> BytesIO:
    """Read an object into one buffer; a small one comes in one call."""
    if found.meta["size"] <= _IN_ONE_BYTES:
        return BytesIO(bytes(await found.bytes_async()))
    buffer = BytesIO()
    async for piece in found.stream(min_chunk_size=_PIECE_BYTES):
        buffer.write(piece)
    return buffer


def open_archive(url: str, *, stage: Stage = Stage.ARCHIVE) -> ObjectArchive:
    """Open the archive that a URL names: `file:<folder>`, `memory:`, or `s3://`, `gs://`, `az://` with a bucket.

    Raises:
        ValueError: There is no such kind of store, its folder can't be made, or credentials are given by half.
    """
    try:
        return ObjectArchive(open_store(url), url, stage=stage)
    except ValueError as error:
        raise ValueError(first_line(error)) from error


async def require_usable(archive: Archive) -> None:
    """Ask the archive for something, so that a process does not start on one that only an operator can mend.

    One that does not answer now may answer later, so that is no reason.

    Raises:
        SettingsError: There is no such bucket, no credentials, or they don't suffice.
    """
    try:
        await archive.get(PROBE)
    except FaultError as fault:
        if fault.seen.error_code == NO_CREDENTIALS or classify(fault.seen) is FailureClass.CONFIGURATION:
            raise SettingsError(f"SIGNOFF_ARCHIVE_URL: {fault}") from fault


def _is_of_the_bucket(error: Exception) -> bool:
    """Say whether it is the bucket that is missing."""
    return isinstance(error, _MISSING) and any(code in str(error) for code in _NO_BUCKET_CODES)


def _only_over(meta: "ObjectMeta") -> "UpdateVersion":
    """Name the version that may be replaced; the store's client takes no version that is `None`."""
    named: UpdateVersion = {"e_tag": meta["e_tag"]}
    if meta["version"] is not None:
        named["version"] = meta["version"]
    return named
