"""The archive on object storage: a local folder, memory, or a bucket of S3, Google or Azure."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore

from signoff.adapters.stores import advice_for, first_line, open_store
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Archive

PATIENCE: Final = timedelta(seconds=60)
"""How long one object may take, the store's own retries included."""

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
    """Objects in a store. A write is whole or not at all, which every store behind obstore promises."""

    def __init__(self, store: ObjectStore, url: str, patience: timedelta = PATIENCE) -> None:
        self._store = store
        self._url = url
        self._patience = patience

    def __str__(self) -> str:
        """Name the archive in messages."""
        return f"the archive {self._url}"

    async def put(self, path: str, data: bytes) -> None:
        """Write an object; the same path again replaces it."""
        async with self._seeing(path):
            await obstore.put_async(self._store, path, data)

    async def get(self, path: str) -> bytes | None:
        """Read an object; `None` where there is none."""
        async with self._seeing(path):
            try:
                found = await obstore.get_async(self._store, path)
                return bytes(await found.bytes_async())
            except _MISSING as error:
                if not _is_of_the_bucket(error):
                    return None
                raise
        return None

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
    async def _seeing(self, path: str) -> AsyncIterator[None]:
        """Bound a call, and say of what goes wrong what was seen."""
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                yield
        except TimeoutError as error:
            told = f"no answer within {self._patience.total_seconds():g} s"
            raise FaultError(self._seen(path, told, network=NetworkFault.TIMEOUT)) from error
        except (BaseError, OSError) as error:
            raise FaultError(self._seen_in(error, path)) from error

    def _seen_in(self, error: Exception, path: str) -> Observation:
        told = first_line(error)
        if isinstance(error, UnauthenticatedError | PermissionDeniedError):
            return self._seen(path, told, http_status=HTTPStatus.FORBIDDEN)
        if _is_of_the_bucket(error):
            told = "there is no such bucket; create it, or mend SIGNOFF_ARCHIVE_URL"
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
        message = f"the archive failed at {path}: {told}{f'; {advice}' if advice else ''}"
        return Observation(
            stage=Stage.ARCHIVE, message=message, http_status=http_status, network=network, error_code=error_code
        )


def open_archive(url: str) -> ObjectArchive:
    """Open the archive that a URL names: `file:<folder>`, `memory:`, or `s3://`, `gs://`, `az://` with a bucket.

    Raises:
        ValueError: There is no such kind of store, its folder can't be made, or credentials are given by half.
    """
    try:
        return ObjectArchive(open_store(url), url)
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
