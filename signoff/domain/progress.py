"""How a record grows: one pure function per thing that can happen to a job.

Each takes the record and returns the next one. Every change of status goes through the transition table.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from signoff.domain.deliverable import DeliverableRef
from signoff.domain.delivery import Receipt
from signoff.domain.failures import TEXT_LIMIT_BYTES, Failure
from signoff.domain.job import JobRequest
from signoff.domain.model import clipped, counted
from signoff.domain.policies import Verdict, VerdictKind, judge, policy_for
from signoff.domain.record import Attempt, Ended, JobRecord, TimelineEntry
from signoff.domain.response import ResponseSnapshot
from signoff.domain.review import Decision, DecisionAnswer, DecisionLine, Review, ReviewPolicy, line_for, objection
from signoff.domain.status import DEFAULT_ACTIONS, JobStatus, NextAction, ResponseStatus, check_move

ATTENTION_WINDOW: Final = timedelta(days=7)
"""How long a stopped job waits for a person before it expires."""
REFUSALS_KEPT: Final = 200
REASON_LIMIT_BYTES: Final = 300


def opened(request: JobRequest, *, job_id: str, at: datetime) -> JobRecord:
    """Begin the record of a job that was accepted."""
    record = JobRecord(
        job_id=job_id,
        title=request.title or job_id,
        requester=request.requester,
        labels=request.labels,
        request_digest=request.digest,
        destination=request.delivery,
        status=JobStatus.QUEUED,
        since=at,
        reason="accepted",
        next_action=NextAction.WAIT,
        opened_at=at,
    )
    return noted(record, "job.accepted", f"accepted from {request.requester}", at)


def noted(record: JobRecord, event: str, text: str, at: datetime) -> JobRecord:
    """Add a line to the timeline."""
    entry = TimelineEntry(at=at, event=event, status=record.status, text=text)
    return _with(record, timeline=(*record.timeline, entry))


def attempt_begun(record: JobRecord, at: datetime) -> JobRecord:
    """Write an attempt down before its request is sent."""
    number = len(record.attempts) + 1
    attempts = (*record.attempts, Attempt(number=number, started_at=at))
    return noted(_with(record, attempts=attempts), "attempt.begun", f"attempt {number}: creating a response", at)


def response_created(record: JobRecord, snapshot: ResponseSnapshot, at: datetime) -> JobRecord:
    """Take the reply to a create."""
    record = _with_attempt(record, response_id=snapshot.response_id, response_status=snapshot.status, created_at=at)
    record = _with(record, response_status=snapshot.status, failure=None, not_before=None)
    record = _moved(record, JobStatus.RUNNING, "OpenAI works on the response", at)
    return noted(record, "response.created", f"OpenAI accepted it as {snapshot.response_id}", at)


def response_ended(record: JobRecord, ended: Ended, at: datetime) -> JobRecord:
    """Take what the last look saw. The status does not change by it; that is for `held` or `stopped`."""
    seen = ended.snapshot
    record = _with_attempt(
        record,
        response_status=seen.status,
        ended_at=at,
        model=seen.model,
        usage=seen.usage,
        looks=ended.looks,
        tool_calls=seen.tool_calls,
        body_digest=ended.body_digest,
        findings=ended.findings,
        failure=ended.failure,
    )
    record = _with(record, response_status=seen.status, generated_at=seen.completed_at or record.generated_at)
    return noted(record, "response.ended", f"the response is {seen.status} after {counted(ended.looks, 'look')}", at)


def at_time_limit(stopped: Ended | Failure, timeout: Failure) -> Ended | Failure:
    """Choose what counts of a response that was stopped at its time limit: how it ended by itself, or the timeout."""
    if isinstance(stopped, Failure):
        told = f"{timeout.message}; that it was stopped could not be confirmed: {stopped}"
        return timeout.model_copy(update={"message": clipped(told, limit_bytes=TEXT_LIMIT_BYTES)})
    has_own_end = stopped.snapshot.status is not ResponseStatus.CANCELLED
    if stopped.deliverable or (stopped.failure and has_own_end):
        return stopped
    return stopped.model_copy(update={"failure": timeout})


def upstream_stopped(record: JobRecord, stopped: Ended | Failure, at: datetime) -> JobRecord:
    """Take what a cancel found upstream. A draft that came too late is not held: the job was stopped."""
    if isinstance(stopped, Failure):
        return noted(record, "response.unconfirmed", f"the cancel could not be confirmed: {stopped}", at)
    # That it was cancelled is what we asked for, no failure of the attempt.
    return response_ended(record, stopped.model_copy(update={"failure": None}), at)


def held(record: JobRecord, draft: DeliverableRef, policy: ReviewPolicy, at: datetime) -> JobRecord:
    """Hold a draft for a person's decision."""
    review = Review(
        policy=policy,
        digest=draft.digest,
        requester=record.requester,
        opened_at=at,
        due_at=at + policy.window,
    )
    record = _with(record, deliverable=draft, review=review, failure=None)
    found = f" with {counted(len(draft.findings), 'finding')}" if draft.findings else ""
    record = _moved(record, JobStatus.AWAITING_REVIEW, f"a result is held for review{found}", at)
    return noted(record, "review.requested", f"{record.reason}: {review.digest}", at)


