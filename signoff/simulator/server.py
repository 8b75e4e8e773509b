"""The simulator under uvicorn, which can close connections and stop listening when it is told to."""

import asyncio
import socket
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from signoff.simulator.wire import ABORT


class _AbortableProtocol(H11Protocol):
    """Lets the application close its connection: raising an error would be answered with a 500."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base
        super().connection_made(transport)
        app = self.app

        async def with_abort(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- uvicorn's own types
            scope.setdefault("extensions", {})[ABORT] = transport.abort
            await app(scope, receive, send)

        self.app = with_abort


class Server(uvicorn.Server):
    """Says where it listens as soon as it accepts connections."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=_AbortableProtocol,
            lifespan="off",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)
        self._state = app.state
        self._state.control.refuse = self._refuse
        self._reopening: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            # Whatever port was free at first is the one to come back to.
            self.config.port = port
            host = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"simulator listening on http://{host}:{port}/v1\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End without waiting for replies that are late on purpose."""
        self._state.patience.end()
        self._state.announcer.end()
        await super().shutdown(sockets)

    def _refuse(self, seconds: float) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self._reopening:
            self._reopening.cancel()
        self._reopening = asyncio.get_running_loop().create_task(self._reopen(seconds))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await super().startup()
