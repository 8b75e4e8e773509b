"""When a response ends its receiver is told, and all that can go wrong on the way goes wrong on demand."""

import json
import time

import httpx2
import pytest

from tests.simulator.driving import Clock, create, ledger_of, steer
from tests.simulator.receiver import SECRET, Receiver, announced, receiving, told


@pytest.fixture
def clock() -> Clock:
    # OpenAI's client compares the time of a webhook with its own. Whole seconds add up exactly.
    return Clock(int(time.time()))


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("completed", "response.completed"),
        ("failed", "response.failed"),
        ("incomplete", "response.incomplete"),
        ("completed queued=0 running=0", "response.completed"),
        ("lost how=502", "response.completed"),
    ],
)
async def test_an_end_is_announced_as_openai_does(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver, scenario: str, kind: str
) -> None:
    await http.post(
        "/v1/responses", json={"model": "m", "input": "x", "background": True, "metadata": {"simulator": scenario}}
    )
    clock.pass_seconds(10)
    (received,) = await receiver.first(1)
    event = received.unwrap()
    (line,) = (await ledger_of(http))["creates"]
    assert json.loads(received.body) == {
        "id": event.id,
        "object": "event",
        "created_at": event.created_at,
        "type": kind,
        "data": {"id": line["id"]},
    }
    assert received.line == "POST /webhooks?from=openai HTTP/1.1"
    assert event.id.startswith("evt_")
    assert received.headers["webhook-id"] == event.id


async def test_a_response_that_would_never_end_is_announced_when_it_is_cancelled(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    created = await create(http, "stuck")
    clock.pass_seconds(60)
    await http.post(f"/v1/responses/{created['id']}/cancel")
    (received,) = await receiver.first(1)
    assert received.unwrap().type == "response.cancelled"


async def test_a_cancelled_response_that_completes_is_announced_twice(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    created = await create(http, "zombie running=3600 after=30")
    clock.pass_seconds(60)
    await http.post(f"/v1/responses/{created['id']}/cancel")
    await receiver.first(1)
    clock.pass_seconds(30)
    kinds = [received.unwrap().type for received in await receiver.first(2)]
    assert kinds == ["response.cancelled", "response.completed"]


async def test_a_changed_response_is_announced_at_its_new_end(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    created = await create(http, "stuck")
    clock.pass_seconds(60)
    await http.put(f"/simulator/responses/{created['id']}", json={"scenario": "failed queued=0 running=0"})
    (received,) = await receiver.first(1)
    assert received.unwrap().type == "response.failed"


async def test_a_receiver_that_is_set_later_hears_of_later_ends_only(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver
) -> None:
    await steer(http)
    await create(http, "completed queued=0 running=0")
    later = await create(http)
    await steer(http, webhook=receiver.steering)
    clock.pass_seconds(10)
    (received,) = await receiver.first(1)
    assert json.loads(received.body)["data"]["id"] == later["id"]
    assert len(await told(http, delivered=True)) == 1


async def test_the_ledger_counts_the_tries_until_it_was_taken(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver, pauses: list[float]
) -> None:
    receiver.answers = [500, 302, 404]
    response_id = await announced(http, clock, receiver, "completed", 4)
    (line,) = await told(http, delivered=True)
    ids = {received.headers["webhook-id"] for received in receiver.arrived}
    assert ids == {line["id"]}
    assert line == {
        "id": line["id"],
        "type": "response.completed",
        "response_id": response_id,
        "delivered": True,
        "tries": 4,
        "endpoint_id": None,
    }
    assert pauses == [1, 2, 4]


async def test_tries_are_bounded_and_their_delays_grow(
    http: httpx2.AsyncClient, clock: Clock, receiver: Receiver, pauses: list[float]
) -> None:
    receiver.answers = [500] * 20
    await announced(http, clock, receiver, "completed", 9)
    await told(http, delivered=False, tries=9)
    assert pauses == sorted(pauses)
    assert len(pauses) == 8


async def test_nobody_listening_is_a_try(http: httpx2.AsyncClient, clock: Clock, receiver: Receiver) -> None:
    async with receiving() as gone:
        await steer(http, webhook=gone.steering)
    await create(http)
    clock.pass_seconds(10)
    await told(http, delivered=False, tries=9)
    assert receiver.arrived == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/webhooks",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://localhost.example.org/",
        "http://user@127.0.0.1/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nx: y",
        "",
        5,
    ],
)
async def test_a_receiver_elsewhere_is_refused(http: httpx2.AsyncClient, url: object) -> None:
    answer = await http.put("/simulator/control", json={"webhook": {"url": url, "secret": SECRET}})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "webhook.url")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), None])
async def test_a_weak_secret_is_refused(http: httpx2.AsyncClient, secret: str | None) -> None:
    answer = await http.put("/simulator/control", json={"webhook": {"url": "http://localhost:1/", "secret": secret}})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "webhook.secret")
