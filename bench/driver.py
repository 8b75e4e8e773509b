"""Driving jobs as requesters and reviewers do: so many at once, and with as few calls as they would make."""

import asyncio
import sys
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Final

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from bench import bare
from bench.stack import Rig
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.errors import SignoffError
from signoff.domain.job import JobRequest
from signoff.domain.record import JobOutcome
from signoff.domain.status import JobStatus

IN_FLIGHT: Final = 60
LATE: Final = "it did not end in time"
LIST_INTERVAL: Final = timedelta(seconds=1)
_LISTED_AT_MOST: Final = 1_000


class Batch(ABC):
    """Jobs that go through the same life, at most `IN_FLIGHT` at once.

    Attributes:
        name: Begins the ids of its jobs.
        run_time: How long the world outside takes for one job.
        calls: How often the driver asked the server for what.
        undelivered: Why a job did not end as it should, by its id.
    """

    def __init__(self, rig: Rig, name: str, count: int, run_time: timedelta) -> None:
        self._rig = rig
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self.name = name
        self.run_time = run_time
        self.job_ids = [f"{name}-{number}" for number in range(count)]
        self.calls: Counter[str] = Counter()
        self.undelivered = dict.fromkeys(self.job_ids, LATE)

    async def run(self) -> None:
        """Run all jobs, and give up on those that take far longer than they may."""
        waves = -(-len(self.job_ids) // IN_FLIGHT)
        bound = 60 + waves * 3 * self.run_time.total_seconds() + 2 * len(self.job_ids)
        tasks = [asyncio.create_task(self._attempt(job_id)) for job_id in self.job_ids]
        try:
            await asyncio.wait(tasks, timeout=bound)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _attempt(self, job_id: str) -> None:
        async with self._slots:
            try:
                why = await self._live(job_id)
            except (SignoffError, RPCError, TemporalError) as error:
                cause = error.cause if isinstance(error, WorkflowFailureError) else ""
                why = f"{type(error).__name__}: {error} {cause}".strip()
        if why:
            self.undelivered[job_id] = why
            sys.stderr.write(f"  {job_id}: {why}\n")
        else:
            del self.undelivered[job_id]

    @abstractmethod
    async def _live(self, job_id: str) -> str:
        """Take one job from start to end. Returns what is wrong with the end, else nothing."""


class Bares(Batch):
    """Bare jobs. The world outside answers twice, each time after half of the run time."""

    async def _live(self, job_id: str) -> str:
        pause = self.run_time.total_seconds() / 2
        handle: WorkflowHandle[object, None] = await self._rig.temporal.start_workflow(
            bare.WORKFLOW, id=job_id, task_queue=bare.TASK_QUEUE
        )
        await asyncio.sleep(pause)
        await handle.signal(bare.WAKE)
        await asyncio.sleep(pause)
        await handle.execute_update(bare.DECIDE)
        await handle.result()
        self.calls.update(("start", "signal", "update", "result"))
        return ""


class Tracked(Batch):
    """The product's jobs, approved by a reviewer as soon as they are held.

    One list per second tells which are held, for all of them together.
    """

    def __init__(self, rig: Rig, name: str, count: int, run_time: timedelta) -> None:
        super().__init__(rig, name, count, run_time)
        self._held: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def run(self) -> None:
        """Run all jobs, while one task sees which are held."""
        watch = asyncio.create_task(self._watch())
        try:
            await super().run()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        for job_id, why in self.undelivered.items():
            if why == LATE:
                self.undelivered[job_id] = f"{LATE}: {await self._standing(job_id)}"

    async def _live(self, job_id: str) -> str:
        jobs = self._rig.jobs
        await jobs.submit(self.request(job_id))
        await self._held[job_id].wait()
        _, record = await jobs.draft(job_id)
        decision = Decision(
            decision_id=f"{job_id}-approval",
            kind=DecisionKind.APPROVE,
            digest=record.deliverable.digest if record.deliverable else "",
            reviewer="reviewer",
        )
        answer = await jobs.decide(job_id, decision)
        if not answer.is_accepted:
            return f"its approval was refused: {answer.reason}"
        outcome = await self._rig.temporal.get_workflow_handle(job_id, result_type=JobOutcome).result()
        self.calls.update(("start", "query", "update", "result"))
        is_delivered = outcome.status is JobStatus.COMPLETED and outcome.receipt is not None
        return "" if is_delivered else f"it is {outcome.status}: {outcome.reason}"

    async def _standing(self, job_id: str) -> str:
        try:
            job = await self._rig.jobs.describe(job_id)
        except SignoffError as error:
            return str(error)
        return f"{job.status} ({job.reason})"

    async def _watch(self) -> None:
        while True:
            try:
                held = await self._rig.jobs.list(
                    status=JobStatus.AWAITING_REVIEW, requester=self.name, limit=_LISTED_AT_MOST
                )
            except SignoffError as error:
                sys.stderr.write(f"  the list failed, and is asked for again: {error}\n")
                held = []
            self.calls["list"] += 1
            for job in held:
                self._held[job.job_id].set()
            await asyncio.sleep(LIST_INTERVAL.total_seconds())

    def request(self, job_id: str) -> JobRequest:
        """Write the request of one job."""
        seconds = self.run_time.total_seconds()
        queued = min(1.0, seconds / 2)
        scenario = f"completed queued={queued:g} running={seconds - queued:g}"
        return JobRequest(
            job_id=job_id,
            title=f"Benchmark job {job_id}",
            requester=self.name,
            response={
                "model": "gpt-5.5",
                "input": "How do tides work?",
                "metadata": {"simulator": scenario},
            },
        )
