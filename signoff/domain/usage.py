"""What a response used, as its body tells: tokens, and tools that have a price of their own."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import Field

from signoff.domain.model import Value

COUNT_LIMIT: Final = 10**12
"""The greatest count that is believed; it bounds what can be reckoned from a body that is wrong."""

KINDS_KEPT: Final = 20
"""How many kinds of tools are told apart."""

_WORD_LIMIT: Final = 128
_WITHOUT_FEE: Final = frozenset(
    {
        "function_call",
        "custom_tool_call",
        "mcp_call",
        "local_shell_call",
        "apply_patch_call",
        "tool_search_call",
        "computer_call",
    }
)
"""Calls that cost their tokens alone. A kind that is not known counts as one with a fee."""


class Usage(Value):
    """The tokens that a response cost; absent where upstream says nothing.

    `input_tokens` includes what was read from the cache and what was written to it, `output_tokens` the reasoning.
    The parts are `None` where upstream does not tell them.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class Consumption(Value):
    """What is charged for a response.

    `service_tier` is the one that was really used, empty where upstream does not say. `tools` counts, by the kind of
    their calls, what has a fee: searches, sessions of the code interpreter, calls of any other kind.
    """

    model: str = ""
    service_tier: str = ""
    usage: Usage | None = None
    tools: dict[str, int] = Field(default_factory=dict)


def read_usage(value: object) -> Usage | None:
    """Read the `usage` of a body; a count that can't be one is 0."""
    found = _mapping(value)
    if not found:
        return None
    read, written = _mapping(found.get("input_tokens_details")), _mapping(found.get("output_tokens_details"))
    return Usage(
        input_tokens=_count(found.get("input_tokens")) or 0,
        output_tokens=_count(found.get("output_tokens")) or 0,
        total_tokens=_count(found.get("total_tokens")) or 0,
        cached_input_tokens=_count(read.get("cached_tokens")),
        cache_write_tokens=_count(read.get("cache_write_tokens")),
        reasoning_tokens=_count(written.get("reasoning_tokens")),
    )


def read_consumption(body: Mapping[str, Any]) -> Consumption:
    """Read out of a body what is charged for it."""
    return Consumption(
        model=_word(body.get("model")),
        service_tier=_word(body.get("service_tier")),
        usage=read_usage(body.get("usage")),
        tools=_tools(body),
    )


def _tools(body: Mapping[str, Any]) -> dict[str, int]:
    output = body.get("output")
    items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, list) else []
    counts = Counter(kind for kind, _ in {(kind, of) for kind, of in _charged(items)})
    searches = _count(_mapping(_mapping(body.get("tool_usage")).get("web_search")).get("num_requests"))
    if searches is not None:
        # Not every call is billed: one may open a page that a search has found.
        counts["web_search_call"] = searches
    return {kind: count for kind, count in sorted(counts.items())[:KINDS_KEPT] if count}


def _charged(items: list[Mapping[str, Any]]) -> Iterator[tuple[str, object]]:
    """Give what has a fee: its kind, and what tells it from others of that kind."""
    for place, item in enumerate(items):
        kind = _word(item.get("type"))
        if kind.endswith("_call") and kind not in _WITHOUT_FEE:
            # The interpreter is charged by the session, which is its container.
            container = _word(item.get("container_id")) if kind == "code_interpreter_call" else ""
            yield kind, container or place


def _count(value: object) -> int | None:
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return min(max(value, 0), COUNT_LIMIT)


def _word(value: object) -> str:
    return str(value or "").encode(errors="replace").decode()[:_WORD_LIMIT]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
