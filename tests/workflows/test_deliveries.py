"""Several destinations of one job: each has its own retries, receipt and stop, and the job completes with the last."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.testing import WorkflowEnvironment

from signoff.domain.delivery import DeliverySpec, File, Receipt, Release
from signoff.domain.deployment import ClassOverride, DeploymentPolicy, OnRedirect
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.handover import DeliveryState
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction
from signoff.ports import Parcel
from tests.world import IMPATIENT, Outbox, World, a_decision, a_world

DELIVERIES = "ACTIVITY_TASK_SCHEDULED:deliver"
PLACES: list[DeliverySpec] = [File(folder=name) for name in ("a", "b", "c")]
REFUSED = FaultError(Observation(stage=Stage.DELIVER, http_status=403, message="not for you"))
DOWN = FaultError(Observation(stage=Stage.DELIVER, network=NetworkFault.REFUSED, message="nobody there"))


@dataclass
class Places(Outbox):
    """Folders, some of which are broken, or hold what comes until they are let go."""

    broken: dict[str, FaultError] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    slow: dict[str, asyncio.Event] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    tries: dict[str, int] = field(default_factory=dict)

    def check(self, destination: DeliverySpec) -> None:
        if folder_of(destination) in self.forbidden:
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message="the folder is not allowed"))

    async def deliver(self, parcel: Parcel) -> Receipt:
        folder = folder_of(parcel.destination)
        self.tries[folder] = self.tries.get(folder, 0) + 1
        self.begun.set()
        if folder in self.slow:
            await self.slow[folder].wait()
        if folder in self.broken:
            raise self.broken[folder]
        receipt = await super().deliver(parcel)
        return receipt.model_copy(update={"destination": folder, "reference": f"{folder}/{parcel.idempotency_key}"})

    @property
    def arrived(self) -> list[str]:
        return [folder_of(parcel.destination) for parcel in self.parcels]


def folder_of(destination: DeliverySpec) -> str:
    return destination.folder if isinstance(destination, File) else "release"


async def approved(world: World, **more: Any) -> str:
    job_id = await world.submit(delivery=[place.model_dump(mode="json") for place in PLACES], **more)
    await world.approve(job_id)
    return job_id


async def closed(world: World, job_id: str) -> JobRecord:
    await world.handle(job_id).result()
    return await world.jobs.record(job_id)


async def is_being_stopped(world: World, job_id: str) -> bool:
    pending = (await world.handle(job_id).describe()).raw_description.pending_activities
    return [one.state for one in pending] == [PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED]


def states(record: JobRecord) -> list[str]:
    return [str(delivery.state) for delivery in record.deliveries]


def has_arrived(record: JobRecord, count: int) -> bool:
    return len(record.receipts) == count


async def test_the_job_completes_once_every_destination_has_it(env: WorkflowEnvironment) -> None:
    places = Places()
    async with a_world(env, outbox=places) as world:
        record = await closed(world, await approved(world))
        assert (record.status, record.reason) == (JobStatus.COMPLETED, "delivered to 3 destinations")
        assert sorted(places.arrived) == ["a", "b", "c"]
        keys = [
            parcel.idempotency_key.removeprefix(f"{record.job_id}:{record.approved_digest}")
            for parcel in places.parcels
        ]
        assert sorted(keys) == ["", ":2", ":3"]
        assert [receipt.destination for receipt in record.receipts] == ["a", "b", "c"]
        assert record.receipt == record.receipts[0]
        assert {receipt.digest for receipt in record.receipts} == {record.approved_digest}
        events = [entry.event for entry in record.timeline]
        assert events[-5:] == ["delivery.begun", *["delivery.taken"] * 3, "job.completed"]
        assert await world.events(record.job_id, DELIVERIES) == 3


async def test_one_that_stops_holds_up_no_other_and_says_at_once_that_somebody_must_act(
    env: WorkflowEnvironment,
) -> None:
    places = Places(broken={"b": REFUSED}, slow={"c": asyncio.Event()})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        record = await world.until(job_id, lambda record: "stopped" in states(record) and has_arrived(record, 1))
        assert (record.status, states(record)) == (JobStatus.DELIVERING, ["delivered", "stopped", "under_way"])
        assert (record.next_action, record.actor) == (NextAction.RETRY_DELIVERY, Actor.OPERATOR)
        places.slow["c"].set()
        record = await world.stopped(job_id)
        assert states(record) == ["delivered", "stopped", "delivered"]
        assert record.reason.startswith("2 of 3 arrived; configuration")
        assert record.receipt is None
        del places.broken["b"]
        answer = await world.jobs.retry(job_id, by="ops")
        assert (answer.is_accepted, answer.status) == (True, JobStatus.DELIVERING)
        record = await closed(world, job_id)
        assert (record.status, sorted(places.arrived)) == (JobStatus.COMPLETED, ["a", "b", "c"])
        assert [delivery.begun for delivery in record.deliveries] == [1, 2, 1]
        assert await world.events(job_id, DELIVERIES) == 4
        assert world.provider.creates == 1


async def test_each_is_repeated_by_itself(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": DOWN})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        await world.until(job_id, lambda record: has_arrived(record, 2) and places.tries["b"] > 1)
        del places.broken["b"]
        record = await closed(world, job_id)
        assert (record.status, places.tries["a"], places.tries["c"]) == (JobStatus.COMPLETED, 1, 1)


async def test_a_redelivery_is_of_the_delivery_that_it_names(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": REFUSED, "c": REFUSED})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        await world.stopped(job_id)
        del places.broken["c"]
        answer = await world.jobs.redeliver(job_id, delivery=3, by="ops", reason="the folder is back")
        assert (answer.is_accepted, answer.status) == (True, JobStatus.DELIVERING)
        record = await world.until(job_id, lambda record: has_arrived(record, 2))
        record = await world.stopped(job_id)
        assert (states(record), places.tries) == (["delivered", "stopped", "delivered"], {"a": 1, "b": 1, "c": 2})
        assert record.failure
        assert record.failure.failure_class is FailureClass.CONFIGURATION
        again = await world.jobs.redeliver(job_id, delivery=3, by="ops")
        assert (again.is_accepted, again.reason.split(";")[0]) == (False, "delivery 3 has arrived")


async def test_another_destination_is_approved_anew_and_gets_nothing_before(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": REFUSED})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        digest = (await world.stopped(job_id)).approved_digest
        answer = await world.jobs.redeliver(job_id, delivery=2, destination=File(folder="d"), by="ops", reason="moved")
        assert (answer.is_accepted, answer.status) == (True, JobStatus.AWAITING_REVIEW)
        stale = await world.jobs.decide(job_id, a_decision(digest, reviewer="bo"))
        assert (stale.is_accepted, stale.reason) == (
            False,
            "where it goes has changed; look at it again, and decide with redirect 1",
        )
        changes = a_decision(digest, "request_changes", reviewer="bo", redirect=1)
        assert not (await world.jobs.decide(job_id, changes)).is_accepted
        assert "d" not in places.arrived
        decision = a_decision(digest, decision_id="again", redirect=1)
        assert (await world.jobs.decide(job_id, decision)).is_accepted
        record = await closed(world, job_id)
        assert (record.status, sorted(places.arrived)) == (JobStatus.COMPLETED, ["a", "c", "d"])
        assert [line.changes[0].after for line in record.repairs] == ["a file in the folder d of the deployment"]
        assert [(review.redirect, review.approvers) for review in record.reviews] == [(0, ("ana",)), (1, ("ana",))]
        assert world.provider.creates == 1


async def test_a_rejected_destination_gets_nothing(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": REFUSED})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        digest = (await world.stopped(job_id)).approved_digest
        await world.jobs.redeliver(job_id, delivery=2, destination=File(folder="d"), by="ops")
        no = a_decision(digest, "reject", reviewer="bo", redirect=1)
        assert (await world.jobs.decide(job_id, no)).is_accepted
        record = await closed(world, job_id)
        assert (record.status, states(record)) == (JobStatus.REJECTED, ["delivered", "owed", "delivered"])
        assert "d" not in places.arrived


async def test_a_policy_lets_another_destination_be_used_at_once(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": REFUSED})
    policy = DeploymentPolicy(on_redirect=OnRedirect.DELIVER)
    async with a_world(env, outbox=places, policy=policy) as world:
        job_id = await approved(world)
        await world.stopped(job_id)
        answer = await world.jobs.redeliver(job_id, delivery=2, destination=File(folder="d"), by="ops")
        assert answer.status is JobStatus.DELIVERING
        record = await closed(world, job_id)
        assert (record.status, sorted(places.arrived)) == (JobStatus.COMPLETED, ["a", "c", "d"])
        assert record.deliveries[1].destination == File(folder="d")


async def test_a_destination_that_the_deployment_does_not_allow_is_refused(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": REFUSED}, forbidden={"d"})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        await world.stopped(job_id)
        answer = await world.jobs.redeliver(job_id, delivery=2, destination=File(folder="d"), by="ops")
        assert (answer.is_accepted, answer.reason) == (False, "destination: the folder is not allowed")
        taken = await world.jobs.redeliver(job_id, delivery=2, destination=File(folder="a"), by="ops")
        assert (taken.is_accepted, taken.reason) == (
            False,
            "destination: another delivery of this job goes there already",
        )
        record = await world.jobs.record(job_id)
        assert (record.status, record.deliveries[1].destination) == (JobStatus.NEEDS_ATTENTION, File(folder="b"))


async def test_what_is_repeated_for_hours_can_be_sent_elsewhere_meanwhile(real_env: WorkflowEnvironment) -> None:
    """On the real server: the one that skips time ends no activity that waits for its next try."""
    places = Places(broken={"b": DOWN})
    rarely = ClassOverride(first_delay=timedelta(hours=6), longest_delay=timedelta(hours=6))
    policy = IMPATIENT.model_copy(update={"on_redirect": OnRedirect.DELIVER, "delivery": rarely})
    async with a_world(real_env, outbox=places, policy=policy) as world:
        job_id = await approved(world)
        await world.until(job_id, lambda record: has_arrived(record, 2))
        async with asyncio.timeout(20):
            while not (line := (await world.jobs.deliveries())[0]).is_stuck:  # noqa: ASYNC110  the server alone knows
                await asyncio.sleep(0.05)
        assert line.next_try_at
        assert line.next_try_at > line.since + timedelta(hours=4)
        answer = await world.jobs.redeliver(job_id, destination=Release(), by="ops")
        assert (answer.is_accepted, answer.status) == (True, JobStatus.DELIVERING)
        record = await closed(world, job_id)
        assert (record.status, record.deliveries[1].destination) == (JobStatus.COMPLETED, Release())
        assert places.tries["b"] == 1


async def test_what_is_on_its_way_arrives_before_it_is_sent_elsewhere(real_env: WorkflowEnvironment) -> None:
    places = Places(slow={"b": asyncio.Event()})
    policy = IMPATIENT.model_copy(update={"on_redirect": OnRedirect.DELIVER})
    async with a_world(real_env, outbox=places, policy=policy) as world:
        job_id = await approved(world)
        await world.until(job_id, lambda record: has_arrived(record, 2))
        asked = asyncio.create_task(world.jobs.redeliver(job_id, delivery=2, destination=File(folder="d"), by="ops"))
        async with asyncio.timeout(20):
            while not await is_being_stopped(world, job_id):  # noqa: ASYNC110  the server alone knows
                await asyncio.sleep(0.05)
        places.slow["b"].set()
        answer = await asked
        record = await closed(world, job_id)
        assert not answer.is_accepted
        assert (record.status, sorted(places.arrived)) == (JobStatus.COMPLETED, ["a", "b", "c"])


async def test_a_cancel_says_what_has_arrived(env: WorkflowEnvironment) -> None:
    places = Places(broken={"b": DOWN})
    async with a_world(env, outbox=places) as world:
        job_id = await approved(world)
        await world.until(job_id, lambda record: has_arrived(record, 2))
        await world.jobs.cancel(job_id, by="ops", reason="stop")
        record = await closed(world, job_id)
        assert record.status is JobStatus.CANCELLED
        assert (
            record.reason
            == "cancelled by ops: stop (2 of 3 arrived, and others may have it since their delivery had begun)"
        )
        assert {delivery.state for delivery in record.deliveries} == {DeliveryState.DELIVERED, DeliveryState.OWED}
