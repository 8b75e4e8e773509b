"""A destination that keeps a ledger of what arrived, and of what effect it had."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Final, Protocol

from bench.chaos_schedule import Kill, Moment
from starter.sockets import HOST

_SLOWEST_SECONDS: Final = 1.0
_TAKEN: Final = b"HTTP/1.1 201 Created\r\nlocation: %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class Delivery:
    """One POST that arrived whole.

    Attributes:
        key: Its idempotency key; empty where it has none.
        job_id: Whose result it is, as its body says.
        digest: The sha256 of its body.
        at: When it arrived, on the clock of the event loop.
        has_effect: Whether the receiver acted on it: it never acts on a key that it knows.
        number: The number of the POST that had the effect: its own, or that of the one which it repeats.
    """

    key: str
    job_id: str
    digest: str
    at: float
    has_effect: bool
    number: int

    @property
    def reference(self) -> str:
        """What the receiver calls what came of it, the same for a repeat."""
        return f"/inbox/{self.number}"


class Sender(Protocol):
    """A worker that delivers."""

    def halt(self) -> None:
        """Let it do nothing more, as SIGSTOP does."""

    def kill(self) -> bool:
        """Kill it, and say whether it lived until then."""


@dataclass
class Ambush:
    """A kill that waits for a delivery.

    Attributes:
        sender_at: Finds the living worker whose end of a connection has this port.
        is_sprung: Set once it was killed.
    """

    kill: Kill
    sender_at: Callable[[int], Sender | None]
    is_sprung: asyncio.Event = field(default_factory=asyncio.Event)
    _sender: Sender | None = None

    def meets(self, port: int) -> bool:
        """Find the sender of a delivery, whom the kill is for from now on."""
        self._sender = self.sender_at(port)
        return self._sender is not None

    def halts(self) -> None:
        """Stop the sender before the answer leaves, if it is to die after it: on one core it might report first."""
        if self.kill.moment is Moment.AFTER_ANSWER and self._sender:
            self._sender.halt()

    def springs(self, moment: Moment) -> bool:
        """Kill the sender if this is the moment for it; say whether that was done."""
        if self.kill.moment is not moment or self._sender is None or not self._sender.kill():
            return False
        self.is_sprung.set()
        return True


@dataclass(frozen=True)
class Hit:
    """One delivery whose sender was killed.

    Attributes:
        job_id: Whose it was; empty where the POST was not read.
        posts: How many POSTs the receiver had read by then.
    """

    moment: Moment
    job_id: str
    posts: int


@dataclass
class Receiver:
    """Takes whatever comes. It acts first and answers up to a second later, so that senders die in between.

    Attributes:
        ambush: The kill that the next delivery meets.
        hits: The deliveries that met one.
    """

    seed: int = 0
    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    ambush: Ambush | None = None
    hits: list[Hit] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Name it as `SIGNOFF_DELIVERY_HOSTS` does."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return f"http://{self.host}/inbox"

    def take(self, key: str, body: bytes, at: float) -> Delivery:
        """Act on a delivery, unless its key says that it is a repeat, and write it down."""
        job_id = str(json.loads(body)["job_id"])
        digest = f"sha256:{sha256(body).hexdigest()}"
        has_effect = not key or key not in self._known
        number = self._known[key] = len(self.deliveries) + 1 if has_effect else self._known[key]
        taken = Delivery(key=key, job_id=job_id, digest=digest, at=at, has_effect=has_effect, number=number)
        self.deliveries.append(taken)
        return taken

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one delivery over one connection. One whose sender was killed before it was read stays unread."""
        ambush = self._met(writer)
        try:
            if not self._hit(ambush, Moment.BEFORE_POST):
                await self._answer(await self._read(reader), writer, ambush)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender was killed
        finally:
            if ambush and not ambush.is_sprung.is_set():
                self.ambush = ambush  # its delivery got away
            writer.close()

    def _met(self, writer: asyncio.StreamWriter) -> Ambush | None:
        if self.ambush is None or not self.ambush.meets(writer.get_extra_info("peername")[1]):
            return None
        ambush, self.ambush = self.ambush, None
        return ambush

    def _hit(self, ambush: Ambush | None, moment: Moment, job_id: str = "") -> bool:
        if ambush is None or not ambush.springs(moment):
            return False
        self.hits.append(Hit(moment, job_id, len(self.deliveries)))
        return True

    async def _read(self, reader: asyncio.StreamReader) -> Delivery:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        return self.take(headers.get("idempotency-key", ""), body, asyncio.get_running_loop().time())

    async def _answer(self, taken: Delivery, writer: asyncio.StreamWriter, ambush: Ambush | None) -> None:
        await asyncio.sleep(self._pause_before_answering(taken.job_id, ambush))
        if self._hit(ambush, Moment.WHILE_HELD, taken.job_id):
            return
        if ambush:
            ambush.halts()
        writer.write(_TAKEN % taken.reference.encode())
        self._hit(ambush, Moment.AFTER_ANSWER, taken.job_id)
        await writer.drain()

    def _pause_before_answering(self, job_id: str, ambush: Ambush | None) -> float:
        if ambush and ambush.kill.moment is Moment.WHILE_HELD:
            return ambush.kill.after_seconds
        nth = sum(1 for one in self.deliveries if one.job_id == job_id)
        return Random(f"{self.seed}/{job_id}/{nth}").uniform(0.0, _SLOWEST_SECONDS)


@asynccontextmanager
async def receiving(seed: int) -> AsyncIterator[Receiver]:
    """Serve on a free port of this machine as long as the block does."""
    receiver = Receiver(seed)
    server = await asyncio.start_server(receiver.serve, HOST, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
