"""A destination for deliveries: counts what arrives, and holds its answer while it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
CLOSED = "/closed"


@dataclass
class Receiver:
    """What arrived, by idempotency key, and whether answers are given at once."""

    port: int = 0
    bodies: dict[str, list[bytes]] = field(default_factory=dict)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    has_arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def empty_host(self) -> str:
        """Name an address of this machine where nobody listens, now or later."""
        return f"127.0.0.9:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/inbox"

    @property
    def closed_url(self) -> str:
        """Where nothing is taken."""
        return f"http://{self.host}{CLOSED}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
            headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
            body = await reader.readexactly(int(headers["content-length"]))
            if f" {CLOSED} " in head[0]:
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                await writer.drain()
                return
            self.bodies.setdefault(headers["idempotency-key"], []).append(body)
            self.has_arrived.set()
            await self.may_answer.wait()
            writer.write(
                b"HTTP/1.1 201 Created\r\nlocation: /inbox/1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender was killed on purpose
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Serve on a free loopback port as long as the block does."""
    receiver = Receiver()
    receiver.may_answer.set()
    server = await asyncio.start_server(receiver.serve, HOST, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
