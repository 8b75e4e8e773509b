"""Replies come late while their calls take effect at once."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from signoff.simulator import create_app
from tests.simulator.driving import KEY, Clock, create, create_body, ledger_of, steer


class Waiting:
    """A sleep that lasts until the test ends it, and remembers how long it should have been."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.begun, self.over = asyncio.Event(), asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.begun.set()
        await self.over.wait()


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def app(clock: Clock, waiting: Waiting) -> Starlette:
    return create_app(clock, sleep=waiting)


@pytest.fixture
async def slow_create(http: httpx2.AsyncClient, waiting: Waiting) -> AsyncIterator[asyncio.Task[httpx2.Response]]:
    await steer(http, slow={"seconds": 40, "operations": ["create"]})
    task = asyncio.ensure_future(http.post("/v1/responses", json=create_body(), headers=KEY))
    async with asyncio.timeout(30):
        await waiting.begun.wait()
    yield task
    task.cancel()


async def test_a_slow_create_is_carried_out_at_once(
    http: httpx2.AsyncClient, waiting: Waiting, slow_create: asyncio.Task[httpx2.Response]
) -> None:
    assert len((await ledger_of(http))["creates"]) == 1
    assert not slow_create.done()
    waiting.over.set()
    assert (await slow_create).json()["status"] == "queued"
    assert waiting.asked == [40]
    assert (await ledger_of(http))["replies_lost"] == []


async def test_the_end_of_the_simulator_ends_the_wait(
    app: Starlette, slow_create: asyncio.Task[httpx2.Response]
) -> None:
    app.state.patience.end()
    async with asyncio.timeout(30):
        assert (await slow_create).status_code == 200


async def test_only_the_named_operations_are_slow(
    http: httpx2.AsyncClient, waiting: Waiting, slow_create: asyncio.Task[httpx2.Response]
) -> None:
    (line,) = (await ledger_of(http))["creates"]
    assert (await http.get(f"/v1/responses/{line['id']}")).status_code == 200
    assert len(waiting.asked) == 1
    assert not slow_create.done()


async def test_a_refusal_comes_late_too(http: httpx2.AsyncClient, waiting: Waiting) -> None:
    waiting.over.set()
    await steer(http, slow={"seconds": 7})
    assert (await http.get("/v1/responses/resp_0")).status_code == 404
    assert waiting.asked == [7]
    await steer(http)
    await create(http)
    assert waiting.asked == [7]
