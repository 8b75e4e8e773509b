"""Reading what people typed into a message to a job.

A message whose input can't be decoded into a model is dropped by the SDK without a trace (signals) or answered
without a reason (updates), and one with too few or too many inputs stalls the workflow. So the handlers take
whatever comes, and this module reads it.
"""

from typing import Any, Final, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from signoff.domain.announcement import Announcement
    from signoff.domain.arrangement import Arrangement, ArrangementKind
    from signoff.domain.decision import Decision, DecisionKind
    from signoff.domain.errors import BadRequestError
    from signoff.domain.job import explain
    from signoff.domain.model import Input
    from signoff.domain.repair import Repair, RepairKind

M = TypeVar("M", bound=Input)

_DECISION: Final = '{"reviewer": "...", "digest": "sha256:...", "comment": "..."}'
_ARRANGEMENTS: Final = {
    ArrangementKind.CLAIM: '{"by": "..."}',
    ArrangementKind.RELEASE: '{"by": "..."}',
    ArrangementKind.DELEGATE: '{"by": "...", "to": "..."}',
    ArrangementKind.EXTEND: '{"by": "...", "due_at": "2026-12-24T12:00:00Z"}',
}
_REPAIRS: Final = {
    RepairKind.RETRY: '{"by": "...", "reason": "..."}',
    RepairKind.AMEND: '{"by": "...", "reason": "...", "response": {"max_output_tokens": 8000}}',
    RepairKind.ABANDON: '{"by": "...", "reason": "..."}',
    RepairKind.REDELIVER: '{"by": "...", "reason": "...", "delivery": 1, "destination": {"channel": "..."}}',
}


def read_decision(said: tuple[Any, ...], *, new_id: str, kind: DecisionKind | None = None) -> Decision:
    """Read a decision.

    Args:
        said: The inputs of the message; one object is right.
        new_id: The decision id where the message brings none.
        kind: What the message is, where its name says so.

    Raises:
        BadRequestError: It can't be read; the message says what to send.
    """
    given = {"kind": kind} if kind else {}
    return _read(Decision, said, _DECISION, {"decision_id": new_id}, given)


def read_arrangement(said: tuple[Any, ...], *, new_id: str, kind: ArrangementKind) -> Arrangement:
    """Read an arrangement, whose kind is the name of its message.

    Raises:
        BadRequestError: It can't be read; the message says what to send.
    """
    return _read(Arrangement, said, _ARRANGEMENTS[kind], {"arrangement_id": new_id}, {"kind": kind})


def read_repair(said: tuple[Any, ...], *, new_id: str, kind: RepairKind) -> Repair:
    """Read a repair, whose kind is the name of its message.

    Raises:
        BadRequestError: It can't be read; the message says what to send.
    """
    return _read(Repair, said, _REPAIRS[kind], {"repair_id": new_id}, {"kind": kind})


def read_announcement(said: tuple[Any, ...]) -> Announcement:
    """Read an announcement.

    Raises:
        BadRequestError: It can't be read; the message says what to send.
    """
    return _read(Announcement, said, '{"response_id": "resp_..."}', {}, {})


def update_id() -> str:
    """Give the id of the update that is being handled: a repeat of it has the same."""
    info = workflow.current_update_info()
    return info.id if info else str(workflow.uuid4())


def _read(model: type[M], said: tuple[Any, ...], example: str, defaults: dict[str, Any], given: dict[str, Any]) -> M:
    if len(said) != 1 or not isinstance(said[0], dict):
        msg = f"send one object: {example}"
        raise BadRequestError(msg)
    try:
        return model.model_validate({**defaults, **said[0], **given})
    except ValidationError as error:
        raise BadRequestError(explain(error)) from None
