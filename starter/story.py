"""What happened to a job so far, as lines of text: attempts, strays, repairs, decisions, the timeline."""

from collections.abc import Iterator, Sequence
from typing import Final

from signoff.domain.arrangement import ArrangementLine
from signoff.domain.attempt import Attempt, Stray
from signoff.domain.decision import DecisionLine
from signoff.domain.handover import Delivery
from signoff.domain.model import counted
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.repair import Change, RepairLine
from signoff.domain.spending import cost_in_words, used_tokens
from starter.lines import part
from starter.plain import moment, one_line

_EVENT_WIDTH: Final = 20


def story_lines(record: JobRecord) -> Iterator[str]:
    """Show everything that happened to a job."""
    yield from part("attempts", (line for one in record.attempts for line in _attempt(one)))
    yield from part("strays: responses of this job that it did not go on with", _strays(record))
    yield from part("repairs", (line for one in record.repairs for line in _repair(one)))
    yield from decision_lines(record)
    yield from arrangement_lines(record)
    if len(record.handovers) > 1:
        yield from part("deliveries", (line for one in record.handovers for line in _delivery(one)))
    yield from timeline_lines(record)
    yield from part("removed from the archive", (one_line(str(line)) for line in record.removed))


def decision_lines(record: JobRecord) -> Iterator[str]:
    """Show who decided what."""
    yield from part("decisions", (decision_line(line) for review in record.reviews for line in review.lines))


def arrangement_lines(record: JobRecord) -> Iterator[str]:
    """Show what people arranged around the reviews: claims, seats that were handed over, extensions."""
    lines = (line for review in record.reviews for line in review.arrangements)
    yield from part("arrangements", map(_arrangement, lines))


def timeline_lines(record: JobRecord) -> Iterator[str]:
    """Show everything that happened, in its order."""
    yield from part("timeline", _timeline(record.timeline))
    if record.refusals_omitted:
        yield f"  and {counted(record.refusals_omitted, 'refused message')} more, of which nothing is kept"


def _attempt(attempt: Attempt) -> Iterator[str]:
    words = [f"{attempt.response_id} {attempt.response_status}" if attempt.response_id else _without_response(attempt)]
    words += ["adopted: the reply to its create had been lost"] if attempt.is_adopted else []
    words += [attempt.model] if attempt.model else []
    words += [counted(attempt.looks, "look")] if attempt.looks else []
    words += [counted(attempt.tool_calls, "tool call")] if attempt.tool_calls else []
    words += [used_tokens(attempt.usage)] if attempt.usage else []
    words += [cost_in_words(attempt.cost)] if attempt.cost else []
    yield one_line(f"{attempt.number}  {moment(attempt.started_at)}  {', '.join(words)}")
    if failure := attempt.failure:
        yield one_line(f"{'':{len(str(attempt.number))}}  {moment(failure.at)}  {failure}")


def _without_response(attempt: Attempt) -> str:
    if attempt.is_outcome_unknown:
        return "a response may exist; the reply was lost"
    return "no response" if attempt.failure else "no response yet"


def _strays(record: JobRecord) -> Iterator[str]:
    yield from map(_stray, record.strays)
    if record.strays_omitted:
        yield f"and {record.strays_omitted} more, which are not listed"


def _stray(stray: Stray) -> str:
    used = used_tokens(stray.usage) if stray.usage else "no tokens told"
    words = [f"{stray.response_id} of attempt {stray.attempt}", str(stray.status), used]
    words += [stray.model] if stray.model else []
    words += [cost_in_words(stray.cost)] if stray.cost else []
    words += [stray.note] if stray.note else []
    return one_line(f"{moment(stray.found_at)}  {', '.join(words)}")


def _repair(line: RepairLine) -> Iterator[str]:
    why = f' "{line.reason}"' if line.reason else ""
    outcome = "" if line.is_accepted else f" REFUSED: {line.refusal}"
    after = f" after attempt {line.attempt}" if line.attempt else ""
    yield one_line(f"{moment(line.at)}  {line.kind} by {line.by}{after}{why}{outcome}")
    yield from (f"    {one_line(_change(change))}" for change in line.changes)


def _change(change: Change) -> str:
    return f"{change.parameter}: {change.before or 'not set'} -> {change.after or 'removed'}"


def _delivery(delivery: Delivery) -> Iterator[str]:
    receipt = f", receipt {delivery.receipt.reference}" if delivery.receipt else ""
    state = delivery.state.replace("_", " ")
    yield one_line(f"{delivery.number}  {moment(delivery.since)}  {state}: {delivery.destination.told}{receipt}")
    if delivery.failure and not delivery.is_delivered:
        yield one_line(f"{'':{len(str(delivery.number))}}  {delivery.failure}")


def decision_line(line: DecisionLine) -> str:
    """Show one decision, and why it was refused where it was."""
    outcome = "" if line.is_accepted else f" REFUSED: {line.reason}"
    comment = f' "{line.comment}"' if line.comment else ""
    return one_line(f"{moment(line.at)}  {line.kind} by {line.reviewer}{comment}{outcome}")


def _arrangement(line: ArrangementLine) -> str:
    to = f" to {line.to}" if line.to else ""
    until = f" until {moment(line.due_at)}" if line.due_at else ""
    why = f' "{line.reason}"' if line.reason else ""
    outcome = "" if line.is_accepted else f" REFUSED: {line.refusal}"
    return one_line(f"{moment(line.at)}  {line.kind} by {line.by}{to}{until}{why}{outcome}")


def _timeline(entries: Sequence[TimelineEntry]) -> Iterator[str]:
    """Show the entries; the classes of failures have a column where there are any."""
    names = max((len(entry.event) for entry in entries), default=0)
    width = max((len(entry.failure_class) + 2 for entry in entries if entry.failure_class), default=0)
    for entry in entries:
        failure_class = f"{entry.failure_class or '':<{width}}"
        yield f"{moment(entry.at)}  {entry.event:<{max(names, _EVENT_WIDTH)}}  {failure_class}{one_line(entry.text)}"
