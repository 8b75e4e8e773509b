"""An archive whose objects are encrypted, each for the path that it lies under."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final, NamedTuple

from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.encryption import KeyRing, Sealed, UnreadableError
from signoff.ports import Archive

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

    async def get(self, path: str) -> bytes | None:
        """Read an object and decrypt it; `None` where there is none."""
        found = await self._archive.get(path)
        return None if found is None else await self.opened(path, found)

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
        sealed = _parsed(found)
        if sealed is None:
            return found
        try:
            if len(found) > _AT_ONCE_BYTES:
                return await asyncio.to_thread(self._ring.open, sealed, _purpose(path))
            return self._ring.open(sealed, _purpose(path))
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
        return _HEAD + key_id.encode() + b"\n" + box


def _purpose(path: str) -> str:
    """Bind an object to its path, so that one job's record can't be put in the place of another's."""
    return f"object:{path}"


def _parsed(found: bytes) -> Sealed | None:
    """Take an encrypted object apart; `None` for one that is plain."""
    if not found.startswith(_HEAD):
        return None
    key_id, newline, _ = found[len(_HEAD) : len(_HEAD) + _ID_LIMIT + 1].partition(b"\n")
    if not newline:
        return Sealed("", b"")  # it begins like an encrypted object and is none: no ring opens it
    return Sealed(key_id.decode("ascii", "replace"), found[len(_HEAD) + len(key_id) + 1 :])
