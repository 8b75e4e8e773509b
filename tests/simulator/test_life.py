"""A response lives as its scenario says, seen through the real OpenAI client."""

import re
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import ResponseFunctionWebSearch, ResponseIncludable

from tests.simulator.driving import SOURCES, START, Clock, create


async def test_a_healthy_response_is_queued_then_in_progress_then_completed(
    client: openai.AsyncOpenAI, clock: Clock
) -> None:
    created = await client.responses.create(
        model="gpt-5.5",
        input="How do tides work?",
        background=True,
        store=True,
        metadata={"simulator": "completed queued=2 running=30", "signoff_job_id": "j1"},
    )
    assert re.fullmatch(r"resp_[0-9a-f]{48}", created.id)
    seen = [created.status]
    for seconds in (1.9, 0.1, 29.9, 0.1):
        clock.pass_seconds(seconds)
        seen.append((await client.responses.retrieve(created.id)).status)
    assert seen == ["queued", "queued", "in_progress", "in_progress", "completed"]


async def test_a_completed_response_says_what_it_is_made_of(client: openai.AsyncOpenAI, clock: Clock) -> None:
    created = await client.responses.create(model="gpt-5.5", input="How do tides work?", background=True)
    clock.pass_seconds(3.5)
    done = await client.responses.retrieve(created.id, include=[SOURCES])
    assert [item.type for item in done.output] == ["reasoning", "web_search_call", "message"]
    assert done.model == "gpt-5.5-2026-08-01"
    assert (done.created_at, done.completed_at) == (int(START), int(START + 3.5))
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens
    assert "How do tides work?" in done.output_text


async def test_nothing_is_in_the_output_before_the_end(client: openai.AsyncOpenAI, clock: Clock) -> None:
    created = await client.responses.create(model="gpt-5.5", input="x", background=True)
    clock.pass_seconds(1)
    running = await client.responses.retrieve(created.id)
    assert (created.output, running.output) == ([], [])
    assert (running.usage, running.completed_at) == (None, None)


@pytest.mark.parametrize("where", ["create", "retrieve"])
async def test_sources_are_shown_to_those_who_ask(client: openai.AsyncOpenAI, clock: Clock, where: str) -> None:
    asked: list[ResponseIncludable] = [SOURCES]
    created = await client.responses.create(
        model="gpt-5.5", input="x", background=True, include=asked if where == "create" else []
    )
    clock.pass_seconds(10)
    done = await client.responses.retrieve(created.id, include=asked if where == "retrieve" else [])
    search = done.output[1]
    assert isinstance(search, ResponseFunctionWebSearch)
    assert search.action.type == "search"
    assert len(search.action.sources or []) == 3


async def test_sources_are_kept_from_those_who_do_not_ask(client: openai.AsyncOpenAI, clock: Clock) -> None:
    created = await client.responses.create(model="gpt-5.5", input="x", background=True)
    clock.pass_seconds(10)
    done = await client.responses.retrieve(created.id)
    assert "sources" not in done.output[1].to_dict()["action"]  # type: ignore[operator]  # to_dict says object


async def test_settings_and_metadata_come_back(http: httpx2.AsyncClient) -> None:
    settings: dict[str, Any] = {
        "instructions": "Be brief.",
        "tools": [{"type": "web_search"}],
        "max_tool_calls": 9,
        "max_output_tokens": 4096,
        "reasoning": {"effort": "high"},
        "text": {"verbosity": "low"},
        "metadata": {"a": "b"},
    }
    body = await create(http, **settings)
    assert {name: body[name] for name in settings} == settings | {
        "reasoning": {"effort": "high", "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "low"},
    }


async def test_a_dated_model_keeps_its_date(http: httpx2.AsyncClient) -> None:
    assert (await create(http, model="o3-2025-04-16"))["model"] == "o3-2025-04-16"


async def test_a_deleted_response_is_gone(client: openai.AsyncOpenAI) -> None:
    created = await client.responses.create(model="gpt-5.5", input="x", background=True)
    await client.responses.delete(created.id)
    with pytest.raises(openai.NotFoundError, match=f"Response with id '{created.id}' not found."):
        await client.responses.retrieve(created.id)


async def test_a_clock_that_is_set_back_does_not_break_a_response(http: httpx2.AsyncClient, clock: Clock) -> None:
    created = await create(http)
    clock.pass_seconds(-3600)
    assert (await http.get(f"/v1/responses/{created['id']}")).json()["status"] == "queued"


async def test_a_follow_up_names_a_response_that_exists(client: openai.AsyncOpenAI) -> None:
    first = await client.responses.create(model="gpt-5.5", input="x", background=True)
    second = await client.responses.create(
        model="gpt-5.5", input="again", background=True, previous_response_id=first.id
    )
    assert second.previous_response_id == first.id
