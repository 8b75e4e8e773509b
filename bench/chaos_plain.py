"""Driving plain jobs through the same chaos: nobody approves them, and nobody repairs them."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import WorkflowFailureError

from bench.chaos_plain_worker import TASK_QUEUE, WORKFLOW, PlainOrder, PlainResult
from bench.chaos_schedule import PlannedJob
from bench.chaos_world import World


class Plain:
    """Starts plain jobs when they are due, and waits for their ends.

    Attributes:
        response_ids: The response that each job knows, by the id of the job; those that did not end have none.
        failed: Why a job ended without a result.
        job_seconds: How long each job took.
    """

    def __init__(self, world: World, planned: Sequence[PlannedJob], passed: Sequence[asyncio.Event]) -> None:
        self._world = world
        self._planned = planned
        self._passed = passed
        self.response_ids: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.job_seconds: list[float] = []

    @property
    def ended(self) -> int:
        """How many jobs have ended so far."""
        return len(self.response_ids) + len(self.failed)

    async def run(self, bound: timedelta) -> None:
        """Return once all jobs have ended, or when some have not so long after the last kill."""
        tasks = [asyncio.create_task(self._live(job)) for job in self._planned]
        try:
            await self._passed[-1].wait()
            done, _ = await asyncio.wait(tasks, timeout=bound.total_seconds())
            for task in done:
                await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self, job: PlannedJob) -> None:
        await self._passed[job.after_kills].wait()
        await asyncio.sleep(job.delay_seconds)
        started = time.monotonic()
        order = PlainOrder(job_id=job.job_id, scenario=job.scenario, url=self._world.receiver.url)
        try:
            result: PlainResult = await self._world.temporal.execute_workflow(
                WORKFLOW, order, id=job.job_id, task_queue=TASK_QUEUE, result_type=PlainResult
            )
        except WorkflowFailureError as error:
            self.failed[job.job_id] = str(error.cause)
        else:
            self.response_ids[job.job_id] = result.response_id
            self.job_seconds.append(time.monotonic() - started)
