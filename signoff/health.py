"""Answers probes by HTTP: `/live` says that the process runs, `/ready` whether it can work.

It is no web server. It knows two paths, reads no body, and answers a bounded number of probes, one per connection.
"""

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from signoff.domain.errors import SettingsError

LIVE: Final = "/live"
READY: Final = "/ready"
HEAD_BYTES: Final = 4_096
CONNECTIONS: Final = 32
PATIENCE_SECONDS: Final = 5.0

Problems = Callable[[], Awaitable[Sequence[str]]]
"""Tells what is amiss; nothing where a process is ready."""


@asynccontextmanager
async def answering_probes(address: str, problems: Problems) -> AsyncIterator[None]:
    """Answer probes as long as the block runs.

    Args:
        address: `IP:PORT`; without one nothing is answered.
        problems: What `/ready` says.

    Raises:
        SettingsError: Nothing can listen there.
    """
    server = await _listening(address, Probes(problems)) if address else None
    try:
        yield
    finally:
        if server:
            server.close()


class Probes:
    """Answers one probe per connection."""

    def __init__(self, problems: Problems) -> None:
        """Ask `problems` for each `/ready`."""
        self._problems = problems
        self._open = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request and answer it; whoever is too slow, too long or one too many is hung up on."""
        self._open += 1
        try:
            if self._open <= CONNECTIONS:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    writer.write(await self._answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1")
        if path not in (LIVE, READY):
            return _response(HTTPStatus.NOT_FOUND, {"status": "not found"}, method)
        if method not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, {"status": "only GET"}, method)
        amiss = list(await self._problems()) if path == READY else []
        if amiss:
            return _response(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not ready", "problems": amiss}, method)
        return _response(HTTPStatus.OK, {"status": "ok"}, method)


def _response(status: HTTPStatus, document: dict[str, object], method: bytes) -> bytes:
    body = json.dumps(document).encode() + b"\n"
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + b"Connection: close\r\n\r\n" + (b"" if method == b"HEAD" else body)


async def _listening(address: str, probes: Probes) -> asyncio.Server:
    host, _, port = address.rpartition(":")
    try:
        ip = str(ipaddress.ip_address(host.strip("[]")))
        return await asyncio.start_server(probes.answer, ip, int(port), limit=HEAD_BYTES)
    except (ValueError, OverflowError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{address} is no address"
        told = f"SIGNOFF_HEALTH_ADDRESS: {why}; it takes a free IP:PORT, as in 127.0.0.1:8081"
        raise SettingsError(told) from error
