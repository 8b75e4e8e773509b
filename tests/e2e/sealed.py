"""A stack of processes of its own, with or without encryption, and everything that it leaves behind."""

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from signoff.client import JobClient
from signoff.keeping import archive_of
from signoff.settings import load_settings
from signoff.tokens import Role, TokenStore
from starter.plan import Ports, make_plan
from starter.sockets import free_ports
from starter.stack import running
from tests.e2e.conftest import POLICY, World
from tests.e2e.environment import own_environment
from tests.e2e.receiver import receiving
from tests.starter.openai_process import simulating

API_KEY = "sk-mark-of-the-api-key-5d1f"


@dataclass
class Sealed:
    """The stack, what its callers send to the gateway, and the secrets that it works with."""

    world: World
    tokens: TokenStore
    secrets: list[str] = field(default_factory=lambda: [API_KEY])

    async def call(self, name: str, path: str, content: Any, *roles: Role) -> httpx2.Response:
        """Call the gateway in somebody's name, with a token that is made for this call."""
        secret = self.tokens.create(name, roles, datetime.now(UTC)).secret
        self.secrets.append(secret)
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(trust_env=False, timeout=60, base_url=self.world.plan.gateway_url) as http:
            answer = await http.request("POST" if content else "GET", path, json=content, headers=headers)
        return answer.raise_for_status()


@asynccontextmanager
async def sealed_stack(folder: Path, keys: str) -> AsyncIterator[Sealed]:
    """Run the dev server, a worker and the gateway; the simulator plays OpenAI, and wants an API key."""
    async with receiving() as receiver:
        with simulating() as openai_url:
            environ = {
                "OPENAI_API_KEY": API_KEY,
                "OPENAI_BASE_URL": openai_url,
                "NO_PROXY": "127.0.0.1",
                "SIGNOFF_DELIVERY_HOSTS": receiver.host,
                "SIGNOFF_LOG_LEVEL": "DEBUG",
                "SIGNOFF_ENCRYPTION_KEYS": keys,
            }
            with own_environment(folder, POLICY, **environ):
                settings = load_settings()
                plan = make_plan(settings, Ports(*free_ports(4)))
                given = plan.environment(os.environ)
                async with running(plan) as stack:
                    jobs = JobClient(stack.temporal, archive_of(settings))
                    world = World(plan=plan, stack=stack, jobs=jobs, receiver=receiver, environ=given)
                    yield Sealed(world, TokenStore(settings.tokens))
                    for child in world.more:
                        await child.stop()


def logs_of(folder: Path) -> bytes:
    """Give everything that the processes logged."""
    return b"\n".join(file.read_bytes() for file in sorted((folder / ".signoff" / "logs").iterdir()))


def archive_files(folder: Path) -> bytes:
    """Give every object of the archive as it lies there."""
    return b"\n".join(file.read_bytes() for file in (folder / ".signoff" / "archive").rglob("*") if file.is_file())


def rows_of(folder: Path) -> bytes:
    """Give every value in Temporal's database, which is stopped by now; a value may span pages of the file."""
    with sqlite3.connect(folder / ".signoff" / "temporal.db") as database:
        return b"\n".join(_values(database))


def _values(database: sqlite3.Connection) -> Iterator[bytes]:
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in database.execute(f'SELECT * FROM "{table}"'):
            yield from (value if isinstance(value, bytes) else str(value).encode() for value in row)
