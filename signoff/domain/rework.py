"""Another draft after a reviewer's words: which turn follows on which response."""

from collections.abc import Mapping
from typing import Any, Final

from signoff.domain.deliverable import Digest
from signoff.domain.model import Value

_CONVERSATION: Final = "conversation"


class Rework(Value):
    """Why the attempts from here on are made: what a reviewer asked to have changed.

    `previous_response_id` is the response whose draft was seen, and `digest` that draft. `edited_digest` names it where
    a reviewer had changed it, so that its text is not the response's. `is_standalone` says that the provider has
    forgotten the response, so that the turn must carry what was seen itself.
    """

    round: int
    previous_response_id: str
    comment: str
    by: str
    edited_digest: Digest | None = None
    digest: str = ""
    is_standalone: bool = False

    @property
    def needs_text(self) -> bool:
        """Whether the turn quotes the draft that was seen."""
        return self.is_standalone or self.edited_digest is not None


def with_turn(parameters: Mapping[str, Any], rework: Rework, seen_text: str | None = None) -> dict[str, Any]:
    """Make the parameters of the next turn: the reviewer's words, after the response that they are about.

    Everything else stays as the request has it, so tools and instructions hold for the new draft too. In a
    conversation the turn follows by itself. `seen_text` is what the reviewer saw, where the turn `needs_text`.
    """
    turn = rework.comment
    if rework.is_standalone:
        answered = [{"role": "assistant", "content": seen_text or ""}, {"role": "user", "content": turn}]
        return {**parameters, "input": [*_asked(parameters.get("input")), *answered]}
    if seen_text is not None:
        turn = f"A reviewer changed your answer to this:\n\n{seen_text}\n\nChange it further: {rework.comment}"
    following = {**parameters, "input": [{"role": "user", "content": turn}]}
    if not parameters.get(_CONVERSATION):
        following["previous_response_id"] = rework.previous_response_id
    return following


def _asked(given: object) -> list[Any]:
    """Write what was asked for as a list, whichever of its two forms it has."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return list(given) if isinstance(given, list) else []
