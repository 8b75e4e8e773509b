"""Heartbeats beside a call, so that a worker that died is noticed in seconds instead of at the time limit."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from temporalio import activity

INTERVAL: Final = timedelta(seconds=3)
HEARTBEAT_TIMEOUT: Final = timedelta(seconds=15)
"""How long the server waits for the next heartbeat before it gives the execution up."""


@asynccontextmanager
async def beating(progress: Callable[[], Sequence[Any]] | None = None) -> AsyncIterator[None]:
    """Send heartbeats as long as the block runs; a call that is shorter than the interval sends none.

    `progress` gives their details. Without it, those that an earlier execution left are sent again, since each
    heartbeat replaces them.
    """
    left = activity.info().heartbeat_details

    async def beat() -> None:
        while True:
            await asyncio.sleep(INTERVAL.total_seconds())
            activity.heartbeat(*(progress() if progress else left))

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats
