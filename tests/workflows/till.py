"""The user's own worker: one activity that acts on what was approved, with a memory of what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from signoff.acting import ApprovedDeliverable
from signoff.domain.record import JobRecord
from tests.world import World

QUEUE: Final = "payments"
REFUND: Final = {"channel": "activity", "name": "refund", "task_queue": QUEUE}
ALLOWED: Final = {"delivery_activities": (f"{QUEUE}/refund",)}


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Till:
    """Gives or raises its `answers` in turn, the last one again and again; waits for `may_answer` before each."""

    answers: list[Any] = field(default_factory=lambda: ["refund-1"])
    asked: list[ApprovedDeliverable] = field(default_factory=list)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=_set_event)

    @activity.defn(name="refund")
    async def refund(self, approved: ApprovedDeliverable) -> Any:
        self.asked.append(approved)
        self.is_asked.set()
        await self.may_answer.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def serving(env: WorkflowEnvironment, till: Till) -> AsyncIterator[None]:
    """Serve the task queue of the till."""
    async with Worker(env.client, task_queue=QUEUE, activities=[till.refund]):
        yield


async def approved_for(world: World, **changes: Any) -> str:
    """Submit a job that is delivered by the till, and approve its result."""
    job_id = await world.submit(delivery=REFUND | changes)
    await world.approve(job_id)
    return job_id


async def closed(world: World, job_id: str) -> JobRecord:
    return await world.until(job_id, lambda record: record.is_closed)
