"""A destination that keeps a ledger of what arrived, and of what effect it had."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Final

from starter.sockets import HOST

_SLOWEST_SECONDS: Final = 1.0
_TAKEN: Final = b"HTTP/1.1 201 Created\r\nlocation: /inbox/%d\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class Delivery:
    """One POST that arrived whole.

    Attributes:
        key: Its idempotency key; empty where it has none.
        job_id: Whose result it is, as its body says.
        digest: The sha256 of its body.
        at: When it arrived, on the clock of the event loop.
        has_effect: Whether the receiver acted on it: it never acts on a key that it knows.
    """

    key: str
    job_id: str
    digest: str
    at: float
    has_effect: bool


@dataclass
class Receiver:
    """Takes whatever comes. It acts first and answers up to a second later, so that senders die in between."""

    seed: int = 0
    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

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
        self._known.add(key)
        taken = Delivery(key=key, job_id=job_id, digest=digest, at=at, has_effect=has_effect)
        self.deliveries.append(taken)
        return taken

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one delivery over one connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            taken = self.take(headers.get("idempotency-key", ""), body, asyncio.get_running_loop().time())
            await asyncio.sleep(self._pause_before_answering(taken.job_id))
            writer.write(_TAKEN % len(self.deliveries))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender was killed
        finally:
            writer.close()

    def _pause_before_answering(self, job_id: str) -> float:
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
