"""The output items and the usage of a response."""

import hashlib

from signoff.simulator.brief import PAGES, cite
from signoff.simulator.script import Json, Run

SOURCES = "web_search_call.action.sources"
REASONING_TOKENS = 640
CHARACTERS_PER_TOKEN = 4
_MCP_CALL: Json = {"server_label": "registry", "name": "delete_entry", "arguments": '{"entry": "42"}'}


def reasoning(run: Run) -> Json:
    """Return the item that says that the model thought about it."""
    summary = "The question was split into parts, and each part was checked against two sources."
    return {
        "id": _item_id("rs", run),
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": summary}],
    }


def web_search(run: Run, nth: int = 1, *, status: str = "completed") -> Json:
    """Return a search; its sources are shown only to those who asked to include them, as at OpenAI."""
    query = run.request.subject or "the subject"
    action: Json = {"type": "search", "query": query, "queries": [query]}
    if SOURCES in run.include and status == "completed":
        action["sources"] = [{"type": "url", "url": page.url} for page in PAGES]
    return {"id": _item_id("ws", run, nth), "type": "web_search_call", "status": status, "action": action}


def mcp_approval_request(run: Run) -> Json:
    """Return a tool call that nobody has approved yet."""
    return {"id": _item_id("mcpr", run), "type": "mcp_approval_request", **_MCP_CALL}


def failed_mcp_call(run: Run) -> Json:
    """Return a tool call that the other server answered with an error."""
    problem = {"type": "http_error", "code": 503, "message": "The server is not available."}
    return {
        "id": _item_id("mcp", run),
        "type": "mcp_call",
        **_MCP_CALL,
        "approval_request_id": None,
        "status": "failed",
        "output": None,
        "error": problem,
    }


def commentary(run: Run, text: str) -> Json:
    """Return a message on the work that is no answer."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return _message(run, part, "completed") | {"id": _item_id("msg", run, 2), "phase": "commentary"}


def message(run: Run, text: str, *, status: str = "completed") -> Json:
    """Return the final answer, with a citation for each page that it links to."""
    part = {"type": "output_text", "text": text, "annotations": cite(text), "logprobs": []}
    return _message(run, part, status)


def refusal(run: Run, text: str) -> Json:
    """Return a message in which the model declines."""
    return _message(run, {"type": "refusal", "refusal": text}, "completed")


def usage(run: Run, text: str = "") -> Json:
    """Return token counts estimated from the lengths of input and text."""
    input_tokens = max(1, run.request.input_characters // CHARACTERS_PER_TOKEN)
    output_tokens = REASONING_TOKENS + len(text) // CHARACTERS_PER_TOKEN
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
        "total_tokens": input_tokens + output_tokens,
    }


def _message(run: Run, part: Json, status: str) -> Json:
    return {
        "id": _item_id("msg", run),
        "type": "message",
        "status": status,
        "role": "assistant",
        "phase": "final_answer",
        "content": [part],
    }


def _item_id(prefix: str, run: Run, nth: int = 1) -> str:
    # Derived, not drawn, so that two looks at one response see the same items.
    digest = hashlib.sha256(f"{prefix} {run.response_id} {nth}".encode()).hexdigest()
    return f"{prefix}_{digest[:48]}"
