"""What a reviewer sees: what will be delivered, with what was noticed about it, and how to decide."""

from collections.abc import Iterator
from typing import Any, Final

from signoff.domain.deliverable import Deliverable
from signoff.domain.record import JobRecord
from signoff.domain.repair import Change, RepairKind
from signoff.domain.status import JobStatus
from starter.advice import decisions, typed
from starter.evidence import behind_lines
from starter.lines import fact, part
from starter.panel import review_facts, standing_document
from starter.plain import one_line, visible
from starter.rounds import draft_documents, earlier_lines
from starter.story import arrangement_lines, decision_lines

SHOWN_LIMIT: Final = 200_000
"""How many characters of a text are shown on a terminal, which is slow and remembers few lines."""


def review_lines(record: JobRecord, draft: Deliverable) -> Iterator[str]:
    """Show exactly what will be delivered if it is approved, what was noticed about it, and how to decide."""
    yield record.job_id if record.title == record.job_id else f"{record.job_id}: {one_line(record.title)}"
    yield fact("status", f"{record.status}, {record.reason}")
    yield fact("requester", record.requester)
    yield from (fact("goes to", told) for told in goes_to(record))
    if record.review and record.review.redirect:
        yield fact("asked is", "only where it goes, since these bytes were approved before")
        yield from (
            fact("it changed", f"{one.parameter}: {one.before} -> {one.after}") for one in last_redirect(record)
        )
    if record.review:
        yield from review_facts(record, record.review)
    findings = record.deliverable.findings if record.deliverable else ()
    noticed = (f"{one.kind}: {one_line(one.message)}" for one in findings)
    yield from part("noticed", noticed if findings else ["nothing"])
    yield from behind_lines(record, draft)
    yield from draft_lines(draft)
    yield from earlier_lines(record)
    yield from decision_lines(record)
    yield from arrangement_lines(record)
    if record.review and record.status is JobStatus.AWAITING_REVIEW:
        yield from part("to decide, type", decisions(record.job_id, record.review.digest, record.review.redirect))


def draft_lines(draft: Deliverable) -> Iterator[str]:
    """Show a deliverable. Each line of its text is marked, so that no text can pass for a line of ours."""
    text = draft.text[:SHOWN_LIMIT]
    hidden = sum(1 for shown, char in zip(visible(text), text, strict=False) if shown != char)
    note = "; control characters in it are shown as symbols" if hidden else ""
    by = f" as {one_line(draft.edited_by)} edited it" if draft.edited_by else ""
    yield f"text of attempt {draft.attempt}{by}, {len(draft.text):,} characters{note}"
    yield from (f"  | {line}" for line in visible(text).split("\n"))
    if len(text) < len(draft.text):
        yield f"  these are the first {SHOWN_LIMIT:,} characters; for all of them, type"
        yield f"    {typed('review', draft.job_id, '--json')}"
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
        "deliveries": [one.model_dump(mode="json") for one in record.handovers],
        "review": record.review.model_dump(mode="json") if record.review else None,
        "drafts": draft_documents(record),
        **(standing_document(record, record.review) if record.review else {}),
    }


def goes_to(record: JobRecord) -> list[str]:
    """Say where the result goes once it is approved; numbered where it goes to several places."""
    told = [delivery.destination.told for delivery in record.handovers]
    return told if len(told) == 1 else [f"{number}. {one}" for number, one in enumerate(told, 1)]


def last_redirect(record: JobRecord) -> tuple[Change, ...]:
    """Give what the last redelivery changed about where the result goes."""
    taken = (line for line in reversed(record.repairs) if line.is_accepted and line.kind == RepairKind.REDELIVER)
    return next((line.changes for line in taken if line.changes), ())
