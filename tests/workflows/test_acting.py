"""Delivery by an activity of the user's own: it acts on what was approved, and only then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from signoff.acting import ApprovedDeliverable, deliverable_of
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain import layout
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction
from tests.world import World, a_world

QUEUE = "payments"
REFUND: dict[str, Any] = {"channel": "activity", "name": "refund", "task_queue": QUEUE}
ALLOWED = {"delivery_activities": (f"{QUEUE}/refund",)}


@dataclass
class Till:
    """The user's own activity, and what it was asked to do; `answers` are given or raised in turn, the last for good."""

    answers: list[Any] = field(default_factory=lambda: ["refund-1"])
    asked: list[ApprovedDeliverable] = field(default_factory=list)

    @activity.defn(name="refund")
    async def refund(self, approved: ApprovedDeliverable) -> Any:
        self.asked.append(approved)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if isinstance(answer, Callable) else answer  # type: ignore[arg-type]


@asynccontextmanager
async def acting(env: WorkflowEnvironment, act: Any) -> AsyncIterator[None]:
    async with Worker(env.client, task_queue=QUEUE, activities=[act]):
        yield


async def delivered_by(world: World, **changes: Any) -> str:
    job_id = await world.submit(delivery=REFUND | changes)
    await world.approve(job_id)
    return job_id


async def closed(world: World, job_id: str) -> JobRecord:
    return await world.until(job_id, lambda record: record.is_closed)


async def test_the_activity_is_given_what_was_approved_and_its_answer_is_the_receipt(env: WorkflowEnvironment) -> None:
    till = Till()
    provider = InMemoryResponses(script=[completed('{"order": "A-1"}')])
    async with a_world(env, provider=provider, settings=ALLOWED) as world, acting(env, till.refund):
        job_id = await delivered_by(world)
        record = await closed(world, job_id)
        [approved] = till.asked
        assert approved.idempotency_key == f"{job_id}:{record.approved_digest}"
        assert approved.approvers == ("ana",)
        assert (await deliverable_of(approved)).text == '{"order": "A-1"}'
        assert record.receipt
        assert record.receipt.model_dump(exclude={"at"}) == {
            "channel": "activity",
            "destination": "payments/refund",
            "reference": "refund-1",
            "digest": record.approved_digest,
        }
        assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:deliver") == 0
