"""Endings that look healthy and are not, seen through the real OpenAI client and in the raw body."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import Response

from tests.simulator.driving import Clock, create_body, finished, text_of


async def _done(client: openai.AsyncOpenAI, clock: Clock, scenario: str) -> Response:
    created = await client.responses.create(**create_body(scenario))
    clock.pass_seconds(10)
    return await client.responses.retrieve(created.id)


@pytest.mark.parametrize(
    ("scenario", "code", "text"),
    [
        ("failed code=insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
        ("failed code=rate_limit_exceeded", "rate_limit_exceeded", "Please try again in 11.054s."),
        ("failed code=rate_limit_exceeded hint=350ms", "rate_limit_exceeded", "Please try again in 350ms."),
        ("failed code=rate_limit_exceeded hint=20seconds", "rate_limit_exceeded", "Please try again in 20 seconds."),
        ("failed code=invalid_prompt", "invalid_prompt", "flagged as potentially violating our usage policy"),
        ("unknown what=code", "never_seen_before", "never_seen_before"),
    ],
)
async def test_a_failure_has_its_code_and_text(
    client: openai.AsyncOpenAI, clock: Clock, scenario: str, code: str, text: str
) -> None:
    done = await _done(client, clock, scenario)
    assert done.status == "failed"
    assert done.error is not None
    assert done.error.code == code
    assert text in done.error.message


async def test_a_misalignment_can_end_a_run(http: httpx2.AsyncClient, clock: Clock) -> None:
    body = await finished(http, clock, "failed code=misalignment_policy_violation")
    assert body["error"]["misalignment"]["error_type"] == "potentially_unintended_data_transfer"


@pytest.mark.parametrize(
    "reason", ["max_output_tokens", "max_messages", "content_filter", "steered", "never_seen_before"]
)
async def test_a_response_is_incomplete_for_any_reason(client: openai.AsyncOpenAI, clock: Clock, reason: str) -> None:
    done = await _done(client, clock, f"incomplete reason={reason}")
    assert done.status == "incomplete"
    assert done.incomplete_details is not None
    assert done.incomplete_details.reason == reason


@pytest.mark.parametrize(
    ("scenario", "items"),
    [
        ("empty", [("reasoning", None)]),
        ("refusal", [("reasoning", None), ("message", "completed")]),
        ("mcp_approval", [("reasoning", None), ("mcp_approval_request", None)]),
        ("tool_failed", [("reasoning", None), ("web_search_call", "failed"), ("message", "completed")]),
        ("tool_failed tool=mcp", [("reasoning", None), ("mcp_call", "failed"), ("message", "completed")]),
        ("unknown", [("reasoning", None), ("never_seen_before", "completed"), ("message", "completed")]),
        ("commentary", [("reasoning", None), ("message", "completed"), ("message", "completed")]),
    ],
)
async def test_a_completed_run_holds_odd_items(
    http: httpx2.AsyncClient, clock: Clock, scenario: str, items: list[tuple[str, str | None]]
) -> None:
    body = await finished(http, clock, scenario)
    assert body["status"] == "completed"
    assert [(item["type"], item.get("status")) for item in body["output"]] == items


async def test_a_failed_tool_call_says_why(http: httpx2.AsyncClient, clock: Clock) -> None:
    body = await finished(http, clock, "tool_failed tool=mcp")
    assert body["output"][1]["error"]["code"] == 503


async def test_an_unknown_status_is_final(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert (await finished(http, clock, "unknown what=status"))["status"] == "never_seen_before"


async def test_a_commentary_is_told_from_the_final_answer(http: httpx2.AsyncClient, clock: Clock) -> None:
    remark, answer = (await finished(http, clock, "commentary"))["output"][1:]
    assert (remark["phase"], answer["phase"]) == ("commentary", "final_answer")
    assert remark["id"] != answer["id"]


@pytest.mark.parametrize(
    ("scenario", "fields", "limit"),
    [("clipped", {}, 3), ("clipped calls=5", {}, 5), ("clipped", {"max_tool_calls": 2}, 2)],
)
async def test_a_clipped_run_made_as_many_calls_as_were_allowed(
    http: httpx2.AsyncClient, clock: Clock, scenario: str, fields: dict[str, Any], limit: int
) -> None:
    body = await finished(http, clock, scenario, **fields)
    ids = {item["id"] for item in body["output"] if item["type"] == "web_search_call"}
    assert (body["status"], len(ids), body["max_tool_calls"]) == ("completed", limit, limit)


async def test_usage_can_be_null_on_a_completed_run(http: httpx2.AsyncClient, clock: Clock) -> None:
    body = await finished(http, clock, "completed usage=none")
    assert body["status"] == "completed"
    assert body["usage"] is None


async def test_an_output_can_have_5_mb(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert len(text_of(await finished(http, clock, "completed size=5000000")).encode()) == 5_000_000
