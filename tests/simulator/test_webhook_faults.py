"""All that can go wrong with a webhook goes wrong on demand."""

import json
import time

import httpx2
import openai
import pytest

from tests.simulator.driving import Clock, create, steer
from tests.simulator.receiver import OTHER_SECRET, SECRET, Receiver, announced, told


@pytest.fixture
def clock() -> Clock:
    # OpenAI's client compares the time of a webhook with its own. Whole seconds add up exactly.
    return Clock(int(time.time()))


async def test_an_early_webhook_comes_before_the_creates_reply(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    created = await create(http, "completed queued=0 running=5 webhook=early")
    (received,) = receiver.arrived
    assert (received.unwrap().type, created["status"]) == ("response.completed", "in_progress")
    clock.pass_seconds(10)
    # A second response ends after it, and nothing more was said about the first by then.
    await announced(http, clock, receiver, "failed", 2)
    assert [received.unwrap().type for received in receiver.arrived] == ["response.completed", "response.failed"]


async def test_a_duplicate_comes_with_the_same_and_with_another_id(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    response_id = await announced(http, clock, receiver, "completed webhook=duplicate", 3)
    first, second, third = [received.unwrap() for received in receiver.arrived]
    assert first.id == second.id != third.id
    assert {json.loads(received.body)["data"]["id"] for received in receiver.arrived} == {response_id}


async def test_reordered_webhooks_end_with_the_older_one(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    await announced(http, clock, receiver, "completed webhook=reordered", 2)
    newer, older = [received.unwrap() for received in receiver.arrived]
    assert (newer.type, older.type) == ("response.completed", "response.failed")
    assert newer.created_at - older.created_at == 60


async def test_a_missing_webhook_never_comes(http: httpx2.AsyncClient, clock: Clock, receiver: Receiver) -> None:
    await create(http, "completed webhook=missing")
    await announced(http, clock, receiver, "failed")
    assert [received.unwrap().type for received in receiver.arrived] == ["response.failed"]


@pytest.mark.parametrize("fault", ["forged", "old"])
async def test_a_webhook_that_nobody_should_take_is_sent_once(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver, pauses: list[float], fault: str
) -> None:
    receiver.answers = [400]
    await announced(http, clock, receiver, f"completed webhook={fault}")
    await told(http, delivered=False, tries=1)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        receiver.arrived[0].unwrap()
    # By the time that another one has arrived, it would have been repeated.
    await announced(http, clock, receiver, "failed", 2)
    await told(http, type="response.failed", delivered=True)
    assert pauses == []


async def test_an_old_webhook_is_signed_well(http: httpx2.AsyncClient, clock: Clock, receiver: Receiver) -> None:
    await announced(http, clock, receiver, "completed webhook=old")
    received = receiver.arrived[0]
    openai.OpenAI(api_key="any").webhooks.verify_signature(
        received.body, received.headers, secret=SECRET, tolerance=601 + 10
    )


async def test_one_of_two_signatures_is_ours(http: httpx2.AsyncClient, clock: Clock, receiver: Receiver) -> None:
    await announced(http, clock, receiver, "completed webhook=two_signatures")
    received = receiver.arrived[0]
    assert received.unwrap().type == "response.completed"
    assert len(received.headers["webhook-signature"].split(" ")) == 2


async def test_a_second_secret_signs_too(http: httpx2.AsyncClient, clock: Clock, receiver: Receiver) -> None:
    await steer(http, webhook=receiver.steering | {"second_secret": OTHER_SECRET})
    await announced(http, clock, receiver, "completed")
    events = [receiver.arrived[0].unwrap(secret) for secret in (SECRET, OTHER_SECRET)]
    assert events[0] == events[1]


async def test_a_foreign_webhook_names_a_response_that_nobody_has(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    response_id = await announced(http, clock, receiver, "completed webhook=foreign", 2)
    foreign, own = [json.loads(received.body)["data"]["id"] for received in receiver.arrived]
    assert own == response_id
    assert (await http.get(f"/v1/responses/{foreign}")).status_code == 404


async def test_an_unknown_type_comes_before_the_known_one(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    await announced(http, clock, receiver, "completed webhook=unknown", 2)
    kinds = [json.loads(received.body)["type"] for received in receiver.arrived]
    assert kinds == ["response.never_seen_before", "response.completed"]
