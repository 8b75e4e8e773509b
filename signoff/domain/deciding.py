"""How decisions change a record. A refused one is a line in it as well; nothing is dropped."""

from collections.abc import Iterator
from datetime import datetime

from signoff.domain import delivering
from signoff.domain.change import changed, explained, may_note_refusal, moved, noted, refusal_noted
from signoff.domain.decision import UNEXAMINED, Decision, DecisionAnswer, DecisionKind, DecisionLine, Examined, line_for
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.model import counted
from signoff.domain.objections import objection
from signoff.domain.record import JobRecord
from signoff.domain.review import Review
from signoff.domain.rework import Rework
from signoff.domain.status import JobStatus


def decided(
    record: JobRecord, decision: Decision, at: datetime, examined: Examined = UNEXAMINED
) -> tuple[JobRecord, DecisionLine]:
    """Take a decision, or refuse it with a reason; either way it is a line in the record.

    A decision that a review of the job knows gets its first answer again, and the record stays as it is. Before
    anything is held none is remembered, since there are no bytes yet that it could be about.

    Args:
        record: The job so far.
        decision: What was said.
        at: When it arrived, which is what the end of the review is held against.
        examined: What was found out about it outside.
    """
    namesakes = [line for line in _lines(record) if line.decision_id == decision.decision_id]
    if known := next((line for line in namesakes if line.is_of(decision)), None):
        return record, known
    review = record.review
    if namesakes:
        reason = f"the decision id {decision.decision_id} belongs to another decision; choose a new one"
    elif review is None or record.status is not JobStatus.AWAITING_REVIEW:
        reason = _not_awaiting(record)
    else:
        reason = objection(review, decision, at, examined, record.rework_rounds)
    line = line_for(decision, at, reason)
    record = _with_line(record, line)
    return (record if reason else _after_decision(record, line, examined)), line


def may_count(record: JobRecord, decision: Decision, at: datetime) -> bool:
    """Whether a decision would be taken if all that can be found out about it were well."""
    edit = decision.edited_digest
    found = Examined(edit=DeliverableRef(digest=edit, size_bytes=0, attempt=0)) if edit else UNEXAMINED
    after, line = decided(record, decision, at, found)
    return line.is_accepted and after is not record


def is_known(record: JobRecord, decision: Decision) -> bool:
    """Whether a decision has its answer already."""
    return any(line.is_of(decision) for line in _lines(record))


def answer_when_closed(record: JobRecord, decision: Decision) -> DecisionAnswer:
    """Answer a decision on a job that takes none any more: the first answer again, or why it is refused."""
    _, line = decided(record, decision, record.since)
    return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=record.status, at=line.at)


def decision_unreadable(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Write down a message that was meant as a decision but can't be read as one."""
    return refusal_noted(record, "decision", f"a decision could not be read: {why}", at)


def _lines(record: JobRecord) -> Iterator[DecisionLine]:
    for review in record.reviews:
        yield from review.lines


def _after_decision(record: JobRecord, line: DecisionLine, examined: Examined) -> JobRecord:
    if line.kind == DecisionKind.REQUEST_CHANGES:
        return _reworked(record, line)
    if examined.edit and line.kind == DecisionKind.APPROVE_EDITED:
        record = _edited(record, examined.edit, line)
    review = record.opened_review
    if review.is_rejected:
        record = moved(record, JobStatus.REJECTED, f"rejected by {_all(review, line)}: {line.comment}", line.at)
        return noted(record, "job.rejected", record.reason, line.at)
    if review.is_approved:
        record = moved(record, JobStatus.DELIVERING, f"approved by {', '.join(review.approvers)}", line.at)
        # Another delivery may have stopped before people were asked where this one goes.
        record = delivering.with_next_action(record)
        return noted(record, "delivery.begun", "the approved bytes are on their way", line.at)
    return explained(record, _still_needed(review, line))


def _still_needed(review: Review, line: DecisionLine) -> str:
    if line.kind == DecisionKind.REJECT:
        return f"{line.reviewer} rejected it; {counted(review.policy.reject_after, 'rejection')} close the job"
    how = "approved it as edited" if line.kind == DecisionKind.APPROVE_EDITED else "approved"
    return f"{line.reviewer} {how}; more approvals are needed"


def _all(review: Review, last: DecisionLine) -> str:
    against = [line.reviewer for line in review.lines if line.rejects(review.digest)]
    return ", ".join(against) or last.reviewer


def _edited(record: JobRecord, edit: DeliverableRef, line: DecisionLine) -> JobRecord:
    """Hold the changed deliverable in place of what it was made from, which stays in the list of drafts."""
    edit = edit.model_copy(update={"author": line.reviewer, "replaces": line.digest, "held_at": line.at})
    review = record.opened_review.model_copy(update={"digest": edit.digest})
    record = changed(record, deliverable=edit, review=review, drafts=(*record.drafts, edit))
    return noted(record, "review.edited", f"{line.reviewer} edited it: {edit.digest}", line.at)


def _reworked(record: JobRecord, line: DecisionLine) -> JobRecord:
    """Go back into the queue for another draft, with the reviewer's words as a new turn."""
    held = record.deliverable
    rework = Rework(
        round=record.rework_rounds + 1,
        previous_response_id=record.response_id,
        comment=line.comment,
        by=line.reviewer,
        edited_digest=held.digest if held and held.author else None,
        digest=line.digest,
    )
    reason = f"{line.reviewer} asked for changes; attempt {len(record.attempts) + 1} makes them"
    record = changed(record, rework=rework, not_before=None, failure=None, judged_from=len(record.attempts))
    record = moved(record, JobStatus.QUEUED, reason, line.at)
    return noted(record, "review.changes_requested", f"{line.reviewer}: {line.comment}", line.at)


def _with_line(record: JobRecord, line: DecisionLine) -> JobRecord:
    is_listed = line.is_accepted or may_note_refusal(record)
    if is_listed and record.review is not None:
        record = changed(record, review=record.review.model_copy(update={"lines": (*record.review.lines, line)}))
    said = f"{line.reviewer}: {line.kind} {line.digest}"
    if line.is_accepted:
        return noted(record, "decision.taken", said, line.at)
    return refusal_noted(record, "decision", f"{said}, refused: {line.reason}", line.at)


def _not_awaiting(record: JobRecord) -> str:
    if record.is_closed:
        return f"the job is closed ({record.status}: {record.reason})"
    if record.status is JobStatus.DELIVERING:
        return f"the decision has been made ({record.reason})"
    return f"nothing is held for review; the job is {record.status}"
