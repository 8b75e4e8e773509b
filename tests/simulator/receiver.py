"""A receiver of webhooks on this machine, which answers what the test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from openai.types.webhooks import UnwrapWebhookEvent

from tests.simulator.driving import Clock, create, ledger_of

BOUND_SECONDS = 30
SECRET = "whsec_" + "c2lnbmF0dXJlIGtleSBvZiB0aGUgdGVzdHM0NTY3ODk="
OTHER_SECRET = "whsec_" + "YW5vdGhlciBrZXksIGFzIGluIGEgcm90YXRpb24gMTIz"


@dataclass(frozen=True)
class Received:
    """One POST."""

    line: str
    headers: dict[str, str]
    body: bytes

    def unwrap(self, secret: str = SECRET) -> UnwrapWebhookEvent:
        """Check it as OpenAI's client does, and return the event."""
        return openai.OpenAI(api_key="any").webhooks.unwrap(self.body, self.headers, secret=secret)


@dataclass
class Receiver:
    """What has arrived.

    Attributes:
        answers: The HTTP statuses of the next answers; 200 once they are used up.
    """

    url: str
    answers: list[int] = field(default_factory=list)
    arrived: list[Received] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def steering(self) -> dict[str, Any]:
        return {"url": self.url, "secret": SECRET}

    async def first(self, count: int) -> list[Received]:
        """Wait until so many have arrived."""
        async with asyncio.timeout(BOUND_SECONDS), self._news:
            await self._news.wait_for(lambda: len(self.arrived) >= count)
        return self.arrived

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(text.split(": ", 1) for text in lines)
        body = await reader.readexactly(int(headers["content-length"]))
        status = self.answers.pop(0) if self.answers else 200
        writer.write(f"HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        writer.close()
        async with self._news:
            self.arrived.append(Received(line, headers, body))
            self._news.notify_all()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver("")
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    async with server:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks?from=openai"
        yield receiver


async def told(http: httpx2.AsyncClient, **line: Any) -> list[dict[str, Any]]:
    """Wait until the ledger has a webhook like this, and return all."""
    async with asyncio.timeout(BOUND_SECONDS):
        while True:
            lines: list[dict[str, Any]] = (await ledger_of(http))["webhooks"]
            if any(line.items() <= each.items() for each in lines):
                return lines
            await asyncio.sleep(0)


async def announced(http: httpx2.AsyncClient, clock: Clock, receiver: Receiver, scenario: str, count: int = 1) -> str:
    """Let a response end, wait for so many webhooks, and return its id."""
    created = await create(http, scenario)
    clock.pass_seconds(10)
    await receiver.first(count)
    response_id: str = created["id"]
    return response_id
