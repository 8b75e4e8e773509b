"""Another draft after a reviewer's words: which turn follows on which response."""

from collections.abc import Mapping
from typing import Any, Final

from signoff.domain.deliverable import Digest
from signoff.domain.model import Value

_CONVERSATION: Final = "conversation"


class Rework(Value):
    """Why the attempts from here on are made: what a reviewer asked to have changed.

    `previous_response_id` is the response whose draft was seen. `edited_digest` names that draft where a reviewer
    had changed it, so that its text is not the response's.
    """

    round: int
    previous_response_id: str
    comment: str
    by: str
    edited_digest: Digest | None = None


def with_turn(parameters: Mapping[str, Any], rework: Rework, edited_text: str | None = None) -> dict[str, Any]:
    """Make the parameters of the next turn: the reviewer's words, after the response that they are about.

    Everything else stays as the request has it, so tools and instructions hold for the new draft too. In a
    conversation the turn follows by itself. `edited_text` is what the reviewer saw where it was not the response's.
    """
    turn = rework.comment
    if edited_text is not None:
        turn = f"A reviewer changed your answer to this:\n\n{edited_text}\n\nChange it further: {rework.comment}"
    following = {**parameters, "input": [{"role": "user", "content": turn}]}
    if not parameters.get(_CONVERSATION):
        following["previous_response_id"] = rework.previous_response_id
    return following
