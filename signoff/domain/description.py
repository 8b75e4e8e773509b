"""Where a job stands, in the few facts that callers follow."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from signoff.domain.failures import FailureClass
from signoff.domain.model import Value
from signoff.domain.record import JobRecord
from signoff.domain.spending import JobCost, job_cost
from signoff.domain.status import DEFAULT_ACTORS, Actor, JobStatus, NextAction, ResponseStatus


class Submitted(Value):
    """The answer to a submit. `is_new` is false when the same request had been submitted before."""

    job_id: str
    is_new: bool


class JobSummary(Value):
    """One line of a list of jobs, from Temporal's own index or, for a closed job, from that of the archive.

    `failure_class` is that of a stopped job, if known. Of a job that is held for review, `review_due_at` is when that
    ends, `findings` how many things were noticed, and `claimed_by` who is on it.
    `tokens` is known of jobs in the archive. `is_cut_off` says that its workflow was ended in Temporal from outside.
    """

    job_id: str
    title: str
    requester: str
    status: JobStatus
    next_action: NextAction
    failure_class: FailureClass | None = None
    review_due_at: AwareDatetime | None = None
    findings: int = 0
    claimed_by: str = ""
    started_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    tokens: int | None = None
    is_cut_off: bool = False

    @property
    def actor(self) -> Actor:
        """Who has to act next, as the next action and the class tell it."""
        if self.status is not JobStatus.NEEDS_ATTENTION:
            return DEFAULT_ACTORS.get(self.status, Actor.NOBODY)
        if self.next_action is NextAction.AMEND_REQUEST:
            return Actor.REQUESTER
        is_for_reviewer = self.failure_class is FailureClass.REVIEW_REQUIRED
        return Actor.REVIEWER if is_for_reviewer and self.next_action is NextAction.INSPECT else Actor.OPERATOR


class JobPage(Value):
    """A part of a list of jobs. `next_cursor` asks for the part after it; the last one has none."""

    jobs: tuple[JobSummary, ...]
    next_cursor: str | None = None


class ClosedPage(JobPage):
    """A part of a list of closed jobs, the last one to close first.

    `unreadable` names what of the archive's index could not be relied on, and what to do about it: jobs may be missing.
    `knows_cut_off` is false where Temporal was not asked, or did not answer, for jobs that it ended from outside.
    """

    unreadable: tuple[str, ...] = ()
    knows_cut_off: bool = True


class Waiting(Value):
    """How the looks at a running response go: how many there were, and when the next one is due."""

    looks: int = 0
    next_look_at: AwareDatetime | None = None
    last_fault: str = ""


class JobDescription(Value):
    """Where a job stands now.

    `is_complete` is false when no worker could be asked: then only what Temporal itself knows is here.
    `history_events` is the length of the Temporal history, absent once Temporal has forgotten the job. `strays` and
    `repairs` are how many there were, refused repairs included. `not_before` is when a queued job may begin its next
    attempt, `adoption_due_at` until when it waits for a sign of a response whose create was not answered. `changes` is
    how many lines the record's timeline has, 0 where the record could not be read. `claimed_by` is who said to be on an
    open review, `drafts` how many were held so far, edits included. `redirect` is the number that a decision names
    where an open review asks for another destination alone, 0 where it asks for the bytes. `deliveries` is how many
    destinations there are, 0 where the record could not be read, and `deliveries_arrived` how many have taken it;
    `receipt` is what they answered, once all have. `cost` is what it cost so far, absent where the record could not be
    read.
    """

    job_id: str
    title: str
    requester: str
    status: JobStatus
    next_action: NextAction
    actor: Actor = Actor.NOBODY
    reason: str = ""
    since: AwareDatetime | None = None
    opened_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    response_id: str = ""
    response_status: ResponseStatus | None = None
    generated_at: AwareDatetime | None = None
    attempt: int = 0
    not_before: AwareDatetime | None = None
    adoption_due_at: AwareDatetime | None = None
    looks: int = 0
    next_look_at: AwareDatetime | None = None
    last_fault: str = ""
    failure_class: FailureClass | None = None
    failure_code: str = ""
    possibly_paid_twice: bool = False
    strays: int = 0
    repairs: int = 0
    digest: str | None = None
    review_due_at: datetime | None = None
    claimed_by: str = ""
    drafts: int = 0
    redirect: int = 0
    deliveries: int = 0
    deliveries_arrived: int = 0
    attention_due_at: datetime | None = None
    receipt: str | None = None
    history_events: int | None = None
    changes: int = 0
    cost: JobCost | None = None
    is_complete: bool = True


def describe_record(record: JobRecord, waiting: Waiting, history_events: int | None) -> JobDescription:
    """Pick the facts that callers follow out of a record."""
    attempt = record.attempt
    is_held = record.status is JobStatus.AWAITING_REVIEW
    return JobDescription(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        next_action=record.next_action,
        actor=record.actor,
        reason=record.reason,
        since=record.since,
        opened_at=record.opened_at,
        closed_at=record.closed_at,
        response_id=record.response_id,
        response_status=record.response_status,
        generated_at=record.generated_at,
        attempt=len(record.attempts),
        not_before=record.not_before,
        adoption_due_at=record.adoption_due_at,
        looks=(attempt.looks if attempt else 0) or waiting.looks,
        next_look_at=waiting.next_look_at,
        last_fault=waiting.last_fault,
        failure_class=record.failure.failure_class if record.failure else None,
        failure_code=record.failure.code if record.failure else "",
        possibly_paid_twice=record.possibly_paid_twice,
        strays=len(record.strays) + record.strays_omitted,
        repairs=len(record.repairs),
        digest=record.deliverable.digest if record.deliverable else None,
        review_due_at=record.review.due_at if record.review else None,
        claimed_by=record.review.claimed_by if record.review and is_held else "",
        drafts=len(record.drafts),
        redirect=record.review.redirect if record.review and is_held else 0,
        deliveries=len(record.handovers),
        deliveries_arrived=len(record.receipts),
        attention_due_at=record.attention_due_at,
        receipt=", ".join(receipt.reference for receipt in record.receipts) if record.receipt else None,
        history_events=history_events,
        changes=len(record.timeline),
        cost=job_cost(record),
    )


def describe_summary(summary: JobSummary, waiting: Waiting, history_events: int | None, reason: str) -> JobDescription:
    """Describe a job of which only Temporal's own index can tell, with the reason for that."""
    return JobDescription(
        job_id=summary.job_id,
        title=summary.title,
        requester=summary.requester,
        status=summary.status,
        next_action=summary.next_action,
        actor=summary.actor,
        reason=reason,
        opened_at=summary.started_at,
        closed_at=summary.closed_at,
        looks=waiting.looks,
        next_look_at=waiting.next_look_at,
        last_fault=waiting.last_fault,
        failure_class=summary.failure_class,
        history_events=history_events,
        is_complete=False,
    )
