"""OpenAI's endpoint API behind the adapter: on the simulator, and on servers that refuse."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from openai import AsyncOpenAI

from signoff.adapters.endpoints import OpenAIEndpoints
from signoff.domain.errors import BadRequestError, RefusedError, SignoffError, UnreachableError
from signoff.domain.webhooks import RESPONSE_EVENTS, weakness_of
from signoff.simulator import create_app
from tests.adapters.wire import answering, serving, unused_url

URL = "http://127.0.0.1:9/webhooks/openai"
Call = Callable[[OpenAIEndpoints], Awaitable[object]]


@pytest.fixture
async def endpoints() -> AsyncIterator[OpenAIEndpoints]:
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=create_app()))
    async with AsyncOpenAI(api_key="any", base_url="http://simulator/v1", http_client=http, max_retries=0) as client:
        yield OpenAIEndpoints(client)


async def test_an_endpoint_is_registered_for_the_events_of_responses_with_a_strong_secret(
    endpoints: OpenAIEndpoints,
) -> None:
    made = await endpoints.register(URL, "ours")
    assert (made.endpoint.url, made.endpoint.name, made.endpoint.event_types) == (URL, "ours", RESPONSE_EVENTS)
    assert weakness_of(made.secret.get_secret_value()) == ""
    assert await endpoints.list() == (made.endpoint,)


async def test_every_page_of_the_list_is_read(endpoints: OpenAIEndpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signoff.adapters.endpoints._PAGE_SIZE", 2)
    made = [(await endpoints.register(f"{URL}/{number}", "one")).endpoint for number in range(5)]
    assert {one.endpoint_id for one in await endpoints.list()} == {one.endpoint_id for one in made}


async def test_a_rotation_gives_another_secret(endpoints: OpenAIEndpoints) -> None:
    made = await endpoints.register(URL, "ours")
    rotated = await endpoints.rotate(made.endpoint.endpoint_id, is_old_kept=True)
    assert rotated.secret != made.secret


async def test_what_was_removed_is_listed_no_more(endpoints: OpenAIEndpoints) -> None:
    made = await endpoints.register(URL, "ours")
    await endpoints.remove(made.endpoint.endpoint_id)
    assert await endpoints.list() == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda endpoints: endpoints.remove("we_none"),
        lambda endpoints: endpoints.rotate("we_none", is_old_kept=False),
        lambda endpoints: endpoints.test("we_none", "response.completed"),
    ],
)
async def test_an_unknown_endpoint_is_named(endpoints: OpenAIEndpoints, call: Call) -> None:
    with pytest.raises(BadRequestError, match=r"no endpoint we_none; `signoff webhooks list`"):
        await call(endpoints)


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (401, RefusedError, "the key may not manage webhooks"),
        (403, RefusedError, "the key may not manage webhooks"),
        (404, RefusedError, "no endpoint API"),
        (405, RefusedError, "no endpoint API"),
        (501, RefusedError, "no endpoint API"),
        (400, BadRequestError, "answered 400: because"),
        (429, UnreachableError, "try again later"),
        (500, UnreachableError, "try again later"),
        (502, UnreachableError, "try again later"),
        (200, RefusedError, "none of OpenAI's endpoint API"),
    ],
)
async def test_a_refusal_says_what_to_do(status: int, error: type[SignoffError], told: str) -> None:
    async with serving(answering(status, json.dumps({"error": {"message": "because"}}).encode())) as wire:
        with pytest.raises(error, match=told):
            await refused(wire.url, lambda endpoints: endpoints.register(URL, "ours"))


async def test_an_unknown_path_is_no_unknown_endpoint() -> None:
    body = json.dumps({"error": {"message": "Invalid URL", "code": "unknown_url"}}).encode()
    async with serving(answering(404, body)) as wire:
        with pytest.raises(RefusedError, match="no endpoint API"):
            await refused(wire.url, lambda endpoints: endpoints.remove("we_1"))


async def test_silence_says_how_to_see_what_took_effect() -> None:
    with pytest.raises(UnreachableError, match="`signoff webhooks list` shows what took effect"):
        await refused(unused_url(), lambda endpoints: endpoints.register(URL, "ours"))


async def refused(url: str, call: Call) -> None:
    http = httpx2.AsyncClient(trust_env=False)
    async with AsyncOpenAI(api_key="any", base_url=f"{url}/v1", http_client=http, max_retries=0) as client:
        await call(OpenAIEndpoints(client))
