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

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self._url = url

    def __str__(self) -> str:
        """Name the archive in messages."""
        return f"the archive {self._url}"

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
    """Open the archive that a URL names: `file:<folder>`, `memory:`, or what obstore's `from_url` takes.

    Raises:
        ValueError: There is no such kind of store, or its folder can't be made.
    """
    try:
        return ObjectArchive(_open_store(url), url)
    except (BaseError, OSError, ValueError) as error:
        raise ValueError(_first_line(error)) from error


def _open_store(url: str) -> ObjectStore:
    if url == "memory:":
        return MemoryStore()
    if url.startswith(FILE_PREFIX):
        folder = url.removeprefix(FILE_PREFIX).removeprefix("//")
        if not folder:
            msg = "name a folder after file:"
            raise ValueError(msg)
        return LocalStore(Path(folder).expanduser().absolute(), mkdir=True)
    return from_url(url)


def _first_line(error: Exception) -> str:
    """Leave out the store's internals, which follow on further lines."""
    return str(error).partition("\n")[0]


def _seen(error: Exception, path: str) -> Observation:
    message = f"the archive failed at {path}: {_first_line(error)}"
    if isinstance(error, UnauthenticatedError | PermissionDeniedError):
        return Observation(stage=Stage.ARCHIVE, http_status=403, message=message)
    return Observation(stage=Stage.ARCHIVE, network=NetworkFault.LOST, message=message)
