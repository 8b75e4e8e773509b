"""A real HTTP server on 127.0.0.1 that misbehaves as told, and keeps what it was sent."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Act: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter, "Wire"], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Wire:
    """What arrived. `acts` are played one per connection, the last one for ever."""

    acts: Sequence[Act]
    url: str = ""
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    handlers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def posts(self) -> int:
        return sum(request.method == "POST" for request in self.requests)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handlers.add(asyncio.ensure_future(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        act = self.acts[min(self.connections, len(self.acts) - 1)]
        self.connections += 1
        try:
            await act(reader, writer, self)
        finally:
            writer.close()

    async def read(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append(Request(method, path, headers, body))


@asynccontextmanager
async def serving(*acts: Act) -> AsyncIterator[Wire]:
    wire = Wire(acts)
    server = await asyncio.start_server(wire.accept, "127.0.0.1", 0)
    async with server:
        wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield wire
        if wire.handlers:
            done, _ = await asyncio.wait(wire.handlers, timeout=5)
            assert done == wire.handlers, "a client left its connection open"


def answering(status: int, body: bytes = b"", **headers: str) -> Act:
    """Read the request and answer; header names are written with `_` for `-`."""
    named = {"content_type": "application/json", **headers, "content_length": str(len(body)), "connection": "close"}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        await wire.read(reader)
        writer.write(f"HTTP/1.1 {status} Something\r\n{lines}\r\n".encode() + body)
        await writer.drain()

    return act


async def reset_unread(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _wire: Wire) -> None:
    """Reset the connection before anything was read."""
    _reset(writer)


async def reset_after_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
    """Take the whole request, then reset the connection."""
    await wire.read(reader)
    _reset(writer)


async def hang_up_half_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
    """Promise a body and send half of it."""
    await wire.read(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()


async def answer_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
    """Take the request and answer with a body that has no end, until the client hangs up."""
    await wire.read(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b"x" * 65_536)
            await writer.drain()


def dripping(beginning: bytes) -> Act:
    """Take the request, begin an answer, and let one byte of it follow the other until the client hangs up."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        await wire.read(reader)
        writer.write(beginning)
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 0.1)

    return act


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter, wire: Wire) -> None:
    """Take the request and leave it unanswered until the client hangs up."""
    await wire.read(reader)
    await reader.read()


@dataclass
class Shelf:
    """Plays a server that keeps what is created and lists it, the newest first, one page for all.

    Of the creates whose number is among the `lost` ones, the reply never leaves.
    """

    clock: Callable[[], datetime]
    lost: Collection[int] = ()
    kept: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        await wire.read(reader)
        request = wire.requests[-1]
        if request.method == "GET":
            body: dict[str, Any] = {"object": "list", "data": self.kept[::-1], "has_more": False}
        else:
            body = self._keep(json.loads(request.body))
            if len(self.kept) in self.lost:
                _reset(writer)
                return
        data = json.dumps(body).encode()
        writer.write(f"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
        await writer.drain()

    def _keep(self, sent: dict[str, Any]) -> dict[str, Any]:
        response = {"id": f"resp_{len(self.kept) + 1}", "status": "queued", "created_at": self.clock().timestamp()}
        self.kept.append({**response, "metadata": sent.get("metadata")})
        return self.kept[-1]


def unused_url() -> str:
    """Name an address of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
