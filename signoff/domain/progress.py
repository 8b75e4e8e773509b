"""How a record grows: one pure function per thing that can happen to a job.

Each takes the record and returns the next one. Every change of status goes through the transition table.
"""

from datetime import datetime
from typing import Final

from signoff.domain.attempt import Attempt, Ended
from signoff.domain.change import attempt_changed, changed, explained, moved, noted
from signoff.domain.deployment import Failed
from signoff.domain.failures import TEXT_LIMIT_BYTES
from signoff.domain.handover import Delivery, arrived
from signoff.domain.job import JobRequest
from signoff.domain.model import clipped, counted, in_words
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot
from signoff.domain.status import JobStatus, NextAction, ResponseStatus

_SUPERSEDED_BYTES: Final = 300
"""What is kept of the texts of a failure once another attempt has begun."""


def opened(request: JobRequest, *, job_id: str, at: datetime, run_id: str = "") -> JobRecord:
    """Begin the record of a job that was accepted."""
    record = JobRecord(
        job_id=job_id,
        run_id=run_id,
        title=request.title or job_id,
        requester=request.requester,
        labels=request.labels,
        request_digest=request.digest,
        destination=request.destinations[0],
        deliveries=tuple(
            Delivery(number=number, destination=destination, since=at)
            for number, destination in enumerate(request.destinations, 1)
        ),
        status=JobStatus.QUEUED,
        since=at,
        reason="accepted",
        next_action=NextAction.WAIT,
        opened_at=at,
    )
    return noted(record, "job.accepted", f"accepted from {request.requester}", at)


def attempt_begun(record: JobRecord, at: datetime, *, request_digest: str = "") -> JobRecord:
    """Write an attempt down before its request is sent."""
    number = len(record.attempts) + 1
    is_twice = record.possibly_paid_twice or any(attempt.is_outcome_unknown for attempt in record.attempts)
    attempts = (
        *(_superseded(attempt) for attempt in record.attempts),
        Attempt(number=number, started_at=at, request_digest=request_digest),
    )
    record = changed(record, attempts=attempts, possibly_paid_twice=is_twice, adoption_due_at=None)
    told = " although one before it may have been accepted" if is_twice else ""
    return noted(record, "attempt.begun", f"attempt {number}: creating a response{told}", at)


def response_created(record: JobRecord, snapshot: ResponseSnapshot, at: datetime) -> JobRecord:
    """Take the reply to a create."""
    record = attempt_changed(record, response_id=snapshot.response_id, response_status=snapshot.status, created_at=at)
    record = changed(record, response_status=snapshot.status, failure=None, not_before=None)
    record = moved(record, JobStatus.RUNNING, "OpenAI works on the response", at)
    return noted(record, "response.created", f"OpenAI accepted it as {snapshot.response_id}", at)


def response_ended(record: JobRecord, ended: Ended, at: datetime) -> JobRecord:
    """Take what the last look saw. The status does not change by it; that is for `held` or `stopped`."""
    seen = ended.snapshot
    record = attempt_changed(
        record,
        response_status=seen.status,
        ended_at=at,
        model=seen.model,
        usage=seen.usage,
        cost=ended.cost,
        looks=ended.looks,
        tool_calls=seen.tool_calls,
        body_digest=ended.body_digest,
        evidence=ended.evidence,
        findings=ended.findings,
        failure=ended.failure,
    )
    record = changed(record, response_status=seen.status, generated_at=seen.completed_at or record.generated_at)
    return noted(record, "response.ended", f"the response is {seen.status} after {counted(ended.looks, 'look')}", at)


def at_time_limit(stopped: Ended | Failed, timeout: Failed) -> Ended | Failed:
    """Choose what counts of a response that was stopped at its time limit: how it ended by itself, or the timeout."""
    failure = timeout.failure
    if isinstance(stopped, Failed):
        told = f"{failure.message}; that it was stopped could not be confirmed: {stopped.failure}"
        message = clipped(told, limit_bytes=TEXT_LIMIT_BYTES)
        return timeout.model_copy(update={"failure": failure.model_copy(update={"message": message})})
    has_own_end = stopped.snapshot.status is not ResponseStatus.CANCELLED
    if stopped.deliverable or (stopped.failure and has_own_end):
        return stopped
    return stopped.model_copy(update={"failure": failure, "terms": timeout.terms})


