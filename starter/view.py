"""How a job is shown to people: where it stands, what happened, what to do next."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from signoff.domain import layout
from signoff.domain.description import JobDescription
from signoff.domain.model import counted
from signoff.domain.record import JobRecord
from signoff.domain.spending import job_cost
from signoff.domain.status import Actor, JobStatus
from starter.advice import Step, announcing, next_steps, typed
from starter.causes import how_to_act, what_failed
from starter.lines import due, fact, part
from starter.plain import duration, moment, one_line
from starter.remedies import remedies
from starter.standing import waits_for
from starter.story import story_lines


def job_lines(job: JobDescription, record: JobRecord | None) -> Iterator[str]:
    """Show where a job stands, everything that happened to it, and what to type next."""
    yield job.job_id if job.title == job.job_id else f"{job.job_id}: {one_line(job.title)}"
    yield from _standing(job, record)
    if record:
        yield from _costs(record)
        yield from _archived(record)
        yield from story_lines(record)
    following = (step for step in following_steps(job, record) if step != Step(typed("show", job.job_id)))
    yield from step_lines(following)


def advice(job: JobDescription, record: JobRecord | None) -> dict[str, Any]:
    """Give what people are told to do as one JSON object."""
    now = datetime.now(UTC)
    return {
        "next_action": job.next_action,
        "actor": job.actor,
        "says": _says(job, record),
        "waits_for": (waits_for(record, now) if record else "") or None,
        "commands": [step._asdict() for step in following_steps(job, record)],
    }


def cost_document(record: JobRecord) -> dict[str, Any]:
    """Give what a job cost so far as one JSON object."""
    return job_cost(record).model_dump(mode="json")


def ending_lines(job: JobDescription, record: JobRecord | None = None) -> Iterator[str]:
    """Tell how a job stands when the waiting is over, and what to type next."""
    yield f"{job.job_id}: {job.status}, {one_line(job.reason)}"
    if job.status is JobStatus.NEEDS_ATTENTION:
        yield from _trouble(job, record, datetime.now(UTC))
    yield from step_lines(following_steps(job, record))


def cancel_lines(job: JobDescription) -> Iterator[str]:
    """Tell what came of a cancel."""
    if job.status.is_closed:
        yield from ending_lines(job)
    else:
        yield f"{job.job_id} will be stopped; it is {job.status} until OpenAI has confirmed that its work ended"
        yield from step_lines([Step(typed("watch", job.job_id, "--until", "closed"))])


def following_steps(job: JobDescription, record: JobRecord | None) -> list[Step]:
    """What to type next, as exactly as is known."""
    if record and record.status is JobStatus.NEEDS_ATTENTION:
        return remedies(record)
    if job.status is JobStatus.NEEDS_ATTENTION and not job.is_complete:
        return [Step(typed("show", job.job_id), "once a worker runs: what stopped it, and what can be done about it")]
    if record and record.erased:
        return []
    found = next_steps(job.job_id, job.status, job.digest, job.redirect)
    return [*found, announcing(job.job_id)] if job.adoption_due_at and job.status is JobStatus.QUEUED else found


def step_lines(steps: Iterable[Step]) -> Iterator[str]:
    """Show what to type, and under it what that does."""
    shown = ([step.command, *([f"    {one_line(step.purpose)}"] if step.purpose else [])] for step in steps)
    yield from part("next, type", (line for lines in shown for line in lines))


def _standing(job: JobDescription, record: JobRecord | None) -> Iterator[str]:
    now = datetime.now(UTC)
    since = f" since {moment(job.since)} ({duration(now - job.since)})" if job.since else ""
    yield fact("status", f"{job.status}{since}")
    yield fact("reason", job.reason)
    if record and (awaited := waits_for(record, now)):
        yield fact("waits for", awaited)
    yield from _trouble(job, record, now)
    yield fact("requester", job.requester)
    if job.response_id:
        looks = counted(job.looks, "look")
        yield fact("response", f"{job.response_id} ({job.response_status}), attempt {job.attempt}, {looks}")
    if job.status in {JobStatus.RUNNING, JobStatus.DELIVERING}:
        yield from _tries(job, now)
    if job.digest:
        yield fact("held", job.digest)
    if job.review_due_at and job.status is JobStatus.AWAITING_REVIEW:
        yield fact("decide by", due(job.review_due_at, now))
    if job.receipt:
        yield fact("receipt", job.receipt)


def _trouble(job: JobDescription, record: JobRecord | None, now: datetime) -> Iterator[str]:
    """Say what stopped a job, who acts and how, and until when; of one that goes on, only the next action."""
    is_stopped = job.status is JobStatus.NEEDS_ATTENTION
    failure = record.failure if record and is_stopped else None
    if failure:
        yield fact("what failed", what_failed(failure))
        if failure.message not in job.reason:
            yield fact("it said", failure.message)
        if failure.evidence:
            yield fact("evidence", failure.evidence)
    yield fact("next action", _says(job, record))
    if is_stopped and job.attention_due_at:
        yield fact("act by", f"{due(job.attention_due_at, now)}; then it expires")


def _says(job: JobDescription, record: JobRecord | None) -> str:
    if record and record.abandoned and not record.is_closed:
        return "wait: it is being given up, and ends as failed once nothing of it runs at OpenAI any more"
    who = f", by the {job.actor}" if job.actor is not Actor.NOBODY else ""
    stopped_by = job.failure_class if job.status is JobStatus.NEEDS_ATTENTION else None
    return f"{job.next_action}{who}: {how_to_act(stopped_by, job.next_action, job.failure_code)}"


def _tries(job: JobDescription, now: datetime) -> Iterator[str]:
    if job.next_look_at:
        yield fact("next look", f"in {duration(job.next_look_at - now)}")
    if job.last_fault:
        yield fact("last look" if job.status is JobStatus.RUNNING else "last try", job.last_fault)


def _costs(record: JobRecord) -> Iterator[str]:
    paid = sum(1 for attempt in record.attempts if attempt.may_have_cost)
    if paid or record.tokens:
        tokens = f"of {record.tokens:,} tokens" if record.tokens else "of no tokens"
        yield fact("cost so far", f"{counted(paid, 'attempt')} that OpenAI took, or may have taken; it told {tokens}")
    elif record.attempts:
        yield fact("cost so far", "nothing: OpenAI took no create")
    if (cost := job_cost(record)).is_reckoned:
        yield fact("in money", str(cost))
    if record.possibly_paid_twice:
        found = "what turned up is under strays" if record.strays else "should the lost response turn up, announce it"
        yield fact("beware", f"possibly paid twice: another create was sent after one whose reply was lost; {found}")


def _archived(record: JobRecord) -> Iterator[str]:
    """Name what an operator reads of the last attempt when a job stopped: content is never shown here itself."""
    attempt = record.attempt
    if record.status is not JobStatus.NEEDS_ATTENTION or attempt is None:
        return
    was_sent = attempt.may_have_cost or (attempt.failure and attempt.failure.evidence)
    if was_sent and attempt.request_digest:
        yield fact("was asked", f"{layout.request_path(record.job_id, attempt.number)} in the archive")
    if attempt.body_digest:
        yield fact("came back", f"{layout.body_path(record.job_id, attempt.number)} in the archive")
