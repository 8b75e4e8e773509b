"""Cancelling, in every open status."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.delivery import Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus, ResponseStatus
from signoff.ports import Parcel, RawResponse
from tests.world import Outbox, World, a_decision, a_world


class SlowCreates(InMemoryResponses):
    """Holds the reply to a create until the test lets it go."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.is_sent = asyncio.Event()
        self.may_reply = asyncio.Event()

    async def create(self, parameters: Any) -> RawResponse:
        self.is_sent.set()
        await self.may_reply.wait()
        return await super().create(parameters)


class SlowOutbox(Outbox):
    """Holds a delivery until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def deliver(self, parcel: Parcel) -> Receipt:
        self.is_begun.set()
        await self.may_end.wait()
        return await super().deliver(parcel)


async def test_a_running_job_stops_the_paid_work_and_confirms_it(env: WorkflowEnvironment) -> None:
    async with a_world(env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        await world.jobs.cancel(job_id, by="an operator", reason="no longer needed")
        outcome = await world.handle(job_id).result()
        record = await world.jobs.record(job_id)
        assert outcome.status is JobStatus.CANCELLED
        assert outcome.reason == "cancelled by an operator: no longer needed"
        assert world.provider.cancelled == ["resp_1"]
        assert record.response_status is ResponseStatus.CANCELLED


async def test_a_job_that_waits_for_its_next_attempt_is_cancelled_at_once(env: WorkflowEnvironment) -> None:
    busy = FaultError(Observation(stage=Stage.CREATE, http_status=503, error_code="slow_down", message="busy"))
    async with a_world(env, provider=InMemoryResponses(create_script=[busy])) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.not_before is not None)
        await world.jobs.cancel(job_id, by="an operator")
        outcome = await world.handle(job_id).result()
        creates = world.provider.creates
        await world.env.sleep(timedelta(hours=1))
        assert outcome.status is JobStatus.CANCELLED
        assert world.provider.creates == creates


async def test_a_stopped_job_is_cancelled(env: WorkflowEnvironment) -> None:
    refused = FaultError(Observation(stage=Stage.CREATE, http_status=400, message="no"))
    async with a_world(env, provider=InMemoryResponses(create_script=[refused])) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.status is JobStatus.NEEDS_ATTENTION)
        await world.jobs.cancel(job_id, by="an operator")
        assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED


async def test_a_cancel_while_the_create_is_in_flight_does_not_lose_the_response(env: WorkflowEnvironment) -> None:
    provider = SlowCreates(script=[IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await provider.is_sent.wait()
        await world.jobs.cancel(job_id, by="an operator")
        await world.until(job_id, lambda _: True)
        provider.may_reply.set()
        outcome = await world.handle(job_id).result()
        record = await world.jobs.record(job_id)
        assert outcome.status is JobStatus.CANCELLED
        assert record.response_id == "resp_1"
        assert provider.cancelled == ["resp_1"]


async def test_a_job_held_for_review_is_cancelled_without_asking_the_provider(world: World) -> None:
    job_id = await world.submit()
    await world.held(job_id)
    await world.jobs.cancel(job_id, by="a-service")
    assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED
    assert world.provider.cancelled == []
    assert world.outbox.parcels == []


async def test_a_cancel_that_comes_too_late_for_the_delivery_leaves_the_job_completed(
    real_env: WorkflowEnvironment,
) -> None:
    """On the dev server: the time-skipping one never ends an activity that completes after a cancel request."""
    outbox = SlowOutbox()
    async with a_world(real_env, outbox=outbox) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        await world.jobs.decide(job_id, a_decision(held.review.digest if held.review else ""))
        await outbox.is_begun.wait()
        await world.jobs.cancel(job_id, by="an operator")
        outbox.may_end.set()
        outcome = await world.handle(job_id).result()
        assert outcome.status is JobStatus.COMPLETED
        assert outcome.receipt
        assert len(outbox.parcels) == 1


async def test_a_cancel_between_two_tries_of_a_delivery_stops_it(env: WorkflowEnvironment) -> None:
    unavailable = FaultError(Observation(stage=Stage.DELIVER, http_status=503, message="busy"))
    outbox = Outbox(faults=[unavailable] * 1000)
    async with a_world(env, outbox=outbox) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        await world.jobs.decide(job_id, a_decision(held.review.digest if held.review else ""))
        await world.until(job_id, lambda _: len(outbox.faults) < 1000)
        await world.jobs.cancel(job_id, by="an operator")
        outcome = await world.handle(job_id).result()
        assert outcome.status is JobStatus.CANCELLED
        assert outbox.parcels == []


async def test_a_result_that_came_before_the_cancel_is_in_the_record_but_not_held(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[IN_PROGRESS, completed("too late")])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda _: len(provider.retrieved) == 1)
        await world.jobs.cancel(job_id, by="an operator")
        outcome = await world.handle(job_id).result()
        record = await world.jobs.record(job_id)
        assert outcome.status is JobStatus.CANCELLED
        assert record.response_status is ResponseStatus.COMPLETED
        assert record.deliverable is None
