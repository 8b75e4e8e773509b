"""A simulator whose clock the test sets, and the two clients that talk to it."""

from collections.abc import AsyncIterator

import httpx2
import openai
import pytest
from starlette.applications import Starlette

from signoff.simulator import create_app
from tests.simulator.driving import KEY, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(clock: Clock) -> Starlette:
    return create_app(clock)


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator", headers=KEY) as client:
        yield client


@pytest.fixture
async def client(http: httpx2.AsyncClient) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="any", base_url="http://simulator/v1", http_client=http, max_retries=0)
