"""The gateway over ASGI, on real jobs, with one token per role."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.gateway.app import GatewayParts, create_app
from signoff.tokens import Role, TokenStore
from tests.world import World, a_world

REQUEST: dict[str, Any] = {"response": {"model": "a-model", "input": "a question"}}
ROLES = {
    "newsroom": [Role.REQUESTER],
    "sports": [Role.REQUESTER],
    "ana": [Role.REVIEWER],
    "ops": [Role.OPERATOR],
    "lead": [Role.REQUESTER, Role.REVIEWER],
}


@dataclass
class Callers:
    """An HTTP client, and the token of each caller by name."""

    http: httpx2.AsyncClient
    store: TokenStore
    secrets: dict[str, str] = field(default_factory=dict)

    async def get(self, name: str, path: str, **more: Any) -> httpx2.Response:
        return await self.http.get(path, headers=self.headers(name), **more)

    async def post(self, name: str, path: str, json: Any = None) -> httpx2.Response:
        return await self.http.post(path, headers=self.headers(name), json={} if json is None else json)

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secrets[name]}"}

    async def submit(self, name: str = "newsroom", **changes: Any) -> str:
        answer = await self.post(name, "/v1/jobs", {**REQUEST, **changes})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])


@asynccontextmanager
async def callers_of(jobs: JobClient, folder: Path) -> AsyncIterator[Callers]:
    store = TokenStore(folder / "tokens.json")
    transport = httpx2.ASGITransport(create_app(GatewayParts(jobs=jobs, tokens=store)), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as http:
        callers = Callers(http, store)
        for name, roles in ROLES.items():
            callers.secrets[name] = store.create(name, roles, datetime.now(UTC)).secret
        yield callers


@dataclass
class Gateway:
    """A gateway with a worker behind it."""

    world: World
    callers: Callers

    async def held(self, **changes: Any) -> tuple[str, str]:
        """Submit a job of the newsroom, and give its id and digest once it is held for review."""
        job_id = await self.callers.submit(**changes)
        held = await self.world.held(job_id)
        assert held.deliverable
        return job_id, held.deliverable.digest


OpenGateway = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def open_gateway(real_env: WorkflowEnvironment, tmp_path: Path) -> OpenGateway:
    """Open a gateway whose world has the given parts."""

    @asynccontextmanager
    async def opened(**parts: Any) -> AsyncIterator[Gateway]:
        async with a_world(real_env, **parts) as world, callers_of(world.jobs, tmp_path) as callers:
            yield Gateway(world, callers)

    return opened


@pytest.fixture
async def gateway(open_gateway: OpenGateway) -> AsyncIterator[Gateway]:
    async with open_gateway() as opened:
        yield opened


@pytest.fixture
async def callers(real_env: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Callers]:
    """A gateway without any worker."""
    async with callers_of(JobClient(real_env.client, open_archive("memory:")), tmp_path) as opened:
        yield opened
