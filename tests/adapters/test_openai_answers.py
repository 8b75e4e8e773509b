"""What the OpenAI adapter sends and hands on when all goes well."""

import json
from typing import Any

import pytest

from signoff.domain.parameters import for_attempt
from signoff.domain.response import find, read_content, read_snapshot
from signoff.domain.status import ResponseStatus
from tests.adapters.provider import CREATE, provider_at
from tests.adapters.wire import answering, serving

# Odd spacing, an escaped letter, a number that floats would change, and a doubled key: all must survive.
ODD = b'{ "id":"resp_1",  "status": "queued",\n"n": 1.10, "t": "\\u00e9 \xe2\x80\x94", "t2": 1, "t2": 2 }'


async def test_the_bytes_are_handed_on_as_they_were_received() -> None:
    async with serving(answering(200, ODD)) as wire, provider_at(wire.url) as provider:
        raw = await provider.create(CREATE)
        assert raw.data == ODD
        assert raw.body == {"id": "resp_1", "status": "queued", "n": 1.1, "t": "é —", "t2": 2}


@pytest.mark.parametrize(
    "unknown",
    [
        {"status": "paused"},
        {"status": None},
        {"status": "completed", "output": [{"type": "hologram", "data": {"a": 1}}]},
        {"status": "failed", "error": {"code": "a_new_code", "message": "m", "more": []}},
        {"status": "incomplete", "incomplete_details": {"reason": "a_new_reason"}},
        {"status": "completed", "a_new_field": {"deep": [1, 2]}, "output": None, "usage": None},
    ],
)
async def test_what_the_client_does_not_know_passes_unchanged(unknown: dict[str, Any]) -> None:
    body = {"id": "resp_1", "object": "response", **unknown}
    async with serving(answering(200, json.dumps(body).encode())) as wire, provider_at(wire.url) as provider:
        assert (await provider.retrieve("resp_1")).body == body


async def test_an_unknown_status_is_read_as_unknown() -> None:
    async with (
        serving(answering(200, b'{"id": "resp_1", "status": "paused"}')) as wire,
        provider_at(wire.url) as provider,
    ):
        raw = await provider.retrieve("resp_1")
    assert read_snapshot(raw.body).status is ResponseStatus.UNKNOWN


async def test_a_create_sends_the_parameters_of_the_attempt_and_no_others() -> None:
    wanted = for_attempt({"model": "gpt-5.5", "input": "hi", "tools": [{"type": "web_search"}]}, job_id="j", attempt=2)
    async with serving(answering(200, ODD)) as wire, provider_at(wire.url) as provider:
        await provider.create(wanted)
    sent = json.loads(wire.requests[0].body)
    assert sent == wanted
    assert (sent["background"], sent["store"]) == (True, True)
    assert sent["metadata"] == {"signoff_job_id": "j", "signoff_attempt": "2"}


async def test_a_retrieve_asks_for_the_evidence() -> None:
    async with serving(answering(200, ODD)) as wire, provider_at(wire.url) as provider:
        await provider.retrieve("resp_1", ["web_search_call.action.sources"])
    assert (wire.requests[0].method, wire.requests[0].path.partition("?")[0]) == ("GET", "/v1/responses/resp_1")
    assert "web_search_call.action.sources" in wire.requests[0].path


async def test_a_retrieve_without_evidence_asks_for_nothing_more() -> None:
    async with serving(answering(200, ODD)) as wire, provider_at(wire.url) as provider:
        await provider.retrieve("resp_1")
    assert wire.requests[0].path == "/v1/responses/resp_1"


async def test_a_large_answer_is_handed_on_whole() -> None:
    part = {"type": "output_text", "text": "x" * 5_000_000, "annotations": []}
    body = {"id": "resp_1", "status": "completed", "output": [{"type": "message", "content": [part]}]}
    data = json.dumps(body).encode()
    async with serving(answering(200, data)) as wire, provider_at(wire.url) as provider:
        raw = await provider.retrieve("resp_1")
    assert raw.data == data
    assert len(read_content(raw.body)[0]) == 5_000_000
    assert find(raw.body) == ()
