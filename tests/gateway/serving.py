"""A gateway with a worker behind it, served on a port of its own by a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from signoff.gateway.app import GatewayParts, create_app
from signoff.tokens import Role, TokenStore
from tests.world import QUICKLY, a_world, start_dev_server

START_SECONDS = 60.0


class _Serving:
    """The loop of the thread, and what a test needs of it."""

    def __init__(self, folder: Path) -> None:
        self.tokens = TokenStore(folder / "tokens.json")
        self.ready = threading.Event()
        self.url = ""
        self._server: uvicorn.Server | None = None

    async def run(self) -> None:
        async with await start_dev_server(config=QUICKLY) as env, a_world(env) as world:
            app = create_app(GatewayParts(jobs=world.jobs, tokens=self.tokens))
            self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started and not serving.done():  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            self.ready.set()
            await serving

    def stop(self) -> None:
        if self._server:
            self._server.should_exit = True


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Give the address of a gateway, and a token that has every role."""
    serving = _Serving(folder)
    thread = threading.Thread(target=lambda: asyncio.run(serving.run()))
    thread.start()
    try:
        assert serving.ready.wait(START_SECONDS), "the gateway did not start"
        yield serving.url, serving.tokens.create("somebody", list(Role), datetime.now(UTC)).secret
    finally:
        serving.stop()
        thread.join(START_SECONDS)
