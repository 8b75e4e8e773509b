"""How decisions change a record. A refused one is a line in it as well; nothing is dropped."""

from datetime import datetime

from signoff.domain.change import changed, explained, may_note_refusal, moved, noted, refusal_noted
from signoff.domain.record import JobRecord
from signoff.domain.review import Decision, DecisionAnswer, DecisionLine, line_for, objection
from signoff.domain.status import JobStatus


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
    return refusal_noted(record, "decision", f"a decision could not be read: {why}", at)


def _after_decision(record: JobRecord, line: DecisionLine) -> JobRecord:
    review = record.review
    if review is None or not (review.is_rejected or review.is_approved):
        return explained(record, f"{line.reviewer} approved; more approvals are needed")
    if review.is_rejected:
        record = moved(record, JobStatus.REJECTED, f"rejected by {line.reviewer}: {line.comment}", line.at)
        return noted(record, "job.rejected", record.reason, line.at)
    record = moved(record, JobStatus.DELIVERING, f"approved by {', '.join(review.approvers)}", line.at)
    return noted(record, "delivery.begun", "the approved bytes are on their way", line.at)


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
