"""Webhook endpoints are registered, changed and listed by OpenAI's own client."""

import json
import time
from typing import Any

import httpx2
import openai
import pytest
from starlette.applications import Starlette

from tests.simulator.driving import Clock
from tests.simulator.receiver import receiving
from tests.simulator.registering import ENDS, is_signed_by, register

URL = "http://127.0.0.1:8088/webhooks"
MISSING = f"we_{'0' * 48}"
GOOD: dict[str, Any] = {"name": "n", "url": URL, "event_types": ["response.completed"]}


@pytest.fixture
def clock() -> Clock:
    # Verifiers compare the time of a webhook with their own. Whole seconds add up exactly.
    return Clock(int(time.time()))


async def test_the_secret_is_shown_at_the_create_alone(client: openai.AsyncOpenAI) -> None:
    created = await client.webhooks.create(name="n", url=URL, event_types=["response.failed", "batch.failed"])
    shown = await client.webhooks.retrieve(created.id)
    assert shown.to_dict() == {key: value for key, value in created.to_dict().items() if key != "signing_secret"}
    assert (shown.name, shown.url, shown.event_types) == ("n", URL, ["response.failed", "batch.failed"])
    assert shown.signing_secret_hint == f"whsec_...{created.signing_secret[-4:]}"
    assert shown.model_extra == {}


async def test_an_update_changes_what_is_given_and_when_it_was_changed(
    client: openai.AsyncOpenAI, clock: Clock
) -> None:
    created = await client.webhooks.create(name="n", url=URL, event_types=["response.failed"])
    clock.pass_seconds(10)
    same = await client.webhooks.update(created.id, name="n")
    changed = await client.webhooks.update(created.id, name="other")
    assert (same.updated_at, changed.updated_at) == (created.created_at, created.created_at + 10)
    assert (changed.name, changed.url, changed.event_types) == ("other", URL, ["response.failed"])


async def test_all_pages_are_walked_newest_first(client: openai.AsyncOpenAI) -> None:
    ids = [(await client.webhooks.create(name=f"{n}", url=URL, event_types=["batch.failed"])).id for n in range(5)]
    assert [each.id async for each in client.webhooks.list(limit=2)] == ids[::-1]
    assert (await client.webhooks.list(limit=2)).has_more


async def test_a_deleted_endpoint_is_unknown(client: openai.AsyncOpenAI) -> None:
    created = await client.webhooks.create(name="n", url=URL, event_types=["batch.failed"])
    deleted = await client.webhooks.delete(created.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (created.id, True, "webhook_endpoint.deleted")
    with pytest.raises(openai.NotFoundError, match="not found"):
        await client.webhooks.retrieve(created.id)


async def test_every_listed_type_can_be_tested_with_a_signed_sample(client: openai.AsyncOpenAI) -> None:
    types: Any = (await client.webhooks.event_types.list()).data
    assert set(ENDS) < set(types)
    async with receiving() as receiver:
        endpoint = await register(client, receiver, ["batch.failed"])
        for each in types:
            result = await client.webhooks.test(endpoint.id, event_type=each)
            assert (result.event_type, result.status_code, result.success) == (each, 200, True)
        assert [json.loads(each.body)["type"] for each in receiver.arrived] == types
        assert all(is_signed_by(each, endpoint.signing_secret) for each in receiver.arrived)


async def test_a_test_answers_with_the_endpoints_status(client: openai.AsyncOpenAI) -> None:
    async with receiving() as receiver:
        receiver.answers = [503]
        endpoint = await register(client, receiver)
        result = await client.webhooks.test(endpoint.id, event_type="response.completed")
        assert (result.status_code, result.webhook_endpoint_id) == (503, endpoint.id)


async def test_a_test_of_an_endpoint_that_is_down_is_refused(client: openai.AsyncOpenAI) -> None:
    async with receiving() as gone:
        endpoint = await register(client, gone)
    with pytest.raises(openai.BadRequestError, match="no HTTP answer"):
        await client.webhooks.test(endpoint.id, event_type="response.completed")


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"name": None}, "name", "missing_required_parameter"),
        ({"url": None}, "url", "missing_required_parameter"),
        ({"event_types": None}, "event_types", "missing_required_parameter"),
        ({"name": ""}, "name", "empty_string"),
        ({"name": 5}, "name", "invalid_type"),
        ({"name": "n" * 257}, "name", "string_above_max_length"),
        ({"event_types": []}, "event_types", "empty_array"),
        ({"event_types": "response.completed"}, "event_types", "invalid_type"),
        ({"event_types": ["response.completed", 5]}, "event_types[1]", "invalid_type"),
        ({"event_types": ["response.completed", "response.done"]}, "event_types[1]", "invalid_value"),
        ({"url": "http://example.org/"}, "url", "invalid_value"),
        ({"url": "https://127.0.0.1/"}, "url", "invalid_value"),
        ({"url": "nonsense"}, "url", "invalid_value"),
        ({"url": "http://127.0.0.1/" + "x" * 2048}, "url", "string_above_max_length"),
        ({"metadata": {}}, "metadata", "unknown_parameter"),
    ],
)
async def test_a_bad_field_is_named(http: httpx2.AsyncClient, change: dict[str, Any], param: str, code: str) -> None:
    answer = await http.post("/v1/webhook_endpoints", json=GOOD | change)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert (await http.get("/v1/webhook_endpoints")).json()["data"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", MISSING, None),
        ("POST", MISSING, {"name": "x"}),
        ("DELETE", MISSING, None),
        ("POST", f"{MISSING}/rotate_secret", None),
        ("POST", f"{MISSING}/test", {"event_type": "response.completed"}),
        ("GET", f"?after={MISSING}", None),
    ],
)
async def test_an_unknown_id_is_not_found(
    http: httpx2.AsyncClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    separator = "" if path.startswith("?") else "/"
    answer = await http.request(method, f"/v1/webhook_endpoints{separator}{path}", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Webhook endpoint with id '{MISSING}' not found."


async def test_the_number_of_endpoints_is_bounded(http: httpx2.AsyncClient) -> None:
    statuses = [(await http.post("/v1/webhook_endpoints", json=GOOD)).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [400]


async def test_endpoints_outlast_the_ledger_and_the_control(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI
) -> None:
    created = await client.webhooks.create(name="n", url=URL, event_types=["batch.failed"])
    await http.delete("/simulator/ledger")
    await http.delete("/simulator/control")
    assert (await client.webhooks.retrieve(created.id)).id == created.id


async def test_a_call_without_a_key_is_refused(app: Starlette) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as stranger:
        assert (await stranger.get("/v1/webhook_endpoints")).status_code == 401
