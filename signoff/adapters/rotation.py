"""Re-encrypting an archive under the current key, beside workers that go on writing to it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from signoff.adapters.archive import PROBE
from signoff.adapters.encrypted import EncryptedArchive, Protection
from signoff.domain import layout
from signoff.domain.errors import FaultError
from signoff.ports import Archive

AT_ONCE: Final = 8
TRIES: Final = 3
NAMED_LIMIT: Final = 1_000
"""So many objects that could not be read are named; all of them are counted."""


class ReplaceableArchive(Archive, Protocol):
    """An archive that can replace an object only while it is still what was read."""

    async def replace(self, path: str, found: bytes, data: bytes) -> bool:
        """Put data in the place of what was found; false where something else is there by now, or nothing."""


class Turn(StrEnum):
    """What became of one object."""

    CURRENT = "current"
    """It lay under the current key already."""

    REENCRYPTED = "reencrypted"
    """It lay under another key or plain, and does no more. In a dry run: it would not."""

    CHANGING = "changing"
    """Somebody wrote it whenever it was to be replaced. Another run takes it."""

    GONE = "gone"
    """It was removed meanwhile."""

    UNREADABLE = "unreadable"
    """No key opens it, or the store failed. It is left as it is."""


class Unreadable(NamedTuple):
    """An object that was left as it is, and why."""

    path: str
    reason: str


@dataclass
class Tally:
    """What became of the objects so far. `under` counts them by the key that they lay under, plain ones under ""."""

    turns: Counter[Turn] = field(default_factory=Counter)
    under: Counter[str] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many objects were looked at."""
        return self.turns.total()

    @property
    def is_complete(self) -> bool:
        """Whether every object had its turn."""
        return not self.turns[Turn.UNREADABLE] and not self.turns[Turn.CHANGING]

    def add(self, path: str, turn: Turn, reason: str = "") -> None:
        """Count an object."""
        self.turns[turn] += 1
        if turn is Turn.UNREADABLE and len(self.unreadable) < NAMED_LIMIT:
            self.unreadable.append(Unreadable(path, reason))


class Rotation:
    """Goes through an archive once. Going through it again does what is left, and nothing twice.

    Args:
        archive: Knows the keys.
        stored: The same archive with the objects as they lie there.
        is_dry: Whether everything is read and tried, and nothing replaced.
    """

    def __init__(self, archive: EncryptedArchive, stored: ReplaceableArchive, *, is_dry: bool = False) -> None:
        self._archive = archive
        self._stored = stored
        self._is_dry = is_dry

    async def run(self, tally: Tally, at_once: int = AT_ONCE) -> None:
        """Give every object its turn, a bounded number of them at once, and count them while it goes on.

        Raises:
            FaultError: The archive can't be listed.
        """
        paths, lock = objects_of(self._stored), asyncio.Lock()

        async def work() -> None:
            while path := await _following(paths, lock):
                await self._take(path, tally)

        await asyncio.gather(*(work() for _ in range(at_once)))

    async def _take(self, path: str, tally: Tally) -> None:
        try:
            tally.add(path, await self._turn(path, tally))
        except FaultError as fault:
            tally.add(path, Turn.UNREADABLE, str(fault))

    async def _turn(self, path: str, tally: Tally) -> Turn:
        found = await self._stored.get(path)
        if found is None:
            return Turn.GONE
        tally.under[self._archive.protection(found).key_id] += 1
        for _ in range(TRIES):
            if self._archive.protection(found).protection is Protection.CURRENT:
                return Turn.CURRENT
            content = await self._archive.opened(path, found)
            if self._is_dry or await self._stored.replace(path, found, await self._archive.sealed(path, content)):
                return Turn.REENCRYPTED
            found = await self._stored.get(path)
            if found is None:
                return Turn.GONE
        return Turn.CHANGING


async def inventory(archive: EncryptedArchive, tally: Tally, at_once: int = AT_ONCE) -> None:
    """Count the objects of an archive by the key that they lie under, without opening any.

    Raises:
        FaultError: The archive can't be listed.
    """
    paths, lock = objects_of(archive.stored), asyncio.Lock()

    async def work() -> None:
        while path := await _following(paths, lock):
            await _count(archive, path, tally)

    await asyncio.gather(*(work() for _ in range(at_once)))


async def objects_of(stored: Archive) -> AsyncIterator[str]:
    """List what an archive encrypts: not what the doctor leaves there, nor payloads, which come encrypted."""
    async for path in stored.paths(""):
        if path != PROBE and not layout.is_payload(path):
            yield path


async def _count(archive: EncryptedArchive, path: str, tally: Tally) -> None:
    try:
        found = await archive.stored.get(path)
    except FaultError as fault:
        tally.add(path, Turn.UNREADABLE, str(fault))
        return
    if found is None:
        tally.add(path, Turn.GONE)
        return
    stored = archive.protection(found)
    tally.under[stored.key_id] += 1
    tally.add(path, Turn.CURRENT)


async def _following(paths: AsyncIterator[str], lock: asyncio.Lock) -> str | None:
    async with lock:  # a generator serves one at a time
        return await anext(paths, None)
