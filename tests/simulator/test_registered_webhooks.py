"""Registered endpoints hear of the ends that they ask for, each signed with its own secret."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator

import httpx2
import openai
import pytest

from signoff.simulator.posting import PATIENCE_SECONDS
from tests.simulator.driving import Clock, create, ledger_of
from tests.simulator.receiver import SECRET, Receiver, announced, receiving, told
from tests.simulator.registering import is_signed_by, register

FAULTS = {
    "early": ["completed"],
    "duplicate": ["completed", "completed", "completed"],
    "reordered": ["completed", "failed"],
    "missing": [],
    "forged": ["completed"],
    "old": ["completed"],
    "two_signatures": ["completed"],
    "foreign": ["completed", "completed"],
    "unknown": ["never_seen_before", "completed"],
}


@pytest.fixture
def clock() -> Clock:
    # Verifiers compare the time of a webhook with their own. Whole seconds add up exactly.
    return Clock(int(time.time()))


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    """Return a receiver that only a registered endpoint names."""
    async with receiving() as made:
        yield made


def _kinds(receiver: Receiver) -> list[str]:
    return [json.loads(received.body)["type"].removeprefix("response.") for received in receiver.arrived]


async def test_each_receiver_is_signed_for_with_its_own_secret(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, receiver: Receiver, other: Receiver
) -> None:
    endpoint = await register(client, other)
    await announced(http, clock, receiver, "completed")
    (received,) = await other.first(1)
    secrets = (endpoint.signing_secret, SECRET)
    assert [is_signed_by(received, secret) for secret in secrets] == [True, False]
    assert [is_signed_by(receiver.arrived[0], secret) for secret in secrets] == [False, True]
    lines = await told(http, endpoint_id=endpoint.id, delivered=True)
    assert {line["endpoint_id"] for line in lines} == {None, endpoint.id}


@pytest.mark.parametrize(("keeps_old", "signed"), [(True, [True, True]), (False, [False, True])])
async def test_the_old_secret_signs_after_a_rotation_only_when_it_is_kept(  # noqa: PLR0913 -- fixtures and a table
    http: httpx2.AsyncClient,
    client: openai.AsyncOpenAI,
    clock: Clock,
    other: Receiver,
    *,
    keeps_old: bool,
    signed: list[bool],
) -> None:
    old = await register(client, other)
    new = await client.webhooks.rotate_secret(old.id, keep_old_secret_active_for_24_hours=keeps_old)
    await announced(http, clock, other, "completed")
    assert [is_signed_by(other.arrived[0], each.signing_secret) for each in (old, new)] == signed


async def test_a_kept_secret_ends_after_24_hours(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver
) -> None:
    clock.pass_seconds(-24 * 3600 - 10)
    old = await register(client, other)
    new = await client.webhooks.rotate_secret(old.id, keep_old_secret_active_for_24_hours=True)
    clock.pass_seconds(24 * 3600)
    await announced(http, clock, other, "completed")
    assert [is_signed_by(other.arrived[0], each.signing_secret) for each in (old, new)] == [False, True]


async def test_an_endpoint_hears_only_what_it_asks_for_now(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, receiver: Receiver, other: Receiver
) -> None:
    endpoint = await register(client, other, ["response.failed"])
    await announced(http, clock, receiver, "completed")
    await announced(http, clock, receiver, "failed", 2)
    await other.first(1)
    await client.webhooks.update(endpoint.id, event_types=["response.incomplete"])
    await announced(http, clock, receiver, "failed", 3)
    await announced(http, clock, receiver, "incomplete", 4)
    await other.first(2)
    assert _kinds(other) == ["failed", "incomplete"]


async def test_an_update_sends_elsewhere(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver
) -> None:
    async with receiving() as old:
        endpoint = await register(client, old)
        await client.webhooks.update(endpoint.id, url=other.url)
        await announced(http, clock, other, "completed")
        assert (is_signed_by(other.arrived[0], endpoint.signing_secret), old.arrived) == (True, [])


async def test_nothing_is_sent_after_a_delete(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, receiver: Receiver, other: Receiver
) -> None:
    endpoint = await register(client, other)
    await client.webhooks.delete(endpoint.id)
    await announced(http, clock, receiver, "completed")
    lines = await told(http, delivered=True)
    assert ([line["endpoint_id"] for line in lines], other.arrived) == ([None], [])


async def test_an_endpoint_that_is_down_delays_no_other(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver
) -> None:
    async with receiving() as gone:
        down = await register(client, gone)
    up = await register(client, other)
    await announced(http, clock, other, "completed")
    await told(http, endpoint_id=up.id, delivered=True, tries=1)
    await told(http, endpoint_id=down.id, delivered=False, tries=9)


async def test_an_endpoint_that_never_answers_delays_no_other(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver
) -> None:
    # It takes connections, and nobody ever reads from them.
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = await register(client, Receiver(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        await register(client, other)
        async with asyncio.timeout(PATIENCE_SECONDS - 1):
            await announced(http, clock, other, "completed")
    await told(http, endpoint_id=silent.id, delivered=False, tries=9)


async def test_nothing_is_sent_again_after_a_delete(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = Receiver(f"http://127.0.0.1:{server.getsockname()[1]}/")
        deleted, kept = await register(client, silent), await register(client, silent)
        await create(http)
        clock.pass_seconds(10)
        await told(http, endpoint_id=deleted.id, tries=1)
        await client.webhooks.delete(deleted.id)
    lines = await told(http, endpoint_id=kept.id, tries=9)
    assert {line["endpoint_id"]: line["tries"] for line in lines} == {deleted.id: 1, kept.id: 9}


async def test_a_webhook_that_was_not_taken_is_sent_again_under_its_id(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver, pauses: list[float]
) -> None:
    endpoint = await register(client, other)
    other.answers = [500, 302]
    await announced(http, clock, other, "completed", 3)
    await told(http, endpoint_id=endpoint.id, delivered=True, tries=3)
    assert len({received.headers["webhook-id"] for received in other.arrived}) == 1
    assert pauses == [1, 2]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_plays_at_a_registered_endpoint(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver, fault: str
) -> None:
    endpoint = await register(client, other)
    await create(http, f"completed webhook={fault}")
    clock.pass_seconds(10)
    await other.first(len(FAULTS[fault]))
    # An end that nothing goes wrong with comes last, so whatever the fault sends has come before.
    await announced(http, clock, other, "incomplete", len(FAULTS[fault]) + 1)
    assert _kinds(other) == [*FAULTS[fault], "incomplete"]
    is_good = fault not in ("forged", "old")
    assert all(is_signed_by(each, endpoint.signing_secret) == is_good for each in other.arrived[:-1])


async def test_an_unknown_type_goes_where_the_end_was_asked_for(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, receiver: Receiver, other: Receiver
) -> None:
    await register(client, other, ["response.failed"])
    await announced(http, clock, receiver, "completed webhook=unknown", 2)
    await announced(http, clock, other, "failed webhook=unknown", 2)
    assert _kinds(other) == ["never_seen_before", "failed"]


async def test_a_delayed_webhook_comes_so_late_after_the_end(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver
) -> None:
    await register(client, other)
    await create(http, "completed queued=0 running=5 webhook_delay=60")
    clock.pass_seconds(5)
    await announced(http, clock, other, "failed queued=0 running=1")
    clock.pass_seconds(49)
    await announced(http, clock, other, "incomplete queued=0 running=0", 2)
    assert _kinds(other) == ["failed", "incomplete"]
    clock.pass_seconds(10)
    await other.first(3)
    assert _kinds(other) == ["failed", "incomplete", "completed"]


async def test_a_cleared_ledger_forgets_what_was_still_delayed(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock, other: Receiver
) -> None:
    await register(client, other)
    await create(http, "completed queued=0 running=0 webhook_delay=5")
    await http.delete("/simulator/ledger")
    await announced(http, clock, other, "failed")
    assert _kinds(other) == ["failed"]
    assert len((await ledger_of(http))["webhooks"]) == 1
