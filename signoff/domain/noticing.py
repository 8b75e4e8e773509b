"""Who is told of what, when a record changes."""

from collections.abc import Iterator
from typing import Final

from signoff.domain.notice import Notice, NoticeKind
from signoff.domain.record import JobRecord
from signoff.domain.review import group_in
from signoff.domain.status import JobStatus

_KINDS: Final = {
    "review.requested": NoticeKind.REVIEW_REQUESTED,
    "review.edited": NoticeKind.REVIEW_REQUESTED,
    "review.delegated": NoticeKind.REVIEW_REQUESTED,
    "review.reminded": NoticeKind.REMINDER,
    "review.escalated": NoticeKind.ESCALATED,
    "job.stopped": NoticeKind.NEEDS_ATTENTION,
    "job.expired": NoticeKind.EXPIRED,
    "job.completed": NoticeKind.DELIVERED,
}
"""The lines of a timeline that somebody is told of."""

_OF_REVIEW: Final = frozenset({NoticeKind.REVIEW_REQUESTED, NoticeKind.REMINDER, NoticeKind.ESCALATED})


def notices_for(before: JobRecord, after: JobRecord) -> Iterator[Notice]:
    """Give the notices that a change of the record asks for; none where the deployment tells nobody."""
    if not after.is_noticed:
        return
    for line in after.timeline[len(before.timeline) :]:
        kind = _KINDS.get(line.event)
        # Of an edit that was the last approval there is nothing left to decide.
        if kind and (kind not in _OF_REVIEW or after.status is JobStatus.AWAITING_REVIEW):
            yield _notice(kind, after)


def _notice(kind: NoticeKind, record: JobRecord) -> Notice:
    review = record.review
    due_at = record.attention_due_at if kind is NoticeKind.NEEDS_ATTENTION else None
    return Notice(
        kind=kind,
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        reason=_reason(kind, record),
        next_action=record.next_action,
        due_at=review.due_at if review and kind in _OF_REVIEW else due_at,
        findings=len(record.deliverable.findings) if record.deliverable and kind in _OF_REVIEW else 0,
        recipients=_recipients(kind, record),
    )


def _reason(kind: NoticeKind, record: JobRecord) -> str:
    """Say why in the product's own words; those of a provider or a reviewer may quote what nobody else may read."""
    failure = record.failure
    if kind is NoticeKind.NEEDS_ATTENTION and failure:
        return f"{failure.failure_class}{f' ({failure.code})' if failure.code else ''} while it was to {failure.stage}"
    return ""


def _recipients(kind: NoticeKind, record: JobRecord) -> tuple[str, ...]:
    review = record.review
    if kind is NoticeKind.DELIVERED:
        return (record.requester,)
    if review is None or kind not in _OF_REVIEW:
        return ()
    if kind is NoticeKind.ESCALATED:
        return review.policy.escalate_to
    if review.panel.is_open:
        return ()
    asked = review.policy.reviewers + (review.policy.escalate_to if review.escalated_at else ())
    groups = tuple(name for name in asked if group_in(name))
    return tuple(dict.fromkeys((*groups, *review.panel.seats)))
