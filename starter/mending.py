"""What an operator is told about a repair: what follows, what it costs, what to type next."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from signoff.domain.repair import Repair, RepairAnswer, RepairKind
from signoff.domain.status import JobStatus
from starter.advice import Step, next_steps, typed
from starter.plain import one_line
from starter.view import step_lines

_FOLLOWS: Final = {
    JobStatus.DELIVERING: "the approved bytes are delivered again; nothing is generated or paid",
    JobStatus.RUNNING: "its response is looked at; nothing new is paid",
    JobStatus.QUEUED: "a new attempt is made, which is paid if OpenAI takes it",
    JobStatus.AWAITING_REVIEW: "it has gone on already, and a result is held for review",
    JobStatus.NEEDS_ATTENTION: "it has gone on already, and has stopped again",
}
_TAKEN: Final = {
    RepairKind.RETRY: "is retried",
    RepairKind.AMEND: "is amended",
    RepairKind.ABANDON: "is given up",
    RepairKind.REDELIVER: "is delivered again",
}


def repeated(job_id: str, repair: Repair, options: Sequence[str]) -> str:
    """The command that sends the same repair again."""
    reason = ["--reason", repair.reason] if repair.reason else []
    return typed(repair.kind, job_id, *options, *reason, "--as", repair.by, "--repair-id", repair.repair_id)


def follows(repair: Repair, answer: RepairAnswer) -> str:
    """Say what comes of a repair that was taken, and whether that costs anything."""
    if answer.status.is_closed:
        return "it has closed"
    if repair.kind is RepairKind.REDELIVER and answer.status is JobStatus.AWAITING_REVIEW:
        return "people approve where it goes first; the bytes stay as they were approved"
    if repair.kind is RepairKind.ABANDON:
        return "it ends as failed, once nothing of it runs at OpenAI any more"
    return _FOLLOWS[answer.status]


def answer_lines(job_id: str, repair: Repair, answer: RepairAnswer) -> Iterator[str]:
    """Tell that a repair was taken, what follows, and what to type next."""
    yield f"{job_id} {_TAKEN[repair.kind]} by {one_line(repair.by)}; it is {answer.status}"
    yield f"  {follows(repair, answer)}"
    yield from step_lines(_next(job_id, repair, answer))


def answer_document(job_id: str, repair: Repair, answer: RepairAnswer) -> dict[str, Any]:
    """Give the answer to a repair as one JSON object."""
    told = {"follows": follows(repair, answer)} if answer.is_accepted else {}
    return {"job_id": job_id, "repair_id": repair.repair_id, **answer.model_dump(mode="json"), **told}


def refusal(job_id: str, repair: Repair, answer: RepairAnswer) -> str:
    """Say why a repair was refused, and where the job stands."""
    shown = typed("show", job_id)
    return f"the {repair.kind} was refused: {answer.reason}; see where the job stands with: {shown}"


def announcement_lines(job_id: str, response_id: str) -> Iterator[str]:
    """Tell what comes of an announcement."""
    yield f"{job_id} was told of {response_id}, and looks at it"
    yield "  if it waits for that response, it goes on with it; else it stops it and lists it as a stray"
    yield from step_lines([Step(typed("show", job_id), "what came of it")])


def _next(job_id: str, repair: Repair, answer: RepairAnswer) -> list[Step]:
    if repair.kind is RepairKind.ABANDON and not answer.status.is_closed:
        return [Step(typed("watch", job_id, "--until", "closed"))]
    return next_steps(job_id, answer.status)
