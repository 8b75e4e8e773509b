"""The world around the workers: Temporal and the simulator, which stay, and a destination for deliveries."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil
from temporalio.client import Client

from bench.chaos_receiver import Receiver, receiving
from bench.stack import child_running, isolate, read_ledger
from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.deployment import OnUnknown
from signoff.settings import Settings, load_settings
from starter.plan import Plan, Ports, make_plan
from starter.sockets import HOST, free_ports
from starter.stack import Stack, StackError, running

LEDGER_LIMIT: Final = 20_000
"""How many creates the simulator remembers; beyond them nothing can be told."""

POLICY: Final = """\
on_unknown = "{on_unknown}"
adoption_window = "PT2S"

[maximum]
attempts = 20

[classes.outcome_unknown]
first_delay = "PT1S"
longest_delay = "PT1S"
growth = 1
attempts = 10
"""
"""The rules of the deployment: the default ones, but impatient, so that a run takes minutes."""

_REPLY_SECONDS: Final = 0.5
"""How long after its acceptance a create is answered, so that workers die in between as they would at OpenAI."""

_WATCH_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Faults:
    """What goes wrong besides the kills, and what there is to put it right.

    Attributes:
        drop_percent: The share of the replies to creates that are lost.
        is_listing: Whether the provider can list responses, so that lost ones can be found.
        is_parking: Whether a lost response that was not found leads to the operator, instead of another create.
    """

    drop_percent: int
    seed: int
    is_listing: bool = False
    is_parking: bool = False


@dataclass(frozen=True)
class World:
    """What stays while workers die."""

    plan: Plan
    settings: Settings
    stack: Stack
    jobs: JobClient
    receiver: Receiver

    @property
    def temporal(self) -> Client:
        """A connection to the server."""
        return self.stack.temporal

    async def ledger(self) -> Any:  # noqa: ANN401  the simulator's JSON
        """Read what the simulator was asked for.

        Raises:
            StackError: It was asked for so much that it has forgotten some.
        """
        ledger = await read_ledger(self.plan)
        if len(ledger["creates"]) >= LEDGER_LIMIT:
            msg = f"the simulator remembers {LEDGER_LIMIT:,} creates at most; take fewer jobs"
            raise StackError(msg)
        return ledger

    async def watch(self) -> None:
        """Wait until the server or the simulator ends.

        Raises:
            StackError: Says which.
        """
        commands = {"temporal": self.plan.temporal_command, "simulator": self.plan.simulator_command}
        parts = {name: child_running(command) for name, command in commands.items()}
        while True:
            if ended := [name for name, part in parts.items() if not _is_alive(part)]:
                msg = f"{ended[0]} ended unexpectedly; its log is in {self.plan.logs}"
                raise StackError(msg)
            await asyncio.sleep(_WATCH_SECONDS)


@asynccontextmanager
async def running_world(faults: Faults, kept: Path | None) -> AsyncIterator[World]:
    """Run everything but the workers as long as the block does; files stay only in a folder that is named.

    Raises:
        SettingsError: A part is not installed; nothing was started.
        StackError: A part ended, or did not get ready in time.
    """
    with _folder(kept) as folder:
        isolate(folder)
        async with receiving(faults.seed) as receiver:
            on_unknown = OnUnknown.PARK if faults.is_parking else OnUnknown.RECREATE
            (folder / "policy.toml").write_text(POLICY.format(on_unknown=on_unknown))
            rules = {"SIGNOFF_POLICY_FILE": str(folder / "policy.toml"), "SIGNOFF_DELIVERY_HOSTS": receiver.host}
            os.environ.update(rules)
            settings = load_settings()
            plan = make_plan(settings, Ports(*free_ports(3)))
            async with running(plan) as stack:
                child_running(plan.worker_command).kill()  # it has shown that it works; the run starts its own
                await _steer(plan, faults)
                jobs = JobClient(stack.temporal, open_archive(settings.archive))
                yield World(plan=plan, settings=settings, stack=stack, jobs=jobs, receiver=receiver)


async def _steer(plan: Plan, faults: Faults) -> None:
    drop = {"percent": faults.drop_percent, "seed": faults.seed, "operations": ["create"]}
    slow = {"seconds": _REPLY_SECONDS, "operations": ["create"]}
    address = f"http://{HOST}:{plan.ports.simulator}/simulator/control"
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.put(address, json={"drop": drop, "slow": slow, "listing": faults.is_listing})
    if answer.is_error:
        msg = f"the simulator can't be steered: {answer.text}"
        raise StackError(msg)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept:
        kept.mkdir(parents=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="signoff-chaos-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
