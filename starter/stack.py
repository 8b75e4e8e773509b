"""The embedded local stack: Temporal, the simulator and a worker as children of one process."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from signoff.domain import names
from signoff.domain.errors import RefusedError, SettingsError, UnreachableError
from signoff.temporal import RPC_TIMEOUT, add_search_attributes
from signoff.upkeep import schedule_upkeep
from starter.children import Child, start_child
from starter.connection import open_temporal
from starter.plan import Plan
from starter.sockets import check_free, is_answering

T = TypeVar("T")
READY_WITHIN: Final = timedelta(seconds=90)
_PROBE_INTERVAL: Final = timedelta(milliseconds=100)
_PATIENCE: Final = timedelta(seconds=10)


class StackError(Exception):
    """A part of the stack ended or did not start. The message holds its last lines."""


class Stack:
    """The running parts, in the order in which they were started.

    `temporal` is a connection to the server that the jobs live on.
    """

    temporal: Client

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._environ = plan.environment(os.environ)
        self._children: list[Child] = []

    async def start(self) -> None:
        """Start every part, and return when jobs can be submitted and worked on.

        Raises:
            StackError: A part ended, or did not get ready in time.
            UnreachableError: The Temporal server that the environment names does not answer.
        """
        plan = self._plan
        server = await self._started("temporal", plan.temporal_command) if plan.has_temporal else None
        simulator = await self._started("simulator", plan.simulator_command) if plan.has_simulator else None
        self.temporal = await (_ready(server, self._server) if server else self._named_server())
        with contextlib.suppress(RefusedError):  # an older server has no schedules, and jobs need none
            await schedule_upkeep(self.temporal)
        if simulator:
            await _ready(simulator, self._simulator)
        worker = await self._started("worker", plan.worker_command, plan.patience, plan.links)
        await _ready(worker, lambda: self._polls(worker))
        if plan.has_gateway:
            gateway = await self._started("gateway", plan.gateway_command, plan.patience)
            await _ready(gateway, self._gateway)

    async def first_end(self) -> StackError:
        """Wait until a part ends by itself, and say which and why."""
        waits = {asyncio.ensure_future(child.process.wait()): child for child in self._children}
        try:
            ended, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return _told(waits[ended.pop()], "ended unexpectedly")

    async def stop(self) -> None:
        """Stop every part, the latest first: the worker before what it works with."""
        while self._children:
            await self._children[-1].stop()
            self._children.pop()

    async def _started(
        self,
        name: str,
        command: Sequence[str],
        patience: timedelta = _PATIENCE,
        defaults: Mapping[str, str] = MappingProxyType({}),
    ) -> Child:
        environ = {**defaults, **self._environ}
        child = await start_child(name, command, logs=self._plan.logs, environ=environ, patience=patience)
        self._children.append(child)
        return child

    async def _named_server(self) -> Client:
        try:
            client = await open_temporal()
            await add_search_attributes(client)
        except (UnreachableError, RPCError) as error:
            name = self._plan.named_server
            msg = f"your environment or profile names the Temporal server {name}, which can't be used: {error}"
            raise UnreachableError(f"{msg}; to start an embedded one instead, unset TEMPORAL_ADDRESS") from error
        return client

    async def _server(self) -> Client | None:
        try:
            client = await open_temporal(self._plan.address)
            await add_search_attributes(client)
        except (UnreachableError, RPCError):
            return None
        return client

    async def _simulator(self) -> bool:
        return await is_answering(self._plan.ports.simulator)

    async def _gateway(self) -> bool:
        return await is_answering(self._plan.ports.gateway or 0)

    async def _polls(self, worker: Child) -> bool:
        request = DescribeTaskQueueRequest(
            namespace=self.temporal.namespace,
            task_queue=TaskQueue(name=names.TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            found = await self.temporal.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
        except RPCError:
            return False
        return any(poller.identity.startswith(f"{worker.process.pid}@") for poller in found.pollers)


@asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[Stack]:
    """Run a stack as long as the block does; whatever happens, no part outlives it.

    Raises:
        SettingsError: A port or the state directory is in use, or a part is not installed; nothing was started.
        StackError: A part ended, or did not get ready in time.
    """
    plan.check_installed()
    check_free(plan.ports_needed)
    stack = Stack(plan)
    with _locked(plan.state_dir):
        try:
            await stack.start()
            yield stack
        finally:
            await stack.stop()


async def beside(stack: Stack, work: Awaitable[T]) -> T:
    """Do something while the stack runs.

    Raises:
        StackError: A part ended before the work was done.
    """
    ending, doing = asyncio.ensure_future(stack.first_end()), asyncio.ensure_future(work)
    try:
        await asyncio.wait({ending, doing}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise await ending
        return await doing
    finally:
        for task in (ending, doing):
            task.cancel()
        await asyncio.gather(ending, doing, return_exceptions=True)


async def _ready(child: Child, probe: Callable[[], Awaitable[T | None]]) -> T:
    """Ask until the answer is yes, as long as the child lives and time is left."""
    end = asyncio.get_running_loop().time() + READY_WITHIN.total_seconds()
    while child.is_alive:
        if answer := await probe():
            return answer
        if asyncio.get_running_loop().time() > end:
            raise _told(child, f"did not get ready within {READY_WITHIN.total_seconds():.0f} s")
        await asyncio.sleep(_PROBE_INTERVAL.total_seconds())
    raise _told(child, "ended while it was starting")


def _told(child: Child, what: str) -> StackError:
    code = child.process.returncode
    exit_code = "" if code is None else f" (exit code {code})"
    return StackError(f"{child.name} {what}{exit_code}; its last lines, from {child.log}:\n{child.last_lines()}")


@contextmanager
def _locked(state_dir: Path) -> Iterator[None]:
    """Keep a second stack off the state directory: two servers on one file would ruin it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = f"another `signoff up` uses {state_dir}; stop it first, or set SIGNOFF_STATE_DIR to another folder"
            raise SettingsError(told) from None
        yield
