"""What a reviewer sees: what will be delivered, with what was noticed about it, and what came of a decision."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind
from signoff.domain.deliverable import Deliverable
from signoff.domain.delivery import File, Http
from signoff.domain.record import JobRecord
from signoff.domain.review import Review
from signoff.domain.status import JobStatus
from starter.advice import decisions, next_steps
from starter.lines import due, fact, part
from starter.plain import one_line, visible
from starter.story import decision_lines


def review_lines(record: JobRecord, draft: Deliverable) -> Iterator[str]:
    """Show exactly what will be delivered if it is approved, what was noticed about it, and how to decide."""
    yield record.job_id if record.title == record.job_id else f"{record.job_id}: {one_line(record.title)}"
    yield fact("status", f"{record.status}, {record.reason}")
    yield fact("requester", record.requester)
    yield fact("goes to", _destination(record))
    if record.review:
        yield from _review_facts(record.review, is_open=record.status is JobStatus.AWAITING_REVIEW)
    findings = record.deliverable.findings if record.deliverable else ()
    noticed = (f"{one.kind}: {one_line(one.message)}" for one in findings)
    yield from part("noticed", noticed if findings else ["nothing"])
    yield from draft_lines(draft)
    yield from decision_lines(record)
    if record.review and record.status is JobStatus.AWAITING_REVIEW:
        yield from part("to decide, type", decisions(record.job_id, record.review.digest))


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
    yield from part("citations", sources if draft.citations else ["none"])


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
        yield from part("next, type", (step.command for step in next_steps(job_id, answer.status)))


def _review_facts(review: Review, *, is_open: bool) -> Iterator[str]:
    yield fact("digest", review.digest)
    if is_open:
        yield fact("decide by", due(review.due_at, datetime.now(UTC)))
    yield fact("approvals", f"{len(set(review.approvers))} of {review.policy.approvals}")
    if review.policy.reviewers:
        yield fact("reviewers", ", ".join(review.policy.reviewers))


def _destination(record: JobRecord) -> str:
    match record.destination:
        case File(folder=folder):
            return f"a file in the folder {folder} of the deployment"
        case Http(url=url):
            return f"POST to {url}"
        case _:
            return "nowhere: approval opens the result to the requester"