def late_completion(record: JobRecord, at: datetime) -> JobRecord:
    """Go back to a response that was stopped at its time limit and ended by itself after all."""
    record = moved(changed(record, failure=None, not_before=None), JobStatus.RUNNING, "it completed after all", at)
    return noted(record, "response.late", "the response that was stopped at its time limit completed after all", at)


def upstream_stopped(record: JobRecord, stopped: Ended | Failed, at: datetime) -> JobRecord:
    """Take what a cancel found upstream. A draft that came too late is not held: the job was stopped."""
    if isinstance(stopped, Failed):
        told = f"the cancel could not be confirmed: {stopped.failure}"
        return noted(record, "response.unconfirmed", told, at, failure_class=stopped.failure.failure_class)
    # That it was cancelled is what we asked for, no failure of the attempt.
    return response_ended(record, stopped.model_copy(update={"failure": None}), at)


def stopped(record: JobRecord, failed: Failed, verdict: Verdict, at: datetime) -> JobRecord:
    """Take a failure: back into the queue for another attempt, or stop until a person has acted."""
    failure = failed.failure.model_copy(update={"attempt": len(record.attempts)})
    record = changed(record, failure=failure, adoption_due_at=None, is_noticed=failed.terms.is_noticed)
    if record.status is not JobStatus.DELIVERING:
        record = attempt_changed(record, failure=failure)
    if verdict.kind is VerdictKind.RETRY:
        reason = f"trying again in {in_words(verdict.delay)} after {failure}"
        record = changed(_queued_again(record, reason, at), not_before=at + verdict.delay)
        return noted(record, "attempt.failed", reason, at, failure_class=failure.failure_class)
    reason = f"{verdict.because}; the last failure: {failure}" if verdict.because else str(failure)
    if record.status is JobStatus.DELIVERING and len(record.handovers) > 1:
        reason = f"{arrived(record.handovers)}; {reason}"
    record = moved(record, JobStatus.NEEDS_ATTENTION, reason, at, next_action=verdict.next_action, actor=verdict.actor)
    record = changed(record, attention_due_at=at + failed.terms.attention_window)
    told = f"{reason}; next action: {verdict.next_action}, by the {verdict.actor}"
    return noted(record, "job.stopped", told, at, failure_class=failure.failure_class)


def given_up(record: JobRecord, at: datetime) -> JobRecord:
    """Close a job that an operator abandoned."""
    return noted(moved(record, JobStatus.FAILED, record.abandoned, at), "job.failed", record.abandoned, at)


def cancelled(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Close a job that somebody stopped."""
    if record.status is JobStatus.DELIVERING:
        why = f"{why} ({_may_have_it(record)})"
    return noted(moved(record, JobStatus.CANCELLED, why, at), "job.cancelled", why, at)


def _may_have_it(record: JobRecord) -> str:
    if len(record.handovers) == 1:
        return "a delivery had begun, so the destination may have it"
    return f"{arrived(record.handovers)}, and others may have it since their delivery had begun"


def _queued_again(record: JobRecord, reason: str, at: datetime) -> JobRecord:
    """Go back into the queue; a job whose create failed has never left it."""
    if record.status is JobStatus.QUEUED:
        return explained(record, reason)
    return moved(record, JobStatus.QUEUED, reason, at)


def _superseded(attempt: Attempt) -> Attempt:
    """Shorten what an earlier attempt failed with, so that hundreds of them fit into a record."""
    failure = attempt.failure
    if failure is None:
        return attempt
    texts = {name: clipped(getattr(failure, name), limit_bytes=_SUPERSEDED_BYTES) for name in ("message", "evidence")}
    return attempt.model_copy(update={"failure": failure.model_copy(update=texts)})
