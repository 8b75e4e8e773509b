"""Workers that are killed at moments that the seed decides, or when they deliver, and started again at once."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.service import RPCError

from bench.chaos_receiver import Ambush
from bench.chaos_schedule import Kill
from bench.chaos_world import World
from signoff.temporal import RPC_TIMEOUT
from starter.children import Child, start_child
from starter.stack import READY_WITHIN, StackError

T = TypeVar("T")
_PATIENCE: Final = timedelta(seconds=25)
_PROBE_SECONDS: Final = 0.1
_UNCALLED_ENDS: Final = 5
"""How many workers may end by themselves before the run is given up."""


@dataclass
class Slot:
    """The place of one worker. `is_ready` is set while the worker in it takes work."""

    child: Child | None = None
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Victim:
    """The worker that a kill is meant for; the next one in its slot is spared."""

    slot: Slot
    child: Child
    killed: set[int]

    @property
    def is_alive(self) -> bool:
        """Whether it has neither ended nor been killed."""
        return self.child.is_alive and self.child.process.pid not in self.killed

    def has_connection_at(self, port: int) -> bool:
        """Whether its end of a connection has this port."""
        try:
            connections = psutil.Process(self.child.process.pid).net_connections("tcp")
        except psutil.Error:
            return False  # it has just ended
        return any(port in one.laddr for one in connections)

    def halt(self) -> None:
        """Let it do nothing more."""
        if self.is_alive:
            self.child.process.send_signal(signal.SIGSTOP)

    def kill(self) -> bool:
        """Kill it and write that down; false where it was dead already."""
        if not self.is_alive:
            return False
        self.child.process.kill()
        self.killed.add(self.child.process.pid)
        self.slot.is_ready.clear()
        return True


class Workers:
    """The workers of one run.

    Attributes:
        passed: One event per kill, set once it was done; the first is set from the start.
        uncalled_ends: The last lines of the workers that ended without being killed.
    """

    def __init__(self, world: World, command: Sequence[str], task_queue: str, count: int) -> None:
        self._world = world
        self._command = command
        self._queue = task_queue
        self._environ = world.plan.environment(os.environ)
        self._slots = [Slot() for _ in range(count)]
        self._numbers = itertools.count(1)
        self._killed: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.passed = [asyncio.Event()]
        self.passed[0].set()
        self.uncalled_ends: list[str] = []

    @property
    def kills(self) -> int:
        """How many were killed so far."""
        return len(self._killed)

    @asynccontextmanager
    async def working(self, kills: Sequence[Kill], patience: timedelta) -> AsyncIterator[None]:
        """Keep every slot filled as long as the block runs, and kill as planned.

        Where no delivery comes to be hit for as long as the patience lasts, nothing is killed any more.
        """
        self.passed += [asyncio.Event() for _ in kills]
        endless = [*(self._keep(slot) for slot in self._slots), self._kill(kills, patience), self._world.watch()]
        self._tasks = [asyncio.create_task(one) for one in endless]
        try:
            yield
        finally:
            await _cancelled(self._tasks)
            await asyncio.gather(*(slot.child.stop() for slot in self._slots if slot.child))

    async def beside(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work as long as all is as it should be.

        Raises:
            StackError: The server, the simulator or too many workers ended by themselves.
        """
        doing = asyncio.create_task(work)
        try:
            await asyncio.wait({doing, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done():
                    await task
            return await doing
        finally:
            await _cancelled([doing])

    async def _kill(self, kills: Sequence[Kill], patience: timedelta) -> None:
        try:
            for kill, passed in zip(kills, self.passed[1:], strict=True):
                async with asyncio.timeout(patience.total_seconds() if kill.moment else None):
                    await (self._kill_sender(kill) if kill.moment else self._kill_after(kill))
                passed.set()
        except TimeoutError:
            self._world.receiver.ambush = None
            for passed in self.passed:
                passed.set()
        await asyncio.get_running_loop().create_future()  # nothing is left to kill

    async def _kill_after(self, kill: Kill) -> None:
        slot, is_done = self._slots[kill.slot], False
        while not is_done:
            await slot.is_ready.wait()
            victim = slot.child
            await asyncio.sleep(kill.after_seconds)
            is_done = victim is not None and Victim(slot, victim, self._killed).kill()

    async def _kill_sender(self, kill: Kill) -> None:
        ambush = Ambush(kill, self._sender_at)
        self._world.receiver.ambush = ambush
        await ambush.is_sprung.wait()

    def _sender_at(self, port: int) -> Victim | None:
        filled = [Victim(slot, slot.child, self._killed) for slot in self._slots if slot.child]
        return next((one for one in filled if one.is_alive and one.has_connection_at(port)), None)

    async def _keep(self, slot: Slot) -> None:
        while len(self.uncalled_ends) < _UNCALLED_ENDS:
            slot.child = child = await self._started()
            if await self._polls(child):
                slot.is_ready.set()
            await child.process.wait()
            slot.is_ready.clear()
            if child.process.pid not in self._killed:
                self.uncalled_ends.append(f"exit code {child.process.returncode}: {child.last_lines()}")
        msg = "\n".join(["the workers end by themselves", *self.uncalled_ends])
        raise StackError(msg)

    async def _started(self) -> Child:
        name, logs = f"worker-{next(self._numbers)}", self._world.plan.logs
        return await start_child(name, self._command, logs=logs, environ=self._environ, patience=_PATIENCE)

    async def _polls(self, child: Child) -> bool:
        """Wait until the server has a worker's first request for work; false where the worker ends before that."""
        end = asyncio.get_running_loop().time() + READY_WITHIN.total_seconds()
        while child.is_alive and not await self._is_known(child):
            if asyncio.get_running_loop().time() > end:
                msg = f"{child.name} did not get ready; its last lines:\n{child.last_lines()}"
                raise StackError(msg)
            await asyncio.sleep(_PROBE_SECONDS)
        return child.is_alive

    async def _is_known(self, child: Child) -> bool:
        temporal = self._world.temporal
        request = DescribeTaskQueueRequest(
            namespace=temporal.namespace,
            task_queue=TaskQueue(name=self._queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            found = await temporal.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
        except RPCError:
            return False
        return any(poller.identity.startswith(f"{child.process.pid}@") for poller in found.pollers)


async def _cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
