"""Removing from the archive what is past its retention, job by job, and saying so in the record."""

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from activities.records import keep_record, kept_record
from signoff.closed.compacting import forget
from signoff.domain import layout
from signoff.domain.errors import FaultError
from signoff.domain.integrity import UnsoundError
from signoff.domain.record import JobRecord
from signoff.domain.removal import Kind
from signoff.domain.retention import CONTENT, Retention, Swept
from signoff.domain.sweeping import due, kind_of, noted
from signoff.ports import Archive

AT_ONCE: Final = 8
"""How many jobs are looked at side by side."""


@dataclass(frozen=True)
class Folder:
    """What lies in the archive of one job."""

    job_id: str
    paths: tuple[str, ...]

    @property
    def has_content(self) -> bool:
        """Whether there is more than the record and a tombstone."""
        return bool({*self.paths} - {layout.record_path(self.job_id), layout.erased_path(self.job_id)})


@dataclass(frozen=True)
class Broom:
    """What a sweep goes by."""

    archive: Archive
    rules: Retention
    now: datetime
    is_dry_run: bool = False


async def next_folders(archive: Archive, after: str, most: int) -> list[Folder]:
    """Give the next jobs in the order of their ids, with what the archive holds of them.

    No store promises an order, so everything is listed, and the first ones are picked out of it. An index of closed
    jobs by their days may take this function's place.
    """
    paths: dict[str, list[str]] = {}
    largest: list[_Descending] = []
    async for path in archive.paths(layout.JOBS):
        job_id = layout.job_of(path)
        if job_id is None or job_id <= after:
            continue
        if job_id not in paths:
            if len(paths) >= most:
                if job_id > largest[0].text:
                    continue
                del paths[heapq.heappop(largest).text]
            heapq.heappush(largest, _Descending(job_id))
            paths[job_id] = []
        paths[job_id].append(path)
    return [Folder(job_id, tuple(paths[job_id])) for job_id in sorted(paths)]


async def sweep(broom: Broom, begun: Swept, most: int, told: Callable[[Swept], None] = lambda _: None) -> Swept:
    """Sweep the next jobs after those that a sweep has looked at, at most so many.

    A repeat removes what an interrupted one left. `told` is called with what was done so far.

    Raises:
        FaultError: The archive failed.
    """
    if broom.rules.is_inert:
        return begun.model_copy(update={"is_complete": True})
    folders, swept = await next_folders(broom.archive, begun.after, most), begun
    for place in range(0, len(folders), AT_ONCE):
        part = folders[place : place + AT_ONCE]
        looked = await asyncio.gather(*(_swept(broom, folder) for folder in part))
        await _remove_records(broom, [one.last for one in looked if one and one.last])
        for one in looked:
            swept = swept.counting(one.removed if one else {}, is_unreadable=one is None)
        swept = swept.model_copy(update={"after": part[-1].job_id})
        told(swept)
    return swept.model_copy(update={"is_complete": len(folders) < most})


@dataclass(frozen=True)
class _Looked:
    """What was removed of one job, and the record of it that is to go as well."""

    removed: dict[Kind, int] = field(default_factory=dict)
    last: JobRecord | None = None


async def _swept(broom: Broom, folder: Folder) -> _Looked | None:
    """Remove what is due of one job, but for its record; `None` where that can't be relied on."""
    if not folder.has_content and broom.rules.records is None:
        return _Looked()
    try:
        record = await kept_record(broom.archive, folder.job_id)
    except FaultError as fault:
        if isinstance(fault.__cause__, UnsoundError):
            return None
        raise
    if record is None:
        return _Looked()
    going = _going(folder, record, due(record, broom.rules, broom.now))
    removed = {kind: len(paths) for kind, paths in going.items() if paths}
    if removed and not broom.is_dry_run:
        await _remove(broom, record, going)
    return _Looked(removed, record if Kind.RECORD in removed and not broom.is_dry_run else None)


def _going(folder: Folder, record: JobRecord, kinds: frozenset[Kind]) -> dict[Kind, list[str]]:
    return {kind: [path for path in folder.paths if kind_of(path, record) is kind] for kind in Kind if kind in kinds}


async def _remove(broom: Broom, record: JobRecord, going: dict[Kind, list[str]]) -> None:
    """Say it in the record first, so that nobody takes what is gone for lost; the record itself goes last."""
    content: dict[Kind, int] = {kind: len(going[kind]) for kind in CONTENT & going.keys() if going[kind]}
    if content:
        await keep_record(broom.archive, noted(record, content, broom.now))
    for path in (path for kind in content for path in going[kind]):
        await broom.archive.delete(path)


async def _remove_records(broom: Broom, records: Sequence[JobRecord]) -> None:
    """Take jobs out of the lists, and then their records away: whoever is interrupted finds the records again."""
    by_day: dict[date, list[JobRecord]] = defaultdict(list)
    for record in records:
        if record.closed_at:
            by_day[record.closed_at.date()].append(record)
    for of_day in by_day.values():
        closed_at = of_day[0].closed_at
        if closed_at:
            await forget(broom.archive, closed_at, [record.job_id for record in of_day])
        for record in of_day:
            await broom.archive.delete(layout.record_path(record.job_id))


@dataclass(frozen=True)
class _Descending:
    """A text that a heap of the smallest holds the largest of on top."""

    text: str

    def __lt__(self, other: "_Descending") -> bool:
        return self.text > other.text
