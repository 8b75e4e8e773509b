"""The create request: checked as OpenAI checks it, and cut down to what answers need."""

from dataclasses import dataclass
from typing import Any

from signoff.simulator.checks import FIELD_TYPES, check_metadata, check_strings, check_types
from signoff.simulator.errors import invalid

SUBJECT_CHARACTERS = 200
_NOT_ECHOED = ("model", "input", "background", "store", "stream", "include", "metadata", "conversation")


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """What is kept of a create; the input is not, so that many large requests fit into memory.

    Attributes:
        subject: The first characters of the question, in one line.
        input_characters: The length of question and instructions, from which usage is estimated.
        echo: The settings that every body of the response repeats.
    """

    model: str
    metadata: dict[str, str]
    subject: str
    input_characters: int
    include: frozenset[str]
    echo: dict[str, Any]


def check_create(body: dict[str, Any]) -> CreateRequest:
    """Return the request in this body.

    Raises:
        ApiError: 400 for what OpenAI refuses, and for what only OpenAI can play.
    """
    given = {key: value for key, value in body.items() if value is not None}
    check_types(given)
    _check_mode(given)
    metadata = given.get("metadata", {})
    check_metadata(metadata)
    question = _question(given.get("input", ""))
    return CreateRequest(
        model=given["model"],
        metadata=metadata,
        subject="".join(" " if sign.isspace() else sign for sign in question[:SUBJECT_CHARACTERS]),
        input_characters=len(question) + len(given.get("instructions", "")),
        include=frozenset(check_strings("include", given.get("include", []))),
        echo=_echo(given),
    )


def _check_mode(given: dict[str, Any]) -> None:
    if not given.get("model"):
        raise invalid("Missing required parameter: 'model'.", code="missing_required_parameter", param="model")
    if not given.keys() & {"input", "previous_response_id", "prompt", "conversation"}:
        message = "One of 'input', 'previous_response_id', 'prompt' or 'conversation' must be provided."
        raise invalid(message, code="missing_required_parameter", param="input")
    if not given.get("background"):
        raise invalid("The simulator plays background mode only: send background=true.", param="background")
    if given.get("stream"):
        raise invalid("The simulator plays background mode without streams: leave stream out.", param="stream")
    if not given.get("store", True):
        raise invalid("Background mode requires store=true.", param="store")


def _echo(given: dict[str, Any]) -> dict[str, Any]:
    echo = {name: given[name] for name in FIELD_TYPES if name in given and name not in _NOT_ECHOED}
    conversation = given.get("conversation")
    if conversation is not None:
        echo["conversation"] = {"id": conversation} if isinstance(conversation, str) else conversation
    return echo


def _question(given: str | list[Any]) -> str:
    if isinstance(given, str):
        return given
    messages = [item for item in given if isinstance(item, dict) and item.get("role") == "user"]
    return _text_of(messages[-1].get("content")) if messages else ""


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
