"""One stack of real processes for all tests here: dev server, simulator, worker."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import psutil
import pytest
import pytest_asyncio

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind
from signoff.domain.description import JobDescription
from signoff.domain.job import parse_request
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.settings import load_settings
from starter.children import Child, start_child
from starter.plan import Plan, Ports, make_plan
from starter.sockets import HOST, free_ports
from starter.stack import Stack, running
from tests.adapters.post_office import PostOffice, a_post_office
from tests.e2e.environment import own_environment
from tests.e2e.receiver import Receiver, receiving

POLICY = """
adoption_window = "PT2S"

[classes.transient]
first_delay = "PT0.5S"
growth = 1.5

[classes.rate_limited]
first_delay = "PT0.5S"

[classes.outcome_unknown]
first_delay = "PT0.5S"

[classes.timeout]
first_delay = "PT4S"
jitter = 0
attempts = 2
"""
"""What takes minutes and hours in production takes seconds here."""


@dataclass
class World:
    """The running processes, and what a test asks of them."""

    plan: Plan
    stack: Stack
    jobs: JobClient
    receiver: Receiver
    environ: dict[str, str]
    more: list[Child] = field(default_factory=list)
    office: PostOffice = field(default_factory=PostOffice)

    async def submit(
        self, *, scenario: str = "completed queued=0 running=1", parameters: Any = None, **changes: Any
    ) -> str:
        response = {"model": "a-model", "input": "a question", "metadata": {"simulator": scenario}}
        response |= parameters or {}
        request = {"requester": "a-service", "response": response, **changes}
        return (await self.jobs.submit(parse_request(request))).job_id

    async def until(self, job_id: str, is_so: Callable[[JobDescription], bool]) -> JobDescription:
        """Follow a job until its description is as wanted, for a bounded time."""
        seen = None
        async for seen in self.jobs.follow(job_id, timedelta(milliseconds=200)):
            if is_so(seen):
                return seen
        pytest.fail(f"{job_id} closed as {seen.status if seen else 'nothing'}")

    async def held(self, job_id: str) -> JobDescription:
        return await self.until(job_id, lambda seen: seen.status is JobStatus.AWAITING_REVIEW and seen.is_complete)

    async def decide(self, job_id: str, kind: DecisionKind = DecisionKind.APPROVE) -> DecisionAnswer:
        held = await self.held(job_id)
        decision = Decision(
            decision_id=f"{job_id}-{kind}", kind=kind, digest=held.digest or "", reviewer="ana", comment="seen"
        )
        return await self.jobs.decide(job_id, decision)

    async def closed(self, job_id: str) -> JobRecord:
        await self.until(job_id, lambda seen: seen.status.is_closed)
        return await self.jobs.record(job_id)

    async def kill_worker(self) -> None:
        """End every worker of this stack at once, as a crash would."""
        await self._kill(self.plan.worker_command)

    async def start_worker(self) -> None:
        name, command = f"worker-{len(self.more) + 2}", self.plan.worker_command
        self.more.append(
            await start_child(name, command, logs=self.plan.logs, environ=self.environ, patience=timedelta(seconds=20))
        )

    async def _kill(self, command: Sequence[str]) -> None:
        processes = [one for one in psutil.Process().children() if self._is_mine(one, command)]
        assert processes, f"nothing runs as {' '.join(command)}"
        for process in processes:
            process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(10):
            while any(_is_alive(process) for process in processes):  # noqa: ASYNC110  a process sets no event
                await asyncio.sleep(0)

    def _is_mine(self, process: psutil.Process, command: Sequence[str]) -> bool:
        try:
            place = process.environ().get("TEMPORAL_ADDRESS")
            return place == self.plan.address and process.cmdline() == list(command)
        except psutil.Error:
            return False

    async def creates_of(self, job_id: str) -> int:
        """Count the creates of a job that the simulator accepted."""
        ledger = (await self.simulator("GET", "ledger")).json()
        return sum(create["metadata"].get("signoff_job_id") == job_id for create in ledger["creates"])

    async def simulator(self, method: str, path: str, content: Any = None) -> httpx2.Response:
        """Ask the simulator itself, beside its API."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
            url = f"http://{HOST}:{self.plan.ports.simulator}/simulator/{path}"
            return (await http.request(method, url, json=content)).raise_for_status()


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with receiving() as receiver, a_post_office() as office, AsyncExitStack() as stay:
        folder = tmp_path_factory.mktemp("stack")
        allowed = {
            "SIGNOFF_DELIVERY_HOSTS": f"{receiver.host},{receiver.empty_host}",
            "SIGNOFF_DELIVERY_STORES": f"file:{folder}/results",
            "SIGNOFF_DELIVERY_ADDRESSES": f"mail={office.url}",
            "SIGNOFF_DELIVERY_RECIPIENTS": "@example.com",
        }
        with own_environment(folder, POLICY, **allowed):
            settings = load_settings()
            plan = make_plan(settings, Ports(*free_ports(3)))
            stack = await stay.enter_async_context(running(plan))
            environ = plan.environment(os.environ)
        jobs = JobClient(stack.temporal, open_archive(settings.archive))
        ready = World(plan=plan, stack=stack, jobs=jobs, receiver=receiver, office=office, environ=environ)
        yield ready
        for child in ready.more:
            await child.stop()
