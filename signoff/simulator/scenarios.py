"""The scenarios, one small function each.

To add one: write the function, add it to `SCENARIOS`, and add its line to the table in README.md.
"""

import math
from typing import Annotated

from signoff.simulator import items
from signoff.simulator.brief import write_brief
from signoff.simulator.errors import ApiError
from signoff.simulator.language import (
    SECONDS,
    Count,
    ErrorStatus,
    Scenario,
    Seconds,
    Size,
    Word,
    one_of,
    scenario,
)
from signoff.simulator.script import Interruption, Json, Run, Script, Visit, timeline
from signoff.simulator.structured import write_structured

DEFAULT = "completed"
QUEUED, RUNNING = 0.5, 3.0
PARTIAL_CHARACTERS = 160

_MESSAGES = {
    "server_error": "The server had an error while processing your request. Sorry about that!",
    "rate_limit_exceeded": "Rate limit reached for requests.",
    "insufficient_quota": "You exceeded your current quota, please check your plan and billing details.",
    "invalid_api_key": "Incorrect API key provided.",
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded", 500: "server_error"}


def _cited(run: Run, text: str) -> Json:
    output = [items.reasoning(run), items.web_search(run), items.message(run, text)]
    return {"output": output, "usage": items.usage(run, text)}


def completed(*, queued: Seconds = QUEUED, running: Seconds = RUNNING, size: Size = 0) -> Script:
    """End with a research brief that cites its sources."""
    return Script(timeline(queued, running), lambda run: _cited(run, write_brief(run.request.subject, size)))


def structured(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End with JSON in the asked `text.format`."""

    def ending(run: Run) -> Json:
        text_format = run.request.echo.get("text", {}).get("format") or {}
        text = write_structured(text_format, run.request.subject)
        return {"output": [items.reasoning(run), items.message(run, text)], "usage": items.usage(run, text)}

    return Script(timeline(queued, running), ending)


def failed(*, queued: Seconds = QUEUED, running: Seconds = RUNNING, code: Word = "server_error") -> Script:
    """End as failed with this code; HTTP stays 200, as at OpenAI."""
    error = {"code": code, "message": _MESSAGES.get(code, f"The simulator failed this response with {code}.")}
    return Script(timeline(queued, running, "failed"), lambda _run: {"error": error})


def incomplete(
    *,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
    reason: Annotated[str, one_of("max_output_tokens", "content_filter")] = "max_output_tokens",
) -> Script:
    """End early with the first part of the brief."""

    def ending(run: Run) -> Json:
        text = write_brief(run.request.subject)[:PARTIAL_CHARACTERS]
        output = [items.reasoning(run), items.message(run, text, status="incomplete")]
        return {"output": output, "usage": items.usage(run, text), "incomplete_details": {"reason": reason}}

    return Script(timeline(queued, running, "incomplete"), ending)


def refusal(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End as completed with a message that declines."""

    def ending(run: Run) -> Json:
        text = "I'm sorry, but I can't help with that request."
        return {"output": [items.reasoning(run), items.refusal(run, text)], "usage": items.usage(run, text)}

    return Script(timeline(queued, running), ending)


def empty(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End as completed with nothing but a reasoning item."""
    return Script(timeline(queued, running), lambda run: {"output": [items.reasoning(run)], "usage": items.usage(run)})


def stuck() -> Script:
    """Stay queued for ever."""
    return Script(timeline(math.inf, 0), lambda _run: {})


def error(  # noqa: PLR0913 -- each argument is a key of the scenario
    *,
    status: ErrorStatus = 500,
    code: Word = "",
    retry_after: Annotated[float | None, SECONDS] = None,
    times: Count = 1,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
) -> Script:
    """Refuse the first creates of a job, then go on as `completed`."""
    code = code or _CODES.get(status, "server_error" if status >= 500 else "invalid_request")  # noqa: PLR2004 -- HTTP's border
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    refused = ApiError(status, _MESSAGES.get(code, f"The simulator refused this create with {code}."), code=code)

    def interrupt(visit: Visit) -> Interruption | None:
        if visit.operation != "create" or visit.nth > times:
            return None
        return Interruption(refused.answer(headers))

    healthy = completed(queued=queued, running=running)
    return Script(healthy.state_at, healthy.ending, interrupt)


SCENARIOS: dict[str, Scenario] = {
    each.name: each for each in map(scenario, (completed, structured, failed, incomplete, refusal, empty, stuck, error))
}
