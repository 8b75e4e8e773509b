"""The local stack with its gateway, and a worker for bare signals, all in a temporary folder."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client

from bench.stack import isolate, read_ledger
from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.settings import load_settings
from starter.children import start_child
from starter.plan import Plan, Ports, make_plan
from starter.sockets import free_ports
from starter.stack import Stack, running

_SIGNAL_COMMAND: Final = [sys.executable, "-P", "-m", "bench.freshness_signal"]
_PATIENCE: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class World:
    """The running stack, as the driver uses it."""

    plan: Plan
    stack: Stack
    jobs: JobClient

    @property
    def temporal(self) -> Client:
        """A connection to the server."""
        return self.stack.temporal

    async def ledger(self) -> Any:  # noqa: ANN401  the simulator's JSON
        """Read what the simulator was asked for."""
        return await read_ledger(self.plan)


@asynccontextmanager
async def running_world() -> AsyncIterator[World]:
    """Run everything as long as the block does; no process and no file outlives it.

    Raises:
        SettingsError: A part is not installed; nothing was started.
        StackError: A part ended, or did not get ready in time.
    """
    with tempfile.TemporaryDirectory(prefix="signoff-freshness-", ignore_cleanup_errors=True) as folder:
        isolate(Path(folder))
        settings = load_settings()
        temporal, ui, simulator, gateway = free_ports(4)
        plan = make_plan(settings, Ports(temporal=temporal, ui=ui, simulator=simulator, gateway=gateway))
        async with running(plan) as stack:
            environ = plan.environment(os.environ)
            bare = await start_child("signal", _SIGNAL_COMMAND, logs=plan.logs, environ=environ, patience=_PATIENCE)
            try:
                yield World(plan=plan, stack=stack, jobs=JobClient(stack.temporal, open_archive(settings.archive)))
            finally:
                await bare.stop()
