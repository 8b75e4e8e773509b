"""What a reviewer is told about a decision or an arrangement: whether it counts, and what follows."""

from collections.abc import Iterator
from typing import Any, Final

from signoff.domain.arrangement import Arrangement, ArrangementAnswer, ArrangementKind
from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind
from signoff.domain.status import JobStatus
from starter.advice import next_steps, typed
from starter.lines import part
from starter.plain import moment, one_line

_SAID: Final = {
    DecisionKind.APPROVE: "approval",
    DecisionKind.REJECT: "rejection",
    DecisionKind.REQUEST_CHANGES: "request for changes",
    DecisionKind.APPROVE_EDITED: "approval of the edited text",
}
_STILL_NEEDED: Final = {
    DecisionKind.APPROVE: "more approvals of the same digest are needed",
    DecisionKind.REJECT: "more rejections of the same digest are needed before it closes",
}


def decision_lines(job_id: str, decision: Decision, answer: DecisionAnswer) -> Iterator[str]:
    """Tell a reviewer that the decision counts, and what follows."""
    yield f"the {_SAID[decision.kind]} by {one_line(decision.reviewer)} counts; {job_id} is {answer.status}"
    if answer.status is JobStatus.AWAITING_REVIEW:
        yield _STILL_NEEDED.get(decision.kind, f"more approvals are needed, now of {decision.edited_digest}")
    elif not answer.status.is_closed:
        yield from part("next, type", (step.command for step in next_steps(job_id, answer.status)))


def pending_lines(job_id: str, decision: Decision, answer: DecisionAnswer) -> Iterator[str]:
    """Tell a reviewer that the decision is safe, and that nobody knows yet whether it counts."""
    yield f"the {_SAID[decision.kind]} by {one_line(decision.reviewer)} is recorded, and will be applied"
    yield f"  no worker answers now; until one does {job_id} is {answer.status}, and the rules may still refuse it"
    yield from part("whether it counts is there once a worker runs", [typed("show", job_id)])


def decision_document(job_id: str, decision: Decision, answer: DecisionAnswer) -> dict[str, Any]:
    """Give the answer to a decision as one JSON object."""
    edited = {"edited_digest": decision.edited_digest} if decision.edited_digest else {}
    return {"job_id": job_id, "decision_id": decision.decision_id, **edited, **answer.model_dump(mode="json")}


def arrangement_lines(job_id: str, arrangement: Arrangement) -> Iterator[str]:
    """Tell that something is arranged, and what it means."""
    by = one_line(arrangement.by)
    match arrangement.kind:
        case ArrangementKind.CLAIM:
            yield f"{by} is on {job_id}; the others see it, and may decide all the same"
        case ArrangementKind.RELEASE:
            yield f"{by} is on {job_id} no more"
        case ArrangementKind.DELEGATE:
            yield f"{one_line(str(arrangement.to))} may decide on {job_id} in place of {by}"
        case ArrangementKind.EXTEND if arrangement.due_at:
            yield f"the review of {job_id} ends at {moment(arrangement.due_at)}"


def arrangement_document(job_id: str, arrangement: Arrangement, answer: ArrangementAnswer) -> dict[str, Any]:
    """Give the answer to an arrangement as one JSON object."""
    due = {"due_at": arrangement.due_at.isoformat()} if arrangement.due_at else {}
    return {
        "job_id": job_id,
        "arrangement_id": arrangement.arrangement_id,
        "kind": arrangement.kind,
        **due,
        **answer.model_dump(mode="json"),
    }


def repeated_arrangement(job_id: str, arrangement: Arrangement) -> str:
    """The command that sends the same arrangement again."""
    words = ["--to", arrangement.to] if arrangement.to else []
    words += ["--until", arrangement.due_at.isoformat()] if arrangement.due_at else []
    words += ["--reason", arrangement.reason] if arrangement.reason else []
    who = ["--as", arrangement.by, "--arrangement-id", arrangement.arrangement_id]
    return typed(arrangement.kind, job_id, *words, *who)
