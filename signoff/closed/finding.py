"""Finding closed jobs in the archive's index, without Temporal."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from signoff.closed.days import all_segments, day_objects, in_turn, picked, read_all
from signoff.domain import layout
from signoff.domain.closed import ClosedFilters, ClosedJob, Entry, Place, day_of, read_closed_job
from signoff.domain.integrity import UnsoundError
from signoff.ports import Archive

_AT_ONCE: Final = 16


class Found(NamedTuple):
    """Closed jobs, the last one to close first, and why a part of the index could not be read."""

    jobs: tuple[ClosedJob, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """One question: which jobs, how many at most, and after which place in the list."""

    filters: ClosedFilters
    most: int
    after: Place | None

    def wants(self, entry: Entry) -> bool:
        """Whether an entry is an answer."""
        is_after = self.after is None or entry.place < self.after
        return is_after and self.filters.admits(entry.told, entry.place.closed_at)

    def touches(self, day: str) -> bool:
        """Whether a day may have answers."""
        return self.filters.touches(day) and (self.after is None or day <= day_of(self.after.closed_at))


async def find_closed(archive: Archive, filters: ClosedFilters, most: int, after: Place | None = None) -> Found:
    """Find closed jobs, the last one to close first, day by day and no further back than it takes.

    Args:
        archive: Whose index it is.
        filters: Which jobs.
        most: How many at most.
        after: Only those that come after this place in the list.

    Raises:
        FaultError: The archive failed, or it is encrypted with a key that is not there.
    """
    asked = _Asked(filters, most, after)
    # Days with entries first: what is compacted in between is then among the segments.
    with_entries = set(await archive.folders(layout.ENTRIES))
    segments = await all_segments(archive, after=day_of(filters.since) if filters.since else "")
    days = sorted(filter(asked.touches, with_entries | set(segments)), reverse=True)
    jobs: list[ClosedJob] = []
    unreadable: list[str] = []
    at_once, start = 1, 0
    while start < len(days) and len(jobs) < most:
        turn = days[start : start + at_once]
        known = {day: segments[day] for day in turn if day not in with_entries}
        for found in await in_turn(turn, partial(_found_on, archive, asked, known)):
            if len(jobs) < most:
                jobs += found.jobs
                unreadable += found.unreadable
        # The first page is most often on the first days; a search that finds little goes through them all.
        start, at_once = start + at_once, min(at_once * 2, _AT_ONCE)
    return Found(tuple(jobs[:most]), tuple(unreadable))


async def _found_on(archive: Archive, asked: _Asked, known: dict[str, list[str]], day: str) -> Found:
    entries, unreadable = await picked(await objects_of(archive, day, known.get(day, ())), asked.wants, asked.most)
    jobs = []
    for entry in entries:
        try:
            jobs.append(read_closed_job(entry, f"{entry.place.job_id} of {day} in the index"))
        except UnsoundError as error:
            unreadable.append(str(error))
    return Found(tuple(jobs), tuple(unreadable))


async def objects_of(archive: Archive, day: str, segments: Iterable[str]) -> dict[str, bytes]:
    """Read the segments of a day that is compact; where one has gone meanwhile, whatever there is of the day."""
    found = await read_all(archive, [*segments])
    whole = {path: data for path, data in found.items() if data is not None}
    return whole if whole and len(whole) == len(found) else (await day_objects(archive, day)).all
