"""A worker of the benchmarks as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from temporalio.client import Client
from temporalio.worker import Worker

from signoff.temporal import connect


def work_until_told(make_worker: Callable[[Client], Worker]) -> NoReturn:
    """Work until SIGINT or SIGTERM, and end with 0."""
    asyncio.run(_run(make_worker))
    sys.stderr.flush()
    # The SDK's own threads may abort an interpreter that shuts down normally, which would falsify the exit code.
    os._exit(0)


async def _run(make_worker: Callable[[Client], Worker]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with make_worker(await connect()):
        await stop.wait()
