"""Reading one day of the index while others write to it and compact it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from signoff.domain import layout
from signoff.domain.closed import Entry, lines_in, newest_first, read_entry
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.integrity import UnsoundError
from signoff.domain.observation import Observation
from signoff.ports import Archive

AT_ONCE: Final = 16
_TRIES: Final = 8
_AT_ONCE_BYTES: Final = 65_536
"""What takes longer than this is parsed beside the event loop, which others wait for."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class DayObjects:
    """The objects of one day, as they were found: entries in any order, segments each ordered the newest first."""

    entries: dict[str, bytes]
    segments: dict[str, bytes]

    @property
    def all(self) -> dict[str, bytes]:
        """All of them by path."""
        return self.segments | self.entries

    @property
    def is_compact(self) -> bool:
        """Whether there is nothing to merge."""
        return not self.entries and len(self.segments) <= 1


async def day_objects(archive: Archive, day: str) -> DayObjects:
    """Read everything of a day, none of which a compaction that is under way can hide.

    A compaction removes an object only after it has written one that holds the same. So entries are listed before
    segments, and it counts only once nothing was gone that had been listed, and no segment was new.

    Raises:
        FaultError: The archive failed, or the day was rewritten all the time.
    """
    for _ in range(_TRIES):
        entries = await _listed(archive, f"{layout.ENTRIES}/{day}")
        segments = await _listed(archive, f"{layout.DAYS}/{day}")
        found = await read_all(archive, [*entries, *segments])
        whole = {path: data for path, data in found.items() if data is not None}
        if len(whole) == len(found) and await _listed(archive, f"{layout.DAYS}/{day}") == segments:
            return DayObjects({path: whole[path] for path in entries}, {path: whole[path] for path in segments})
    message = (
        f"the index of {day} is being rewritten all the time; ask again, with one `signoff archive compact` at once"
    )
    raise FaultError(Observation(stage=Stage.ARCHIVE, message=message, http_status=503))


async def all_segments(archive: Archive, after: str = "") -> dict[str, list[str]]:
    """List the segments of all days, or of those after one, by day.

    Raises:
        FaultError: The archive failed.
    """
    start = f"{layout.DAYS}/{after}" if after else ""
    before: list[str] | None = None
    for _ in range(_TRIES):
        # One list may pass by a segment that is being replaced, and miss the one that replaces it; two can't.
        found = await _listed(archive, layout.DAYS, after=start)
        if found == before:
            break
        before = found
    days: dict[str, list[str]] = {}
    for path in before or ():
        days.setdefault(path.split("/")[2], []).append(path)
    return days


async def read_all(archive: Archive, paths: Sequence[str]) -> dict[str, bytes | None]:
    """Read many objects, a few at once; what is not there is `None`."""
    found = await in_turn(paths, archive.get)
    return dict(zip(paths, found, strict=True))


async def in_turn(items: Sequence[T], act: Callable[[T], Coroutine[Any, Any, U]]) -> list[U]:
    """Do the same with many things, a few at once; the first error ends it, once the others of its turn have ended."""
    done: list[U] = []
    for start in range(0, len(items), AT_ONCE):
        told = await asyncio.gather(*map(act, items[start : start + AT_ONCE]), return_exceptions=True)
        for one in told:
            if isinstance(one, BaseException):
                raise one
            done.append(one)
    return done


async def merged(objects: dict[str, bytes]) -> tuple[list[Entry], tuple[str, ...], set[str]]:
    """Give the newest entry of each job, the newest first, and what could not be read: the reasons, and the paths."""
    return await _beside(objects, _merged)


async def picked(
    objects: dict[str, bytes], wanted: Callable[[Entry], bool], most: int
) -> tuple[list[Entry], list[str]]:
    """Give at most so many entries that are wanted, the newest first, and why some objects could not be read."""

    def pick(given: dict[str, bytes]) -> tuple[list[Entry], list[str]]:
        if len(given) == 1:  # compacted: in order, and each job is there once
            return _first(*next(iter(given.items())), wanted, most)
        entries, unreadable, _ = _merged(given)
        return [entry for entry in entries if wanted(entry)][:most], list(unreadable)

    return await _beside(objects, pick)


def _first(path: str, data: bytes, wanted: Callable[[Entry], bool], most: int) -> tuple[list[Entry], list[str]]:
    kept: list[Entry] = []
    try:
        for entry in _entries(path, data):
            if wanted(entry):
                kept.append(entry)
                if len(kept) == most:
                    break
    except UnsoundError as error:
        return [], [str(error)]
    return kept, []


def _merged(objects: dict[str, bytes]) -> tuple[list[Entry], tuple[str, ...], set[str]]:
    entries: list[Entry] = []
    torn: dict[str, str] = {}
    for path, data in objects.items():
        try:
            entries += [*_entries(path, data)]
        except UnsoundError as error:
            torn[path] = str(error)
    return newest_first(entries), tuple(torn.values()), set(torn)


def _entries(path: str, data: bytes) -> Iterator[Entry]:
    return (read_entry(line, path) for line in lines_in(path, data))


async def _beside(objects: dict[str, bytes], work: Callable[[dict[str, bytes]], T]) -> T:
    if sum(map(len, objects.values())) > _AT_ONCE_BYTES:
        return await asyncio.to_thread(work, objects)
    return work(objects)


async def _listed(archive: Archive, folder: str, after: str = "") -> list[str]:
    return sorted([path async for path in archive.paths(folder, after=after) if path.endswith((".json", ".jsonl.gz"))])
