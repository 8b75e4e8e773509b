"""What is measured: the local stack of `signoff up` with a bare worker beside it, all in a temporary folder."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil
from temporalio.client import Client

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.settings import load_settings
from starter.children import start_child
from starter.plan import Plan, Ports, make_plan
from starter.sockets import HOST, free_ports
from starter.stack import Stack, StackError, running

BARE_COMMAND: Final = [sys.executable, "-P", "-m", "bench.bare"]
_OURS: Final = ("SIGNOFF_", "TEMPORAL_", "OPENAI_")
_PATIENCE: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class Cpu:
    """User and system milliseconds that each process has used."""

    server: float
    worker: float
    bare_worker: float

    def since(self, before: "Cpu") -> "Cpu":
        """Give what was used in between."""
        return Cpu(
            server=self.server - before.server,
            worker=self.worker - before.worker,
            bare_worker=self.bare_worker - before.bare_worker,
        )

    def over(self, count: float) -> "Cpu":
        """Share it among so many."""
        return Cpu(server=self.server / count, worker=self.worker / count, bare_worker=self.bare_worker / count)


@dataclass(frozen=True)
class Rig:
    """The running stack, as the phases use it."""

    plan: Plan
    stack: Stack
    jobs: JobClient
    server: psutil.Process
    worker: psutil.Process
    bare_worker: psutil.Process

    @property
    def temporal(self) -> Client:
        """A connection to the server."""
        return self.stack.temporal

    def cpu(self) -> Cpu:
        """Read what each process has used so far.

        Raises:
            StackError: One of them has ended.
        """
        try:
            return Cpu(server=_used(self.server), worker=_used(self.worker), bare_worker=_used(self.bare_worker))
        except psutil.Error as error:
            msg = f"a process ended unexpectedly: {error}"
            raise StackError(msg) from error

    async def ledger(self) -> Any:  # noqa: ANN401  the simulator's JSON
        """Read what the simulator was asked for."""
        return await read_ledger(self.plan)


@asynccontextmanager
async def running_rig() -> AsyncIterator[Rig]:
    """Run everything as long as the block does; no process and no file outlives it.

    Raises:
        SettingsError: A part is not installed; nothing was started.
        StackError: A part ended, or did not get ready in time.
    """
    with tempfile.TemporaryDirectory(prefix="signoff-bench-", ignore_cleanup_errors=True) as folder:
        isolate(Path(folder))
        settings = load_settings()
        plan = make_plan(settings, Ports(*free_ports(3)))
        async with running(plan) as stack:
            environ = plan.environment(os.environ)
            logs = settings.state_dir / "logs"
            bare = await start_child("bare", BARE_COMMAND, logs=logs, environ=environ, patience=_PATIENCE)
            try:
                yield Rig(
                    plan=plan,
                    stack=stack,
                    jobs=JobClient(stack.temporal, open_archive(settings.archive)),
                    server=child_running(plan.temporal_command),
                    worker=child_running(plan.worker_command),
                    bare_worker=psutil.Process(bare.process.pid),
                )
            finally:
                await bare.stop()


async def read_ledger(plan: Plan) -> Any:  # noqa: ANN401  the simulator's JSON
    """Read what the simulator of a plan was asked for."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        return (await http.get(f"http://{HOST}:{plan.ports.simulator}/simulator/ledger")).json()


def isolate(folder: Path) -> None:
    """Keep the user's own settings, servers and keys out of the measurement, and the bytecode cache in it.

    Each job imports the workflow anew in its sandbox; without the cache, which an installation has, it compiles it
    anew as well.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in [name for name in os.environ if name.upper().startswith(_OURS)]:
        del os.environ[name]
    profiles = folder / "profiles.toml"
    profiles.touch()
    os.environ |= {"TEMPORAL_CONFIG_FILE": str(profiles), "SIGNOFF_STATE_DIR": str(folder)}


def child_running(command: Sequence[str]) -> psutil.Process:
    """Find the child of this process that runs a command."""
    return next(child for child in psutil.Process().children() if child.cmdline() == list(command))


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system) * 1000
