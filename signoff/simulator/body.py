"""The body of a response at one moment."""

import re

from signoff.simulator.script import OPEN_STATUSES, Json, Run
from signoff.simulator.stored import StoredResponse

MODEL_DATE = "2026-08-01"
_UNFINISHED = (*OPEN_STATUSES, "cancelled")
_DEFAULTS: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "service_tier": "default",
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
}


def response_body(response: StoredResponse, now: float, include: frozenset[str] = frozenset()) -> Json:
    """Return the body as OpenAI would send it at this time.

    Usage is left out until there is one: OpenAI's published schema does not allow it to be null.
    """
    state = response.state(now)
    echo = response.request.echo
    body: Json = {
        "id": response.id,
        "object": "response",
        "created_at": int(response.created_at),
        "status": state.status,
        "background": True,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "metadata": response.request.metadata,
        "model": dated(response.request.model),
        "output": [],
        **_DEFAULTS,
        **echo,
        "reasoning": {"effort": "medium", "summary": None} | echo.get("reasoning", {}),
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | echo.get("text", {}),
    }
    if state.status == "completed":
        body["completed_at"] = int(response.created_at + state.since)
    if state.status not in _UNFINISHED:
        body |= response.script.ending(Run(response.id, response.request, response.request.include | include))
    return body


def dated(model: str) -> str:
    """Return the model as OpenAI names the one that it really used: with a date."""
    return model if re.search(r"-\d{4}-\d{2}-\d{2}$", model) else f"{model}-{MODEL_DATE}"
