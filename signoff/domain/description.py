"""Where a job stands, in the few facts that callers follow."""

from datetime import datetime

from pydantic import AwareDatetime

from signoff.domain.model import Value
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction, ResponseStatus


class Submitted(Value):
    """The answer to a submit. `is_new` is false when the same request had been submitted before."""

    job_id: str
    is_new: bool


class JobSummary(Value):
    """One line of a list of jobs, from Temporal's own index."""

    job_id: str
    title: str
    requester: str
    status: JobStatus
    next_action: NextAction
    started_at: AwareDatetime
    closed_at: AwareDatetime | None = None


class Waiting(Value):
    """How the looks at a running response go: how many there were, and when the next one is due."""

    looks: int = 0
    next_look_at: AwareDatetime | None = None
    last_fault: str = ""


class JobDescription(Value):
    """Where a job stands now.

    `is_complete` is false when no worker could be asked: then only what Temporal itself knows is here.
    `history_events` is the length of the Temporal history, absent once Temporal has forgotten the job.
    """

    job_id: str
    title: str
    requester: str
    status: JobStatus
    next_action: NextAction
    reason: str = ""
    since: AwareDatetime | None = None
    opened_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    response_id: str = ""
    response_status: ResponseStatus | None = None
    generated_at: AwareDatetime | None = None
    attempt: int = 0
    looks: int = 0
    next_look_at: AwareDatetime | None = None
    last_fault: str = ""
    digest: str | None = None
    review_due_at: datetime | None = None
    attention_due_at: datetime | None = None
    receipt: str | None = None
    history_events: int | None = None
    is_complete: bool = True


def describe_record(record: JobRecord, waiting: Waiting, history_events: int | None) -> JobDescription:
    """Pick the facts that callers follow out of a record."""
    attempt = record.attempt
    return JobDescription(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        next_action=record.next_action,
        reason=record.reason,
        since=record.since,
        opened_at=record.opened_at,
        closed_at=record.closed_at,
        response_id=record.response_id,
        response_status=record.response_status,
        generated_at=record.generated_at,
        attempt=len(record.attempts),
        looks=(attempt.looks if attempt else 0) or waiting.looks,
        next_look_at=waiting.next_look_at,
        last_fault=waiting.last_fault,
        digest=record.deliverable.digest if record.deliverable else None,
        review_due_at=record.review.due_at if record.review else None,
        attention_due_at=record.attention_due_at,
        receipt=record.receipt.reference if record.receipt else None,
        history_events=history_events,
    )


def describe_summary(summary: JobSummary, waiting: Waiting, history_events: int | None, reason: str) -> JobDescription:
    """Describe a job of which only Temporal's own index can tell, with the reason for that."""
    return JobDescription(
        job_id=summary.job_id,
        title=summary.title,
        requester=summary.requester,
        status=summary.status,
        next_action=summary.next_action,
        reason=reason,
        opened_at=summary.started_at,
        closed_at=summary.closed_at,
        looks=waiting.looks,
        next_look_at=waiting.next_look_at,
        last_fault=waiting.last_fault,
        history_events=history_events,
        is_complete=False,
    )
