"""Reading what people typed into a message to a job.

A message whose input can't be decoded into a model is dropped by the SDK without a trace (signals) or answered
without a reason (updates), and one with too few or too many inputs stalls the workflow. So the handlers take
whatever comes, and this module reads it.
"""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from signoff.domain.errors import BadRequestError
    from signoff.domain.job import explain
    from signoff.domain.review import Decision, DecisionKind


def read_decision(said: tuple[Any, ...], *, new_id: str, kind: DecisionKind | None = None) -> Decision:
    """Read a decision.

    Args:
        said: The inputs of the message; one object is right.
        new_id: The decision id where the message brings none.
        kind: What the message is, where its name says so.

    Raises:
        BadRequestError: It can't be read; the message says what to send.
    """
    if len(said) != 1 or not isinstance(said[0], dict):
        msg = 'send one object: {"reviewer": "...", "digest": "sha256:...", "comment": "..."}'
        raise BadRequestError(msg)
    given = {"kind": kind} if kind else {}
    try:
        return Decision.model_validate({"decision_id": new_id, **said[0], **given})
    except ValidationError as error:
        raise BadRequestError(explain(error)) from None


def update_id() -> str:
    """Give the id of the update that is being handled: a repeat of it has the same."""
    info = workflow.current_update_info()
    return info.id if info else str(workflow.uuid4())
