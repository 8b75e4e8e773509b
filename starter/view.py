"""How a job is shown to people, as lines of text."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from signoff.domain.deliverable import Deliverable
from signoff.domain.description import JobDescription
from signoff.domain.record import Attempt, JobRecord
from signoff.domain.review import DecisionLine, Review
from signoff.domain.status import JobStatus
from starter.advice import ACTIONS, decisions, explained, next_commands
from starter.plain import duration, moment, one_line, visible


def job_lines(job: JobDescription, record: JobRecord | None) -> Iterator[str]:
    """Show where a job stands, everything that happened to it, and what to type next."""
    yield from description_lines(job)
    if record:
        yield from _part("attempts", map(_attempt, record.attempts))
        yield from _part("decisions", map(_decision, record.review.lines if record.review else ()))
        yield from _part("timeline", (_entry(entry.at, entry.event, entry.text) for entry in record.timeline))
    yield from _part("next, type", next_commands(job.job_id, job.status, job.digest))


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
            "response", f"{job.response_id} ({job.response_status}), attempt {job.attempt}, {_looks(job.looks)}"
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


def _review_facts(review: Review, *, is_open: bool) -> Iterator[str]:
    yield _fact("digest", review.digest)
    if is_open:
        yield _fact("decide by", _due(review.due_at, datetime.now(UTC)))
    yield _fact("approvals", f"{len(set(review.approvers))} of {review.policy.approvals}")
    if review.policy.reviewers:
        yield _fact("reviewers", ", ".join(review.policy.reviewers))


def _attempt(attempt: Attempt) -> str:
    words = [f"{attempt.number}", attempt.response_id or "no response", f"{attempt.response_status or 'not created'}"]
    words += [attempt.model] if attempt.model else []
    words += [_looks(attempt.looks)] if attempt.looks else []
    words += [f"{attempt.tool_calls} tool calls"] if attempt.tool_calls else []
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


def _looks(count: int) -> str:
    return "1 look" if count == 1 else f"{count} looks"


def _fact(name: str, text: str) -> str:
    return f"  {name:<12} {one_line(text)}"


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield title
        yield from (f"  {line}" for line in shown)
