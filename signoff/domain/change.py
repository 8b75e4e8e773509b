"""The three ways in which a record changes: a status, a field, a line in the timeline."""

from datetime import datetime
from typing import Any, Final

from signoff.domain.model import clipped
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.status import DEFAULT_ACTIONS, JobStatus, NextAction, check_move

REASON_LIMIT_BYTES: Final = 300


def noted(record: JobRecord, event: str, text: str, at: datetime) -> JobRecord:
    """Add a line to the timeline."""
    entry = TimelineEntry(at=at, event=event, status=record.status, text=text)
    return changed(record, timeline=(*record.timeline, entry))


def moved(
    record: JobRecord, to: JobStatus, reason: str, at: datetime, *, next_action: NextAction | None = None
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
