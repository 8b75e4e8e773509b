"""The three ways in which a record changes: a status, a field, a line in the timeline."""

from datetime import datetime
from typing import Any, Final

from signoff.domain.failures import FailureClass
from signoff.domain.model import clipped
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.status import DEFAULT_ACTIONS, DEFAULT_ACTORS, Actor, JobStatus, NextAction, check_move

REASON_LIMIT_BYTES: Final = 300
REFUSALS_KEPT: Final = 200
"""How many refused messages a record lists; anybody can send many."""

_REFUSED: Final = ".refused"


def noted(
    record: JobRecord, event: str, text: str, at: datetime, *, failure_class: FailureClass | None = None
) -> JobRecord:
    """Add a line to the timeline."""
    entry = TimelineEntry(at=at, event=event, status=record.status, text=text, failure_class=failure_class)
    return changed(record, timeline=(*record.timeline, entry))


def refusal_noted(record: JobRecord, what: str, text: str, at: datetime) -> JobRecord:
    """Add a line for a message that was refused, or only count it where there are too many already."""
    if not may_note_refusal(record):
        return changed(record, refusals_omitted=record.refusals_omitted + 1)
    return noted(record, what + _REFUSED, text, at)


def may_note_refusal(record: JobRecord) -> bool:
    """Whether the record still lists refused messages, rather than only counting them."""
    listed = sum(1 for entry in record.timeline if entry.event.endswith(_REFUSED))
    return not record.refusals_omitted and listed < REFUSALS_KEPT


def moved(  # noqa: PLR0913  what a status carries
    record: JobRecord,
    to: JobStatus,
    reason: str,
    at: datetime,
    *,
    next_action: NextAction | None = None,
    actor: Actor | None = None,
) -> JobRecord:
    """Change the status, if the transition table has the move, and say why.

    Raises:
        IllegalMoveError: It does not.
    """
    check_move(record.status, to)
    action = next_action or DEFAULT_ACTIONS.get(to, NextAction.NONE)
    closed_at = at if to.is_closed else None
    return changed(
        record,
        status=to,
        since=at,
        reason=clipped(reason, limit_bytes=REASON_LIMIT_BYTES),
        next_action=action,
        actor=actor or DEFAULT_ACTORS.get(to, Actor.NOBODY),
        closed_at=closed_at,
    )


def explained(record: JobRecord, reason: str) -> JobRecord:
    """Say anew why the job stands where it stands."""
    return changed(record, reason=clipped(reason, limit_bytes=REASON_LIMIT_BYTES))


def attempt_changed(record: JobRecord, **changes: Any) -> JobRecord:  # noqa: ANN401  each field has its own type
    """Change fields of the last attempt."""
    last = record.attempts[-1].model_copy(update=changes)
    return changed(record, attempts=(*record.attempts[:-1], last))


def changed(record: JobRecord, **changes: Any) -> JobRecord:  # noqa: ANN401  each field has its own type
    """Change fields of the record."""
    return record.model_copy(update=changes)
