"""What is told of an erasure, and of the upkeep of the archive."""

from collections.abc import Iterator
from typing import Any, Final

from signoff.domain.erasure import Copy, ErasureAnswer, Fate
from signoff.domain.model import counted
from signoff.domain.upkeep import Compacted, UpkeepReport
from signoff.upkeep import UpkeepStatus
from starter.advice import typed
from starter.lines import fact
from starter.plain import moment, one_line

_FATES: Final = {
    Fate.PENDING: "still to be removed",
    Fate.REMOVED: "removed",
    Fate.KEPT: "kept, as was asked for",
    Fate.REFUSED: "NOT removed",
}


def erasure_lines(answer: ErasureAnswer, again: str) -> Iterator[str]:
    """Tell what was removed, what was not, and what follows."""
    done = "is erased" if answer.is_done else "is being erased; this goes on by itself once a worker runs"
    yield f"{answer.job_id} {done}"
    yield fact("by", f"{answer.by}, {moment(answer.at)}")
    yield fact("reason", answer.reason)
    yield fact("archive", f"{counted(answer.objects, 'object')} removed; the record and erased.json stay")
    yield fact("Temporal", _copy(answer.history))
    for copy in answer.responses:
        yield fact("OpenAI", f"{copy.of} {_copy(copy)}")
    if not answer.is_done:
        yield from ("next, type", f"  {again}", "    says how far it is; it does no harm")
    elif any(copy.fate is Fate.REFUSED for copy in (answer.history, *answer.responses)):
        yield from ("next, once that is mended, type", f"  {again}", "    removes what could not be removed")


def _copy(copy: Copy) -> str:
    return _FATES[copy.fate] + (f": {one_line(copy.note)}" if copy.note else "")


def report_lines(report: UpkeepReport) -> Iterator[str]:
    """Tell what one run of the upkeep did."""
    swept = report.swept
    would = "would be removed, since this was a dry run" if swept.is_dry_run else "removed"
    objects = f"{counted(swept.objects, 'object')} of {counted(swept.changed, 'job')}"
    yield f"looked at {counted(swept.jobs, 'job')}; {objects} {would}"
    for kind, count in swept.removed.items():
        yield fact(kind, str(count))
    if swept.unreadable:
        yield fact("unreadable", f"{counted(swept.unreadable, 'record')} that can't be relied on; nothing of them went")
    if report.compacted:
        yield from _compacted(report.compacted)
    if not swept.is_complete:
        yield fact("unfinished", f"it came to {swept.after}; the next run of the schedule goes on there")


def _compacted(compacted: Compacted) -> Iterator[str]:
    """Tell what became of the index of closed jobs."""
    yield fact("index", f"{counted(compacted.jobs, 'job')} of {counted(compacted.days, 'day')} compacted")
    for path in compacted.unreadable:
        yield fact("torn", f"{path}; move it away and run `signoff archive reindex`")


def status_lines(status: UpkeepStatus) -> Iterator[str]:
    """Tell how the schedule stands."""
    if not status.is_scheduled:
        yield "nothing keeps the archive up by itself"
        yield from ("next, type", f"  {typed('setup')}")
        return
    when = f"next run at {moment(status.next_at)}" if status.next_at else "no next run"
    yield "paused: no run starts by itself" if status.is_paused else f"scheduled daily; {when}"
    if status.last_at:
        yield fact("last run", moment(status.last_at))
    if status.last:
        yield from report_lines(status.last)


def status_document(status: UpkeepStatus) -> dict[str, Any]:
    """Give how the schedule stands as one JSON object."""
    return {
        "is_scheduled": status.is_scheduled,
        "is_paused": status.is_paused,
        "next_at": status.next_at.isoformat() if status.next_at else None,
        "last_at": status.last_at.isoformat() if status.last_at else None,
        "last": status.last.model_dump(mode="json") if status.last else None,
    }
