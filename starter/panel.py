"""How an open review stands: who may decide, who did, what happens if nobody does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from signoff.domain.model import counted
from signoff.domain.record import JobRecord
from signoff.domain.review import Review
from signoff.domain.status import JobStatus
from starter.lines import due, fact
from starter.plain import duration, moment

_NAMED: Final = 20
"""How many people are named."""


def review_facts(record: JobRecord, review: Review) -> Iterator[str]:
    """Show how a review stands; of one that is over, only what it came to."""
    yield fact("digest", review.digest)
    is_open = record.status is JobStatus.AWAITING_REVIEW
    if is_open:
        yield from _times(review, datetime.now(UTC))
    yield fact("approvals", _score(review.approvers, review.policy.approvals))
    if against := _rejecters(review):
        yield fact("rejections", _score(against, review.policy.reject_after))
    yield fact("may decide", who_may_decide(review))
    if is_open and review.claimed_by:
        claimed = f" since {moment(review.claimed_at)}" if review.claimed_at else ""
        yield fact("claimed by", f"{review.claimed_by}{claimed}")
    if is_open:
        yield fact("rework", f"{counted(rework_left(record, review), 'round')} left of {review.policy.rework_rounds}")


def standing_document(record: JobRecord, review: Review) -> dict[str, Any]:
    """Give the same as parts of a JSON object."""
    return {
        "is_open_to_anyone": review.panel.is_open,
        "waits_for": list(review.waits_for),
        "approvers": list(review.approvers),
        "rework_rounds_left": rework_left(record, review),
    }


def who_may_decide(review: Review) -> str:
    """Say who may decide now, those who have decided already left out."""
    own = "" if review.policy.allow_self_approval else f" but {review.requester}, who asked for it"
    if review.panel.is_open:
        return f"anyone{own}"
    able = review.waits_for
    more = f" and {len(able) - _NAMED} more" if len(able) > _NAMED else ""
    return (", ".join(able[:_NAMED]) or "nobody any more") + more


def rework_left(record: JobRecord, review: Review) -> int:
    """Count how often changes may still be asked for."""
    return max(review.policy.rework_rounds - record.rework_rounds, 0)


def _times(review: Review, now: datetime) -> Iterator[str]:
    yield fact("decide by", f"{due(review.due_at, now)}; then it expires")
    to = ", ".join(review.policy.escalate_to)
    if review.escalated_at:
        yield fact("escalated", f"at {moment(review.escalated_at)} to {to}")
    elif review.escalates_at:
        yield fact("escalates", f"{due(review.escalates_at, now)} to {to}")
    reminded = f"last at {moment(review.reminded_at)}" if review.reminded_at else ""
    coming = [
        duration(before) for before in sorted(review.policy.reminders, reverse=True) if review.due_at - before > now
    ]
    planned = f"{' and '.join(coming)} before the end" if coming else ""
    if told := "; ".join(filter(None, (reminded, planned))):
        yield fact("reminders", told)


def _score(people: tuple[str, ...], needed: int) -> str:
    names = f": {', '.join(dict.fromkeys(people))}" if people else ""
    return f"{len(set(people))} of {needed}{names}"


def _rejecters(review: Review) -> tuple[str, ...]:
    return tuple(line.reviewer for line in review.lines if line.rejects(review.digest))
