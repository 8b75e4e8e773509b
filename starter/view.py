"""How a job is shown to people, as lines of text."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from signoff.domain.deliverable import Deliverable
from signoff.domain.delivery import File, Http
from signoff.domain.description import JobDescription
from signoff.domain.record import Attempt, JobRecord
from signoff.domain.review import Decision, DecisionAnswer, DecisionKind, DecisionLine, Review
from signoff.domain.status import JobStatus
from starter.advice import ACTIONS, decisions, explained, next_commands, typed
from starter.plain import duration, moment, one_line, visible


def job_lines(job: JobDescription, record: JobRecord | None) -> Iterator[str]:
    """Show where a job stands, everything that happened to it, and what to type next."""
    yield from description_lines(job)
    if record and record.failure:
        yield _fact("failure", explained(record.failure))
    if record:
        yield from _part("attempts", map(_attempt, record.attempts))
        yield from _part("decisions", map(_decision, record.review.lines if record.review else ()))
        yield from _part("timeline", (_entry(entry.at, entry.event, entry.text) for entry in record.timeline))
    following = next_commands(job.job_id, job.status, job.digest)
    yield from _part("next, type", (command for command in following if command != typed("show", job.job_id)))


def description_lines(job: JobDescription) -> Iterator[str]:
    """Show where a job stands."""
    now = datetime.now(UTC)
    since = f" since {moment(job.since)} ({duration(now - job.since)})" if job.since else ""
    yield job.job_id if job.title == job.job_id else f"{job.job_id}: {one_line(job.title)}"
    yield _fact("status", f"{job.status}{since}")
    yield _fact("reason", job.reason)
    yield _fact("next action", f"{job.next_action}: {ACTIONS[job.next_action]}")
    yield _fact("requester", job.requester)
    if job.response_id:
        yield _fact(
            "response",
            f"{job.response_id} ({job.response_status}), attempt {job.attempt}, {_counted(job.looks, 'look')}",
        )
    if job.next_look_at and job.status is JobStatus.RUNNING:
        yield _fact("next look", f"in {duration(job.next_look_at - now)}")
    if job.last_fault and job.status is JobStatus.RUNNING:
        yield _fact("last look", job.last_fault)
    if job.digest:
        yield _fact("held", job.digest)
    if job.review_due_at and job.status is JobStatus.AWAITING_REVIEW:
        yield _fact("decide by", _due(job.review_due_at, now))
    if job.attention_due_at and job.status is JobStatus.NEEDS_ATTENTION:
        yield _fact("act by", _due(job.attention_due_at, now))
    if job.receipt:
        yield _fact("receipt", job.receipt)


def review_lines(record: JobRecord, draft: Deliverable) -> Iterator[str]:
    """Show exactly what will be delivered if it is approved, what was noticed about it, and how to decide."""
    yield record.job_id if record.title == record.job_id else f"{record.job_id}: {one_line(record.title)}"
    yield _fact("status", f"{record.status}, {record.reason}")
    yield _fact("requester", record.requester)
    yield _fact("goes to", _destination(record))
    if record.review:
        yield from _review_facts(record.review, is_open=record.status is JobStatus.AWAITING_REVIEW)
    findings = record.deliverable.findings if record.deliverable else ()
    yield from _part(
        "noticed", (f"{one.kind}: {one_line(one.message)}" for one in findings) if findings else ["nothing"]
    )
    yield from draft_lines(draft)
    yield from _part("decisions", map(_decision, record.review.lines if record.review else ()))
    if record.review and record.status is JobStatus.AWAITING_REVIEW:
        yield from _part("to decide, type", decisions(record.job_id, record.review.digest))


def draft_lines(draft: Deliverable) -> Iterator[str]:
    """Show a deliverable. Each line of its text is marked, so that no text can pass for a line of ours."""
    hidden = sum(1 for shown, char in zip(visible(draft.text), draft.text, strict=False) if shown != char)
    note = "; control characters in it are shown as symbols" if hidden else ""
    yield f"text of attempt {draft.attempt}, {len(draft.text):,} characters{note}"
    yield from (f"  | {line}" for line in visible(draft.text).split("\n"))
    sources = (
        f"[{number}] {one_line(one.title)} {one_line(one.url)} (characters {one.start} to {one.end})"
        for number, one in enumerate(draft.citations, start=1)
    )
    yield from _part("citations", sources if draft.citations else ["none"])


def timeline_lines(record: JobRecord) -> Iterator[str]:
    """Show everything that happened."""
    yield from _part("timeline", (_entry(entry.at, entry.event, entry.text) for entry in record.timeline))


def review_document(record: JobRecord, draft: Deliverable) -> dict[str, Any]:
    """Give what a reviewer sees as one JSON object."""
    return {
        "job_id": record.job_id,
        "status": record.status,
        "reason": record.reason,
        "requester": record.requester,
        "digest": record.deliverable.digest if record.deliverable else None,
        "decide_by": record.review.due_at.isoformat() if record.review else None,
        "findings": [one.model_dump(mode="json") for one in record.deliverable.findings] if record.deliverable else [],
        "deliverable": draft.model_dump(mode="json"),
        "review": record.review.model_dump(mode="json") if record.review else None,
    }


def answer_lines(job_id: str, decision: Decision, answer: DecisionAnswer) -> Iterator[str]:
    """Tell a reviewer that the decision counts, and what follows."""
    said = "approval" if decision.kind is DecisionKind.APPROVE else "rejection"
    yield f"the {said} by {one_line(decision.reviewer)} counts; {job_id} is {answer.status}"
    if answer.status is JobStatus.AWAITING_REVIEW:
        yield "more approvals of the same digest are needed"
    elif not answer.status.is_closed:
        yield from _part("next, type", next_commands(job_id, answer.status, None))


def cancel_lines(job: JobDescription) -> Iterator[str]:
    """Tell what came of a cancel."""
    if job.status.is_closed:
        yield from ending_lines(job)
    else:
        yield f"{job.job_id} will be stopped; it is {job.status} until OpenAI has confirmed that its work ended"
        yield from _part("next, type", [typed("watch", job.job_id, "--until", "closed")])


def ending_lines(job: JobDescription) -> Iterator[str]:
    """Tell how a job stands when the waiting is over, and what to type next."""
    yield f"{job.job_id}: {job.status}, {one_line(job.reason)}"
    if job.status is JobStatus.NEEDS_ATTENTION:
        yield _fact("next action", f"{job.next_action}: {ACTIONS[job.next_action]}")
    yield from _part("next, type", next_commands(job.job_id, job.status, job.digest))


def _review_facts(review: Review, *, is_open: bool) -> Iterator[str]:
    yield _fact("digest", review.digest)
    if is_open:
        yield _fact("decide by", _due(review.due_at, datetime.now(UTC)))
    yield _fact("approvals", f"{len(set(review.approvers))} of {review.policy.approvals}")
    if review.policy.reviewers:
        yield _fact("reviewers", ", ".join(review.policy.reviewers))


def _destination(record: JobRecord) -> str:
    match record.destination:
        case File(folder=folder):
            return f"a file in the folder {folder} of the deployment"
        case Http(url=url):
            return f"POST to {url}"
        case _:
            return "nowhere: approval opens the result to the requester"


def _attempt(attempt: Attempt) -> str:
    words = [f"{attempt.number}", attempt.response_id or "no response", f"{attempt.response_status or 'not created'}"]
    words += [attempt.model] if attempt.model else []
    words += [_counted(attempt.looks, "look")] if attempt.looks else []
    words += [_counted(attempt.tool_calls, "tool call")] if attempt.tool_calls else []
    words += [f"{attempt.usage.total_tokens:,} tokens"] if attempt.usage else []
    words += [explained(attempt.failure)] if attempt.failure else []
    return one_line(", ".join(words))


def _decision(line: DecisionLine) -> str:
    outcome = "" if line.is_accepted else f" REFUSED: {line.reason}"
    comment = f' "{line.comment}"' if line.comment else ""
    return one_line(f"{moment(line.at)}  {line.kind} by {line.reviewer}{comment}{outcome}")


def _entry(at: datetime, event: str, text: str) -> str:
    return f"{moment(at)}  {event:<20}  {one_line(text)}"


def _due(at: datetime, now: datetime) -> str:
    return f"{moment(at)} ({'in ' + duration(at - now) if at > now else 'over'})"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _fact(name: str, text: str) -> str:
    return f"  {name:<12} {one_line(text)}"


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield title
        yield from (f"  {line}" for line in shown)
