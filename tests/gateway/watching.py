"""A gateway that serves events alone, on a real server in this process, and viewers of it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from signoff.gateway.events import events_router
from signoff.gateway.feeds import Feeds
from signoff.gateway.problems import HANDLERS
from signoff.reading import JobReader


class Server(uvicorn.Server):
    """Closes the feeds first, as the process does: uvicorn waits for open streams."""

    feeds: Feeds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.feeds.close()
        await super().shutdown(sockets)


@dataclass
class Gateway:
    """Where it answers, and what is behind it."""

    server: Server
    feeds: Feeds
    http: httpx2.AsyncClient

    @asynccontextmanager
    async def view(self, job_id: str, **headers: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        async with self.http.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield blocks(answer)

    async def events(self, job_id: str, **headers: str) -> list[dict[str, Any]]:
        """Take every event until the stream ends."""
        async with self.view(job_id, **headers) as seen:
            return [block async for block in seen if "id" in block]


async def blocks(answer: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    """Read the wire: a blank line ends a block; a comment is a field without a name."""
    block: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            block[name.rstrip(":")] = json.loads(value) if name == "data" else value
        elif block:
            yield block
            block = {}


async def own_job(job_id: str) -> str:
    """Let everybody see every job."""
    return job_id


@asynccontextmanager
async def a_gateway(jobs: JobReader, limit: int = 1000) -> AsyncIterator[Gateway]:
    feeds = Feeds(jobs, limit)
    app = FastAPI(exception_handlers=dict(HANDLERS))
    app.include_router(events_router(jobs, own_job, feeds))
    server = Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=30))
    server.feeds = feeds
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=address, timeout=60, limits=httpx2.Limits(max_connections=50)) as http:
            try:
                yield Gateway(server, feeds, http)
            finally:
                server.should_exit = True
                await serving
