"""Deliveries that people read are sent once: what may have been sent stops for a person, and never repeats itself."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.workflow import ActivityConfig

from signoff.adapters.archive import open_archive
from signoff.adapters.turns import unknown, unsent
from signoff.domain.delivery import Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import POSSIBLY_SENT, FailureClass, Stage
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction
from signoff.ports import Parcel
from tests.workflows.test_trouble import fault
from tests.world import Outbox, World, a_world
from workflows import options

DELIVERIES = "ACTIVITY_TASK_SCHEDULED:deliver"
MAIL = {"channel": "email", "to": ["ana@example.com"]}
CHAT = {"channel": "chat", "to": "desk"}


async def approved(world: World, delivery: Any = None) -> str:
    job_id = await world.submit(delivery=delivery or MAIL)
    await world.approve(job_id)
    return job_id


def may_have_arrived(record: JobRecord) -> bool:
    assert record.failure
    told = (record.failure.failure_class, record.failure.code, record.failure.stage)
    assert told == (FailureClass.OUTCOME_UNKNOWN, POSSIBLY_SENT, Stage.DELIVER)
    return (record.next_action, record.actor) == (NextAction.INSPECT, Actor.OPERATOR)


@pytest.mark.parametrize("delivery", [MAIL, CHAT], ids=["email", "chat"])
async def test_an_unknown_outcome_stops_after_one_try_until_an_operator_sends_it_once_more(
    env: WorkflowEnvironment, delivery: Any
) -> None:
    outbox = Outbox(faults=[unknown("the server broke off")])
    async with a_world(env, outbox=outbox) as world:
        job_id = await approved(world, delivery)
        assert may_have_arrived(await world.stopped(job_id))
        await world.env.sleep(timedelta(days=2))
        assert await world.events(job_id, DELIVERIES) == 1
        assert (await world.jobs.retry(job_id, by="ops", reason="it did not arrive")).is_accepted
        assert (await world.handle(job_id).result()).status is JobStatus.COMPLETED
        assert await world.events(job_id, DELIVERIES) == 2
        assert len(outbox.parcels) == 1


async def test_what_was_certainly_not_sent_is_tried_again_with_growing_pauses(env: WorkflowEnvironment) -> None:
    outbox = Outbox(faults=[unsent("nobody is there")] * 3)
    async with a_world(env, outbox=outbox) as world:
        job_id = await approved(world)
        outcome = await world.handle(job_id).result()
        assert outcome.status is JobStatus.COMPLETED
        assert await world.events(job_id, DELIVERIES) == 4
        assert len(outbox.parcels) == 1


async def test_an_outage_of_more_than_a_day_stops_the_job(env: WorkflowEnvironment) -> None:
    outbox = Outbox(faults=[unsent("nobody is there")] * 1_000)
    async with a_world(env, outbox=outbox) as world:
        job_id = await approved(world)
        record = await world.stopped(job_id)
        assert record.failure
        assert (record.failure.failure_class, record.next_action) == (FailureClass.TRANSIENT, NextAction.RETRY_DELIVERY)
        assert timedelta(hours=23) < record.since - record.timeline[-2].at <= timedelta(hours=24)


async def test_an_unknown_outcome_after_an_outage_stops_as_well(env: WorkflowEnvironment) -> None:
    outbox = Outbox(faults=[unsent("nobody is there"), unknown("the server broke off")])
    async with a_world(env, outbox=outbox) as world:
        job_id = await approved(world)
        assert may_have_arrived(await world.stopped(job_id))
        assert await world.events(job_id, DELIVERIES) == 2


async def test_what_is_refused_stops_as_everywhere(env: WorkflowEnvironment) -> None:
    outbox = Outbox(faults=[fault(Stage.DELIVER, http_status=403)])
    async with a_world(env, outbox=outbox) as world:
        record = await world.stopped(await approved(world))
        assert record.failure
        assert (record.failure.failure_class, record.next_action) == (
            FailureClass.CONFIGURATION,
            NextAction.RETRY_DELIVERY,
        )


class Broken(Outbox):
    """Takes what it is given, and then fails as no channel should."""

    async def deliver(self, parcel: Parcel) -> Receipt:
        await super().deliver(parcel)
        raise RuntimeError("a bug")


async def test_a_bug_after_sending_does_not_send_again(env: WorkflowEnvironment) -> None:
    outbox = Broken()
    async with a_world(env, outbox=outbox) as world:
        job_id = await approved(world)
        assert may_have_arrived(await world.stopped(job_id))
        assert len(outbox.parcels) == await world.events(job_id, DELIVERIES) == 1


@dataclass
class Slow(Outbox):
    """Sends, and then has no end until the test lets it go."""

    is_begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    after: FaultError | None = None

    async def deliver(self, parcel: Parcel) -> Receipt:
        receipt = await super().deliver(parcel)
        self.is_begun.set()
        await self.may_end.wait()
        if self.after:
            raise self.after
        return receipt


@pytest.mark.parametrize(
    "limit",
    [
        ActivityConfig(start_to_close_timeout=timedelta(seconds=1)),
        ActivityConfig(heartbeat_timeout=timedelta(seconds=1)),
    ],
    ids=["start_to_close_timeout", "heartbeat_timeout"],
)
async def test_an_execution_that_the_server_gives_up_is_not_begun_again(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, limit: ActivityConfig
) -> None:
    """As when its worker died, or took longer than an execution may."""
    monkeypatch.setattr(options, "DELIVER_ONCE", options.extended(options.DELIVER_ONCE, **limit))
    outbox = Slow()
    async with a_world(real_env, outbox=outbox) as world:
        try:
            job_id = await approved(world)
            assert may_have_arrived(await world.stopped(job_id))
        finally:
            outbox.may_end.set()
        assert len(outbox.parcels) == await world.events(job_id, DELIVERIES) == 1


@pytest.mark.parametrize("after", [None, unknown("the server broke off"), unsent("nobody is there")], ids=str)
async def test_a_cancel_while_it_is_sent_waits_for_the_end_and_sends_nothing_more(
    real_env: WorkflowEnvironment, after: FaultError | None
) -> None:
    outbox = Slow(after=after)
    async with a_world(real_env, outbox=outbox) as world:
        job_id = await approved(world)
        await outbox.is_begun.wait()
        await world.jobs.cancel(job_id, by="an operator")
        outbox.may_end.set()
        outcome = await world.handle(job_id).result()
        assert outcome.status is (JobStatus.CANCELLED if after else JobStatus.COMPLETED)
        assert len(outbox.parcels) == await world.events(job_id, DELIVERIES) == 1


class UntilShutdown(Outbox):
    """Sends only once its worker was told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.is_begun = asyncio.Event()

    async def deliver(self, parcel: Parcel) -> Receipt:
        self.is_begun.set()
        await activity.wait_for_worker_shutdown()
        await asyncio.sleep(1)  # longer than the worker is told to wait for activities
        return await super().deliver(parcel)


async def test_a_worker_that_stops_finishes_what_it_sends(real_env: WorkflowEnvironment) -> None:
    archive, outbox = open_archive("memory:"), UntilShutdown()
    async with a_world(real_env, outbox=outbox, archive=archive) as world:
        job_id = await approved(world)
        await outbox.is_begun.wait()
    async with a_world(real_env, outbox=outbox, archive=archive) as world:
        assert (await world.handle(job_id).result()).status is JobStatus.COMPLETED
        assert len(outbox.parcels) == await world.events(job_id, DELIVERIES) == 1


class Unsure(Outbox):
    """Never learns what became of a mail."""

    async def deliver(self, parcel: Parcel) -> Receipt:
        if parcel.destination.channel == "email":
            raise unknown("the server broke off")
        return await super().deliver(parcel)


async def test_one_that_may_have_arrived_holds_up_no_other_destination(env: WorkflowEnvironment) -> None:
    async with a_world(env, outbox=Unsure()) as world:
        job_id = await approved(world, [MAIL, {"channel": "release"}])
        record = await world.stopped(job_id)
        assert may_have_arrived(record)
        assert [one.is_delivered for one in record.handovers] == [False, True]