def decided(record: JobRecord, decision: Decision, at: datetime) -> tuple[JobRecord, DecisionLine]:
    """Take a decision, or refuse it with a reason; either way it is a line in the record.

    A decision that the review knows gets its first answer again, and the record stays as it is. Before anything
    is held none is remembered, since there are no bytes yet that it could be about.
    """
    review = record.review
    namesakes = [line for line in review.lines if line.decision_id == decision.decision_id] if review else []
    if known := next((line for line in namesakes if line.is_of(decision)), None):
        return record, known
    if namesakes:
        reason = f"the decision id {decision.decision_id} belongs to another decision; choose a new one"
    elif review is None or record.status is not JobStatus.AWAITING_REVIEW:
        reason = _not_awaiting(record)
    else:
        reason = objection(review, decision, at)
    line = line_for(decision, at, reason)
    record = _with_line(record, line)
    return (record if reason else _after_decision(record, line)), line


def answer_when_closed(record: JobRecord, decision: Decision) -> DecisionAnswer:
    """Answer a decision on a job that takes none any more: the first answer again, or why it is refused."""
    _, line = decided(record, decision, record.since)
    return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=record.status, at=line.at)


def decision_unreadable(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Write down a message that was meant as a decision but can't be read as one."""
    if record.refusals_omitted or _refusals(record) >= REFUSALS_KEPT:
        return _with(record, refusals_omitted=record.refusals_omitted + 1)
    return noted(record, "decision.refused", f"a decision could not be read: {why}", at)


def delivered(record: JobRecord, receipt: Receipt, at: datetime) -> JobRecord:
    """Take the proof of delivery, which closes the job."""
    record = _moved(_with(record, receipt=receipt), JobStatus.COMPLETED, f"delivered to {receipt.destination}", at)
    return noted(record, "job.completed", f"{record.reason}, receipt {receipt.reference}", at)


def stopped(record: JobRecord, failure: Failure, verdict: Verdict, at: datetime) -> JobRecord:
    """Take a failure: back into the queue for another attempt, or stop until a person has acted."""
    failure = failure.model_copy(update={"attempt": len(record.attempts)})
    record = _with(record, failure=failure)
    if record.status is not JobStatus.DELIVERING:
        record = _with_attempt(record, failure=failure)
    if verdict.kind is VerdictKind.RETRY:
        reason = f"trying again in {verdict.delay.total_seconds():.0f} s after {failure}"
        record = _with(_queued_again(record, reason, at), not_before=at + verdict.delay)
        return noted(record, "attempt.failed", reason, at)
    record = _moved(record, JobStatus.NEEDS_ATTENTION, str(failure), at, next_action=verdict.next_action)
    record = _with(record, attention_due_at=at + ATTENTION_WINDOW)
    return noted(record, "job.stopped", f"{failure}; next action: {verdict.next_action}", at)


def expired(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Close a job on which nobody acted in time; that is neither an approval nor a rejection."""
    return noted(_moved(record, JobStatus.EXPIRED, why, at), "job.expired", why, at)


def cancelled(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Close a job that somebody stopped."""
    if record.status is JobStatus.DELIVERING:
        why = f"{why} (a delivery had begun, so the destination may have it)"
    return noted(_moved(record, JobStatus.CANCELLED, why, at), "job.cancelled", why, at)


def judged(record: JobRecord, failure: Failure, at: datetime) -> Verdict:
    """Decide what follows a failure, given the attempts before it that failed in the same way."""
    if record.status is JobStatus.DELIVERING:
        # The server has repeated the delivery for as long as its class permits.
        return Verdict(kind=VerdictKind.PARK, next_action=NextAction.RETRY_DELIVERY)
    if record.is_working_upstream:
        # Another attempt would be paid beside a run that may still end well.
        return Verdict(kind=VerdictKind.PARK, next_action=policy_for(failure.failure_class, failure.stage).next_action)
    row = 1
    since = failure.at
    for attempt in reversed(record.attempts[:-1]):
        if attempt.failure is None:
            break
        # Two classes that take turns must not give each other a fresh budget.
        if attempt.failure.failure_class is failure.failure_class:
            row, since = row + 1, attempt.failure.at
    return judge(failure, failures=row, since_first=at - since)


def _after_decision(record: JobRecord, line: DecisionLine) -> JobRecord:
    review = record.review
    if review is None or not (review.is_rejected or review.is_approved):
        reason = f"{line.reviewer} approved; more approvals are needed"
        return _with(record, reason=clipped(reason, limit_bytes=REASON_LIMIT_BYTES))
    if review.is_rejected:
        record = _moved(record, JobStatus.REJECTED, f"rejected by {line.reviewer}: {line.comment}", line.at)
        return noted(record, "job.rejected", record.reason, line.at)
    record = _moved(record, JobStatus.DELIVERING, f"approved by {', '.join(review.approvers)}", line.at)
    return noted(record, "delivery.begun", "the approved bytes are on their way", line.at)


def _with_line(record: JobRecord, line: DecisionLine) -> JobRecord:
    if not line.is_accepted and _refusals(record) >= REFUSALS_KEPT:
        return _with(record, refusals_omitted=record.refusals_omitted + 1)
    if record.review is not None:
        record = _with(record, review=record.review.model_copy(update={"lines": (*record.review.lines, line)}))
    said = f"{line.reviewer}: {line.kind} {line.digest}"
    if line.is_accepted:
        return noted(record, "decision.taken", said, line.at)
    return noted(record, "decision.refused", f"{said}, refused: {line.reason}", line.at)


def _refusals(record: JobRecord) -> int:
    return sum(1 for entry in record.timeline if entry.event == "decision.refused")


def _not_awaiting(record: JobRecord) -> str:
    if record.is_closed:
        return f"the job is closed ({record.status}: {record.reason})"
    if record.status is JobStatus.DELIVERING:
        return f"the decision has been made ({record.reason})"
    return f"nothing is held for review; the job is {record.status}"


def _queued_again(record: JobRecord, reason: str, at: datetime) -> JobRecord:
    """Go back into the queue; a job whose create failed has never left it."""
    if record.status is JobStatus.QUEUED:
        return _with(record, reason=clipped(reason, limit_bytes=REASON_LIMIT_BYTES))
    return _moved(record, JobStatus.QUEUED, reason, at)


def _moved(
    record: JobRecord, to: JobStatus, reason: str, at: datetime, *, next_action: NextAction | None = None
) -> JobRecord:
    check_move(record.status, to)
    action = next_action or DEFAULT_ACTIONS.get(to, NextAction.NONE)
    closed_at = at if to.is_closed else None
    return _with(
        record,
        status=to,
        since=at,
        reason=clipped(reason, limit_bytes=REASON_LIMIT_BYTES),
        next_action=action,
        closed_at=closed_at,
    )


def _with_attempt(record: JobRecord, **changes: Any) -> JobRecord:  # noqa: ANN401  each field has its own type
    last = record.attempts[-1].model_copy(update=changes)
    return _with(record, attempts=(*record.attempts[:-1], last))


def _with(record: JobRecord, **changes: Any) -> JobRecord:  # noqa: ANN401  each field has its own type
    return record.model_copy(update=changes)
