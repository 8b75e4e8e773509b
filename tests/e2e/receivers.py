"""Receivers that fail in the ways that receivers do, and the names and roads that lead to them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from signoff.receive import Delivery, verify
from tests.adapters.wire import Act, Wire, answering

HOST = "127.0.0.1"
PUBLIC = "93.184.216.34"
"""An address of the internet; the roads of these tests lead from it back to this machine."""

SECRET = "whsec_" + "r" * 40
ONE_GIGABYTE = 1 << 30


@dataclass
class Receiver(Wire):
    """Verifies what arrives, as a good receiver does, and knows a repeat by its key.

    Attributes:
        keeps_keys: Whether it knows a repeat.
        effects: What it did, by the key of the delivery that it did it for.
        genuine: The deliveries that it verified.
        at: When each of them came, on the loop's clock.
        elsewhere: Where it sends people.
        sent_bytes: How much of an endless answer left.
        is_taking: Whether it does what the next delivery is for.
    """

    keeps_keys: bool = True
    effects: list[str] = field(default_factory=list)
    genuine: list[Delivery] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    elsewhere: str = ""
    sent_bytes: int = 0
    is_taking: bool = False
    server: asyncio.Server | None = None
    door: socket.socket = field(default_factory=socket.socket, repr=False)

    @property
    def port(self) -> int:
        return int(self.door.getsockname()[1])

    async def read(self, reader: asyncio.StreamReader) -> None:
        await super().read(reader)
        self.at.append(asyncio.get_running_loop().time())
        delivery = verify(self.requests[-1].body, self.requests[-1].headers, [SECRET])
        self.genuine.append(delivery)
        if self.is_taking and not (self.keeps_keys and delivery.key in self.effects):
            self.effects.append(delivery.key)
        self.is_taking = False

    async def become(self, *acts: Act) -> None:
        """Do with each connection from now on what the acts say, the last one for ever."""
        self.acts, self.connections = acts, 0
        if self.server is None:
            self.server = await asyncio.start_server(self.accept, sock=self.door)


@asynccontextmanager
async def receiving(*acts: Act, keeps_keys: bool = True, elsewhere: str = "") -> AsyncIterator[Receiver]:
    """Have a receiver; without any act, connections are refused until it becomes another."""
    receiver = Receiver(acts, keeps_keys=keeps_keys, elsewhere=elsewhere)
    receiver.door.bind((HOST, 0))
    receiver.url = f"http://{HOST}:{receiver.port}"
    if acts:
        await receiver.become(*acts)
    try:
        yield receiver
        if receiver.handlers:
            done, _ = await asyncio.wait(receiver.handlers, timeout=5)
            assert done == receiver.handlers, "the worker left its connection open"
            await asyncio.gather(*done)
    finally:
        if receiver.server:
            receiver.server.close()
        receiver.door.close()


def taking(act: Act) -> Act:
    """Do what the delivery is for, once per key, and then act like this."""

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        assert isinstance(wire, Receiver)
        wire.is_taking = True
        await act(reader, writer, wire)

    return both


def redirecting(status: int, location: str = "") -> Act:
    """Send people on to an address, or to where the receiver sends everybody."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        assert isinstance(wire, Receiver)
        await answering(status, location=location or wire.elsewhere)(reader, writer, wire)

    return act


def late(seconds: float) -> Act:
    """Answer, but only after a while."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        await wire.read(reader)
        await asyncio.sleep(seconds)
        with contextlib.suppress(ConnectionError):
            writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

    return act


def saying(data: bytes) -> Act:
    """Take the request and say these bytes."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        await wire.read(reader)
        writer.write(data)
        await writer.drain()

    return act


def pouring(beginning: bytes, piece: bytes) -> Act:
    """Take the request and pour out an answer of a gigabyte, until the client hangs up."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        assert isinstance(wire, Receiver)
        await wire.read(reader)
        writer.write(beginning)
        with contextlib.suppress(ConnectionError):
            while wire.sent_bytes < ONE_GIGABYTE:
                writer.write(piece)
                await writer.drain()
                wire.sent_bytes += len(piece)

    return act


@dataclass
class Names:
    """Answers look-ups of some names, each with its next addresses, the last ones for ever; and knows what was asked.

    All other names are looked up as ever.
    """

    answers: Mapping[str, Sequence[Sequence[str]]]
    otherwise: Callable[..., Awaitable[list[Any]]]
    asked: list[str] = field(default_factory=list)

    async def getaddrinfo(self, host: str, port: int, **more: Any) -> list[Any]:
        if host not in self.answers:
            return await self.otherwise(host, port, **more)
        answers = self.answers[host]
        found = answers[min(self.asked.count(host), len(answers) - 1)]
        self.asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


class Roads(httpx2.AsyncBaseTransport):
    """Connects within this machine alone, and notes where to: the public address leads back here.

    What is in `when_refused` under a port is done after a connection to it was refused.
    """

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0))
        self.went: list[tuple[str, int | None]] = []
        self.when_refused: dict[int | None, Callable[[], Awaitable[None]]] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.went.append((request.url.host, request.url.port))
        assert request.url.host in {PUBLIC, HOST}, f"{request.url} leads away from this machine"
        request.url = request.url.copy_with(host=HOST)
        try:
            return await self._inner.handle_async_request(request)
        except httpx2.ConnectError:
            if request.url.port in self.when_refused:
                await self.when_refused[request.url.port]()
            raise

    def to(self, port: int, *, since: int = 0) -> list[str]:
        """Name the addresses that were connected to at a port, after so many connections in all."""
        return [address for address, at in self.went[since:] if at == port]

    async def aclose(self) -> None:
        await self._inner.aclose()
