"""A simulator whose clock the test sets, and the two clients that talk to it."""

from collections.abc import AsyncIterator

import httpx2
import openai
import pytest
from starlette.applications import Starlette

from signoff.simulator import create_app
from tests.simulator.driving import KEY, Clock, steer
from tests.simulator.receiver import Receiver, receiving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pauses() -> list[float]:
    """Return the seconds that the simulator would have waited."""
    return []


@pytest.fixture
async def app(clock: Clock, pauses: list[float]) -> AsyncIterator[Starlette]:
    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    made = create_app(clock, sleep=sleep)
    yield made
    made.state.announcer.end()


@pytest.fixture
async def receiver(http: httpx2.AsyncClient) -> AsyncIterator[Receiver]:
    """Return a receiver that the simulator knows."""
    async with receiving() as made:
        await steer(http, webhook=made.steering)
        yield made


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator", headers=KEY) as client:
        yield client


@pytest.fixture
async def client(http: httpx2.AsyncClient) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="any", base_url="http://simulator/v1", http_client=http, max_retries=0)
