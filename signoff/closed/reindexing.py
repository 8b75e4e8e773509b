"""Building the index anew from the records, for an archive from before there was one, or where it was torn."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from signoff.closed.days import AT_ONCE, in_turn
from signoff.closed.entries import keep_entry
from signoff.domain import layout
from signoff.domain.integrity import UnsoundError, read_record
from signoff.domain.job import is_job_id
from signoff.domain.model import Value
from signoff.ports import Archive

_TURN: Final = AT_ONCE * 16
_REASONS_KEPT: Final = 100


class Reindexed(Value):
    """How far a reindexing is, or what it did.

    `written` jobs have an entry now, `without_record` are open or lost theirs, `unreadable` says why the records of
    `torn` jobs could not be read (the first hundred reasons), and `last` is the job up to which all that is true.
    """

    jobs: int
    written: int = 0
    without_record: int = 0
    torn: int = 0
    unreadable: tuple[str, ...] = ()
    last: str = ""

    @property
    def seen(self) -> int:
        """How many jobs were gone through."""
        return self.written + self.without_record + self.torn


async def reindex(archive: Archive, after: str = "", seen: Callable[[Reindexed], None] = lambda _: None) -> Reindexed:
    """Write the entry of every closed job, in the order of their ids.

    A repeat writes the same again, and a compaction merges what was there twice. A job that closes meanwhile writes
    its own entry.

    Args:
        archive: Whose index it is.
        after: Only the jobs whose ids come after this one: the `last` of a run that was interrupted.
        seen: Called with how far it is, every few hundred jobs.

    Raises:
        FaultError: The archive failed.
    """
    job_ids = [job_id for job_id in await archive.folders(layout.JOBS) if job_id > after and is_job_id(job_id)]
    done = Reindexed(jobs=len(job_ids), last=after)
    for start in range(0, len(job_ids), _TURN):
        turn = job_ids[start : start + _TURN]
        told = await in_turn(turn, lambda job_id: _indexed(archive, job_id))
        counts = Counter(why if not why or why is _OPEN else "torn" for why in told)
        reasons = [why for why in told if why and why is not _OPEN]
        done = Reindexed(
            jobs=done.jobs,
            written=done.written + counts[""],
            without_record=done.without_record + counts[_OPEN],
            torn=done.torn + counts["torn"],
            unreadable=(*done.unreadable, *reasons)[:_REASONS_KEPT],
            last=turn[-1],
        )
        seen(done)
    return done


_OPEN: Final = "open"


async def _indexed(archive: Archive, job_id: str) -> str:
    """Write the entry of one job; say why there is none, which is nothing where it was written."""
    path = layout.record_path(job_id)
    data = await archive.get(path)
    if data is None:
        return _OPEN
    try:
        record = await asyncio.to_thread(read_record, data, path)
    except UnsoundError as error:
        return str(error)
    await keep_entry(archive, record)
    return "" if record.is_closed else _OPEN
