"""Scenarios that differ in how a response ends, one small function each."""

from collections.abc import Callable
from typing import Annotated, Any

from signoff.simulator import items
from signoff.simulator.brief import write_brief
from signoff.simulator.errors import MESSAGES, MISALIGNMENT
from signoff.simulator.kinds import COUNT, Calls, Hint, Letters, Seconds, Size, Word, one_of
from signoff.simulator.script import Json, Run, Script
from signoff.simulator.structured import write_structured
from signoff.simulator.timeline import timeline

QUEUED, RUNNING = 0.5, 3.0
PARTIAL_CHARACTERS = 160
NEVER_SEEN = "never_seen_before"


def completed(
    *, queued: Seconds = QUEUED, running: Seconds = RUNNING, size: Size = 0, letters: Letters = "latin"
) -> Script:
    """End with a research brief that cites its sources."""
    return Script(timeline(queued, running), lambda run: brief(run, items.web_search(run), size=size, letters=letters))


def structured(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End with JSON in the asked `text.format`."""

    def ending(run: Run) -> Json:
        text_format = run.request.echo.get("text", {}).get("format") or {}
        text = write_structured(text_format, run.request.subject)
        return {"output": [items.reasoning(run), items.message(run, text)], "usage": items.usage(run, text)}

    return Script(timeline(queued, running), ending)


def failed(
    *,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
    code: Word = "server_error",
    hint: Hint = "11.054s",
    times: Annotated[int | None, COUNT] = None,
) -> Script:
    """End as failed with this code; HTTP stays 200, as at OpenAI."""
    error: dict[str, Any] = {"code": code, "message": _message(code, hint)}
    if code in MISALIGNMENT:
        error |= MISALIGNMENT[code]
    later = None if times is None else completed(queued=queued, running=running)
    return Script(timeline(queued, running, "failed"), lambda _run: {"error": error}, times=times, later=later)


def incomplete(*, queued: Seconds = QUEUED, running: Seconds = RUNNING, reason: Word = "max_output_tokens") -> Script:
    """End early with the first part of the brief."""

    def ending(run: Run) -> Json:
        text = write_brief(run.request.subject)[:PARTIAL_CHARACTERS]
        output = [items.reasoning(run), items.message(run, text, status="incomplete")]
        return {"output": output, "usage": items.usage(run, text), "incomplete_details": {"reason": reason}}

    return Script(timeline(queued, running, "incomplete"), ending)


def refusal(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End as completed with a message that declines."""
    text = "I'm sorry, but I can't help with that request."
    return _ends_with(lambda run: [items.refusal(run, text)], queued, running)


def empty(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End as completed with nothing but a reasoning item."""
    return _ends_with(lambda _run: [], queued, running)


def mcp_approval(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End as completed with a tool call that waits for someone's approval."""
    return _ends_with(lambda run: [items.mcp_approval_request(run)], queued, running)


def tool_failed(
    *,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
    tool: Annotated[str, one_of("web_search", "mcp")] = "web_search",
) -> Script:
    """End with the brief although a tool call failed."""

    def ending(run: Run) -> Json:
        tried = items.web_search(run, status="failed") if tool == "web_search" else items.failed_mcp_call(run)
        return brief(run, tried)

    return Script(timeline(queued, running), ending)


def clipped(*, queued: Seconds = QUEUED, running: Seconds = RUNNING, calls: Calls = 3) -> Script:
    """End with the brief after as many tool calls as were allowed; further ones were ignored."""

    def ending(run: Run) -> Json:
        allowed = run.request.echo.get("max_tool_calls", calls)
        searches = [items.web_search(run, nth) for nth in range(1, max(0, min(allowed, calls)) + 1)]
        return brief(run, *searches) | {"max_tool_calls": allowed}

    return Script(timeline(queued, running), ending)


def commentary(*, queued: Seconds = QUEUED, running: Seconds = RUNNING) -> Script:
    """End with a remark on the work before the final answer."""
    text = "I will look at the sources first and then write the brief."
    return Script(timeline(queued, running), lambda run: brief(run, items.commentary(run, text)))


def unknown(
    *,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
    what: Annotated[str, one_of("item", "status", "code")] = "item",
) -> Script:
    """End with something that no document mentions."""
    if what == "code":
        return failed(queued=queued, running=running, code=NEVER_SEEN)
    last = NEVER_SEEN if what == "status" else "completed"
    odd = {"id": "nsb_0", "type": NEVER_SEEN, "status": "completed"}
    return Script(timeline(queued, running, last), lambda run: brief(run, *([odd] if what == "item" else [])))


def brief(run: Run, *before: Json, size: int = 0, letters: str = "latin") -> Json:
    """Return an ending with the brief, and these items before it."""
    text = write_brief(run.request.subject, size, letters)
    output = [items.reasoning(run), *before, items.message(run, text)]
    return {"output": output, "usage": items.usage(run, text)}


def _ends_with(output: Callable[[Run], list[Json]], queued: float, running: float) -> Script:
    def ending(run: Run) -> Json:
        return {"output": [items.reasoning(run), *output(run)], "usage": items.usage(run)}

    return Script(timeline(queued, running), ending)


def _message(code: str, hint: str) -> str:
    if code == "rate_limit_exceeded":
        return f"{MESSAGES[code]} Please try again in {hint}."
    return MESSAGES.get(code, f"The simulator failed this response with {code}.")
