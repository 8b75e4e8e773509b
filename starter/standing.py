"""What a job in the queue waits for, and why."""

from datetime import datetime

from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from starter.lines import due
from starter.plain import moment


def waits_for(record: JobRecord, now: datetime) -> str:
    """Say what a queued job waits for; empty for a job in another status."""
    if record.status is not JobStatus.QUEUED:
        return ""
    attempt, following = record.attempt, f"attempt {len(record.attempts) + 1}"
    if record.adoption_due_at:
        return _a_sign(record.adoption_due_at, len(record.attempts), now)
    if attempt and record.failure and attempt.is_outcome_unknown and not record.not_before:
        return f"the search for the response of attempt {attempt.number}, the reply to whose create was lost"
    if attempt and not attempt.failure and not attempt.response_id:
        return f"the answer to the create of attempt {attempt.number}, sent at {moment(attempt.started_at)}"
    changes = f", with the changes that {record.rework.by} asked for" if record.rework else ""
    failed = f", since the one before failed ({record.failure.failure_class})" if record.failure else ""
    if record.not_before and record.not_before > now:
        return f"{due(record.not_before, now)}, when {following} begins{changes}{failed}"
    return f"a worker that begins {following}{changes}{failed}"


def _a_sign(until: datetime, number: int, now: datetime) -> str:
    return (
        f"a sign of the response of attempt {number} until {due(until, now)}: the reply to its create was lost, so "
        "OpenAI may be working on it. If none comes, the rule on_unknown decides (`signoff policy` shows it): "
        "another create, or a stop for an operator"
    )
