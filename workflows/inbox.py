"""Reading what people typed into a signal."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from signoff.domain.job import explain
    from signoff.domain.review import Decision, DecisionKind


def read_decision(kind: DecisionKind, said: tuple[Any, ...], *, new_id: str) -> Decision | str:
    """Read a decision, or say why it can't be read.

    A signal whose input can't be decoded would be dropped without a trace, and one with too few or too many
    inputs would stall the workflow, so the handlers take whatever comes and leave the reading to this.
    """
    if len(said) != 1 or not isinstance(said[0], dict):
        return 'send one object: {"reviewer": "...", "digest": "sha256:...", "comment": "..."}'
    try:
        return Decision.model_validate({"decision_id": new_id, **said[0], "kind": kind})
    except ValidationError as error:
        return explain(error)
