"""The archive on object storage: a local folder, memory, or any store that obstore opens by URL."""

from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import NetworkFault, Observation

FILE_PREFIX = "file:"


class ObjectArchive:
    """Objects in a store. A write is whole or not at all, which every store behind obstore promises."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, path: str, data: bytes) -> None:
        """Write an object; the same path again replaces it."""
        try:
            await obstore.put_async(self._store, path, data)
        except (BaseError, OSError) as error:
            raise FaultError(_seen(error, path)) from error

    async def get(self, path: str) -> bytes | None:
        """Read an object; `None` where there is none."""
        try:
            found = await obstore.get_async(self._store, path)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise FaultError(_seen(error, path)) from error


def open_archive(url: str) -> ObjectArchive:
    """Open the archive that a URL names: `file:<folder>`, `memory:`, or what obstore's `from_url` takes."""
    if url == "memory:":
        return ObjectArchive(MemoryStore())
    if url.startswith(FILE_PREFIX):
        folder = Path(url.removeprefix(FILE_PREFIX).removeprefix("//")).absolute()
        return ObjectArchive(LocalStore(folder, mkdir=True))
    return ObjectArchive(from_url(url))


def _seen(error: Exception, path: str) -> Observation:
    message = f"the archive failed at {path}: {error}"
    if isinstance(error, UnauthenticatedError | PermissionDeniedError):
        return Observation(stage=Stage.ARCHIVE, http_status=403, message=message)
    return Observation(stage=Stage.ARCHIVE, network=NetworkFault.LOST, message=message)
