"""What a response used: its tokens and their parts, and the tools that have a fee."""

from typing import Any

import pytest

from signoff.domain.usage import COUNT_LIMIT, KINDS_KEPT, Usage, read_consumption, read_usage

WHOLE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 40},
    "total_tokens": 150,
}


def test_all_parts_that_upstream_tells_are_read() -> None:
    assert read_usage(WHOLE) == Usage(
        input_tokens=100,
        output_tokens=50,
        total_tokens=150,
        cached_input_tokens=60,
        cache_write_tokens=10,
        reasoning_tokens=40,
    )


def test_a_part_that_is_not_told_is_unknown_and_not_nothing() -> None:
    usage = read_usage({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3})
    assert usage
    assert (usage.cached_input_tokens, usage.cache_write_tokens, usage.reasoning_tokens) == (None, None, None)


@pytest.mark.parametrize("value", [None, {}, [], "none", 5])
def test_no_usage_is_told_from_usage_of_nothing(value: Any) -> None:
    assert read_usage(value) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [(-5, 0), (True, 0), ("7", 0), (float("nan"), 0), (float("inf"), 0), (2.9, 2), (10**400, COUNT_LIMIT)],
)
def test_a_count_that_can_not_be_one_does_no_harm(value: Any, read: int) -> None:
    usage = read_usage({"input_tokens": value, "output_tokens_details": [value]})
    assert usage
    assert (usage.input_tokens, usage.reasoning_tokens) == (read, None)


def items(*kinds: str, **more: Any) -> list[dict[str, Any]]:
    return [{"type": kind, **more} for kind in kinds]


@pytest.mark.parametrize(
    ("body", "tools"),
    [
        ({"output": items("message", "reasoning", "function_call", "mcp_call", "computer_call")}, {}),
        ({"output": items("file_search_call", "file_search_call")}, {"file_search_call": 2}),
        ({"output": items("a_new_call")}, {"a_new_call": 1}),
        ({"output": items("web_search_call", "web_search_call")}, {"web_search_call": 2}),
        (
            {"output": items("web_search_call"), "tool_usage": {"web_search": {"num_requests": 5}}},
            {"web_search_call": 5},
        ),
        ({"output": items("web_search_call"), "tool_usage": {"web_search": {"num_requests": 0}}}, {}),
        ({"output": items(*["code_interpreter_call"] * 3, container_id="c1")}, {"code_interpreter_call": 1}),
        ({"output": items("code_interpreter_call", "code_interpreter_call")}, {"code_interpreter_call": 2}),
        ({"output": "nothing", "tool_usage": "nothing"}, {}),
        ({"output": [None, 5, {"type": None}]}, {}),
    ],
)
def test_tools_with_a_fee_are_counted_as_they_are_billed(body: dict[str, Any], tools: dict[str, int]) -> None:
    assert read_consumption(body).tools == tools


def test_a_crowd_of_kinds_is_bounded() -> None:
    body = {"output": items(*(f"kind_{number}_call" for number in range(500)))}
    assert len(read_consumption(body).tools) == KINDS_KEPT


def test_the_model_and_tier_that_were_really_used_are_read() -> None:
    used = read_consumption({"model": "gpt-5-2025-08-07", "service_tier": "flex", "usage": WHOLE})
    assert (used.model, used.service_tier, used.usage) == ("gpt-5-2025-08-07", "flex", read_usage(WHOLE))
