"""An archive whose objects are encrypted, each for the path that it lies under."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from io import BytesIO
from itertools import chain
from typing import Final, NamedTuple

from signoff.domain.errors import FaultError, UnreadableError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.encryption import OVERHEAD_BYTES, KeyRing, Sealed
from signoff.ports import Archive, BufferArchive, PiecesArchive

_HEAD: Final = b"signoff-encrypted-1 "
_ID_LIMIT: Final = 32
_AT_ONCE_BYTES: Final = 262_144
"""What takes longer than this is encrypted beside the event loop, which others wait for."""


class Protection(StrEnum):
    """How an object lies in the store."""

    PLAIN = "plain"
    CURRENT = "current"
    OLD = "old"


class Stored(NamedTuple):
    """How an object lies in the store, and under which key; a plain one has none."""

    protection: Protection
    key_id: str


class EncryptedArchive:
    """Encrypts what is written, where there is a key, and decrypts what is read.

    What lay there plainly before is read as it is. Paths and sizes are not hidden, and digests are those of the
    content.
    """

    def __init__(self, archive: Archive, ring: KeyRing) -> None:
        self._archive = archive
        self._ring = ring

    def __str__(self) -> str:
        """Name the archive in messages."""
        return str(self._archive)

    @property
    def stored(self) -> Archive:
        """The archive with the objects as they lie in the store."""
        return self._archive

    async def put(self, path: str, data: bytes) -> None:
        """Encrypt an object and write it; the same path again replaces it."""
        await self._archive.put(path, await self.sealed(path, data))

    async def put_pieces(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None:
        """Encrypt a large object piece by piece while it is written."""
        sealed, size = pieces, size_bytes
        if self._ring:
            key_id, box = self._ring.seal_pieces(pieces, _purpose(path))
            head = _head(key_id)
            sealed, size = chain([head], box), len(head) + size_bytes + OVERHEAD_BYTES
        if isinstance(self._archive, PiecesArchive):
            await self._archive.put_pieces(path, sealed, size)
        else:
            await self._archive.put(path, await asyncio.to_thread(b"".join, sealed))

    async def get(self, path: str) -> bytes | None:
        """Read an object and decrypt it; `None` where there is none."""
        if not isinstance(self._archive, BufferArchive):
            found = await self._archive.get(path)
            return None if found is None else await self.opened(path, found)
        buffer = await self._archive.get_buffer(path)
        return None if buffer is None else await self._opened_in(path, buffer)

    async def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine. No key is needed."""
        await self._archive.delete(path)

    def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        """List the paths of the objects below a folder, which are not encrypted."""
        return self._archive.paths(folder, after=after)

    async def folders(self, folder: str) -> list[str]:
        """Name the folders right below a folder, which are not encrypted."""
        return await self._archive.folders(folder)

    async def sealed(self, path: str, data: bytes) -> bytes:
        """Encrypt what is to lie under a path."""
        if not self._ring:
            return data
        if len(data) > _AT_ONCE_BYTES:
            return await asyncio.to_thread(self._seal, path, data)
        return self._seal(path, data)

    async def opened(self, path: str, found: bytes) -> bytes:
        """Decrypt what was found under a path.

        Raises:
            FaultError: The ring does not open it, or it was moved there from elsewhere.
        """
        return await self._opened_in(path, BytesIO(found))

    async def _opened_in(self, path: str, buffer: BytesIO) -> bytes:
        """Decrypt what a buffer holds, in its own place where it is large."""
        sealed = _parsed(buffer.getbuffer())
        if sealed is None:
            return buffer.getvalue()
        key_id, start = sealed
        try:
            if len(buffer.getbuffer()) > _AT_ONCE_BYTES:
                return await asyncio.to_thread(self._ring.open_in_place, key_id, buffer, start, _purpose(path))
            return self._ring.open(Sealed(key_id, buffer.getvalue()[start:]), _purpose(path))
        except UnreadableError as error:
            # Nobody but an operator can mend this, as with a refused credential.
            message = f"the archive can't be read at {path}: {error}"
            raise FaultError(Observation(stage=Stage.ARCHIVE, http_status=403, message=message)) from error

    def protection(self, found: bytes) -> Stored:
        """Say how an object lies in the store."""
        sealed = _parsed(found)
        if sealed is None:
            return Stored(Protection.PLAIN, "")
        is_current = bool(self._ring) and sealed.key_id == self._ring.ids[0]
        return Stored(Protection.CURRENT if is_current else Protection.OLD, sealed.key_id)

    def _seal(self, path: str, data: bytes) -> bytes:
        key_id, box = self._ring.seal(data, _purpose(path))
        return _head(key_id) + box


def _head(key_id: str) -> bytes:
    return _HEAD + key_id.encode() + b"\n"


def _purpose(path: str) -> str:
    """Bind an object to its path, so that one job's record can't be put in the place of another's."""
    return f"object:{path}"


class _Head(NamedTuple):
    """What an encrypted object begins with: the id of its key, and where the box begins."""

    key_id: str
    box_at: int


def _parsed(found: bytes | memoryview) -> _Head | None:
    """Take the head of an encrypted object apart; `None` for one that is plain."""
    start = bytes(found[: len(_HEAD) + _ID_LIMIT + 1])
    if not start.startswith(_HEAD):
        return None
    key_id, newline, _ = start[len(_HEAD) :].partition(b"\n")
    if not newline:
        return _Head("", len(found))  # it begins like an encrypted object and is none: no ring opens it
    return _Head(key_id.decode("ascii", "replace"), len(_HEAD) + len(key_id) + 1)
