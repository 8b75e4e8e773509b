"""Compacting the index: the entries of each past day become one object, so that a list reads one object per day."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from signoff.closed.days import all_segments, day_objects, in_turn, merged
from signoff.closed.entries import keep_entry
from signoff.domain import layout
from signoff.domain.closed import day_of, render_segment
from signoff.domain.deliverable import digest_of
from signoff.domain.record import JobRecord
from signoff.domain.upkeep import Compacted
from signoff.ports import Archive

_NOTHING: Final[frozenset[str]] = frozenset()


async def compact(archive: Archive, now: datetime, seen: Callable[[str], None] = lambda _: None) -> Compacted:
    """Merge the entries of every day before today's into one segment per day, and remove what it holds.

    It may stop at any point, and several may run at once: a segment is named by its content and never overwritten
    with another one, and an object is removed only after a segment that holds the same was written and read back.
    What comes late for a day is merged by the next compaction. A day is held in memory at once.

    Args:
        archive: Whose index it is.
        now: What today is.
        seen: Called with each day that was compacted.

    Raises:
        FaultError: The archive failed; what was compacted by then stays so, and a repeat goes on.
    """
    uncompacted = set(await archive.folders(layout.ENTRIES))
    uncompacted |= {day for day, segments in (await all_segments(archive)).items() if len(segments) > 1}
    done = Compacted()
    for day in sorted(day for day in uncompacted if day < day_of(now)):
        one = await compact_day(archive, day)
        done = Compacted(
            days=done.days + one.days,
            jobs=done.jobs + one.jobs,
            removed=done.removed + one.removed,
            unreadable=done.unreadable + one.unreadable,
            days_left=done.days_left + one.days_left,
        )
        seen(day)
    return done


async def compact_day(archive: Archive, day: str, without: Collection[str] = _NOTHING) -> Compacted:
    """Merge all that the index has of one day into one segment, but for some jobs that are to be forgotten.

    Raises:
        FaultError: The archive failed.
    """
    found = await day_objects(archive, day)
    if found.is_compact and not without:
        return Compacted()
    entries, unreadable, torn = await merged(found.all)
    kept = [entry.line for entry in entries if entry.place.job_id not in without]
    data = render_segment(kept)
    path = layout.segment_path(day, digest_of(data))
    if kept and path not in found.segments:
        await archive.put(path, data)
        if await archive.get(path) != data:
            # Another compaction has merged it already, or the store is ill; either way nothing may be removed.
            return Compacted(unreadable=unreadable, days_left=(day,))
    surplus = [one for one in found.all if one not in torn | {path}]
    await in_turn(surplus, archive.delete)
    return Compacted(days=1 if surplus else 0, jobs=len(kept), removed=len(surplus), unreadable=unreadable)


async def relist(archive: Archive, record: JobRecord) -> None:
    """Show of a job what its record holds by now, and nothing of what it held before, as when it was erased.

    Raises:
        FaultError: The archive failed.
    """
    if record.closed_at:
        await forget(archive, record.closed_at, [record.job_id])
        await keep_entry(archive, record)


async def forget(archive: Archive, closed_at: datetime, job_ids: Collection[str]) -> Compacted:
    """Take jobs out of the index that closed on the day of this moment; a repeat changes nothing.

    A compaction at the same time may bring them back, so run none meanwhile.

    Raises:
        FaultError: The archive failed.
    """
    return await compact_day(archive, day_of(closed_at), without=set(job_ids))
