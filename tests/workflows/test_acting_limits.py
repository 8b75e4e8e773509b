"""Delivery by an activity where payloads are encrypted, large, or can't be read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain import acting
from signoff.domain.acting import INLINE_DELIVERABLE_BYTES
from signoff.domain.delivery import Activity, ActivityContent, Release
from signoff.domain.deployment import OnRedirect
from signoff.domain.failures import FailureClass
from signoff.domain.status import JobStatus
from signoff.encryption import KeyRing, new_entry
from signoff.external import external_storage
from signoff.temporal import data_converter
from tests.workflows.till import ALLOWED, REFUND, Till, approved_for, closed, serving
from tests.world import IMPATIENT, World, a_world

PLAN = "the secret plan"
KEYS = [new_entry("k1")]


async def reached(
    env: WorkflowEnvironment, keys: list[str], archive: ObjectArchive | None = None
) -> WorkflowEnvironment:
    """Reach the same server with these keys, and with this archive for what is large."""
    converter = data_converter(KeyRing.parse(keys), external_storage(archive) if archive else None)
    address = env.client.service_client.config.target_host
    return WorkflowEnvironment.from_client(await Client.connect(address, data_converter=converter))


@asynccontextmanager
async def with_till(env: WorkflowEnvironment, till: Till, text: str = PLAN) -> AsyncIterator[World]:
    provider = InMemoryResponses(script=[completed(text)])
    async with a_world(env, provider=provider, settings=ALLOWED) as world, serving(env, till):
        yield world


async def test_with_keys_no_history_shows_what_the_activity_is_given(real_env: WorkflowEnvironment) -> None:
    till = Till()
    async with with_till(await reached(real_env, KEYS), till) as world:
        job_id = await approved_for(world)
        await closed(world, job_id)
        assert till.asked[0].deliverable
        assert till.asked[0].deliverable.text == PLAN
        history = (await world.handle(job_id).fetch_history()).to_json()
        assert "signoff-key-id" in history
        assert PLAN not in history
        assert "refund-1" not in history


async def test_a_worker_of_the_users_own_that_lacks_the_key_is_said_to(real_env: WorkflowEnvironment) -> None:
    till = Till()
    keyed, keyless = await reached(real_env, KEYS), await reached(real_env, [])
    async with a_world(keyed, settings=ALLOWED) as world, serving(keyless, till):
        record = await world.stopped(await approved_for(world, timeout="PT2S"))
        assert record.failure
        assert record.failure.failure_class is FailureClass.CONFIGURATION
        assert "its worker lacks the key" in record.failure.message
        assert till.asked == []


async def test_an_answer_that_temporal_does_not_take_stops_the_job_and_is_not_repeated(
    real_env: WorkflowEnvironment,
) -> None:
    till = Till(["x" * 3_000_000])
    async with with_till(real_env, till) as world:
        record = await world.stopped(await approved_for(world))
        assert record.failure
        assert record.failure.failure_class is FailureClass.CONFIGURATION
        assert "it may have acted, but its answer is too large" in record.failure.message
        assert len(till.asked) == 1


@pytest.mark.parametrize("size", [1_900_000, 5_000_000])
async def test_a_large_answer_lies_in_the_archive_where_the_users_worker_has_it(
    real_env: WorkflowEnvironment, size: int
) -> None:
    archive = open_archive("memory:")
    till = Till([{"reference": "refund-1", "more": "x" * size}])
    async with with_till(await reached(real_env, [], archive), till) as world:
        record = await closed(world, await approved_for(world))
        assert record.status is JobStatus.COMPLETED
        assert record.receipt
        assert record.receipt.reference == "refund-1"


@pytest.mark.parametrize("length", [100, INLINE_DELIVERABLE_BYTES - 200, 60_000])
async def test_a_history_stays_below_40_kb_whatever_is_delivered(real_env: WorkflowEnvironment, length: int) -> None:
    till = Till()
    async with with_till(real_env, till, "x" * length) as world:
        job_id = await approved_for(world)
        await closed(world, job_id)
        described = await world.handle(job_id).describe()
        assert described.raw_description.workflow_execution_info.history_size_bytes < 40_000
        assert (till.asked[0].deliverable is None) is (length > INLINE_DELIVERABLE_BYTES)


async def test_the_deployments_terms_hold_for_what_the_activity_fails_with(real_env: WorkflowEnvironment) -> None:
    """No worker of ours sees that failure, so the terms travelled with what was made ready."""
    till = Till([ApplicationError("closed", type=FailureClass.MALFORMED_INPUT)])
    policy = IMPATIENT.model_copy(update={"notices": True, "attention_window": timedelta(hours=2)})
    async with a_world(real_env, policy=policy, settings=ALLOWED) as world, serving(real_env, till):
        record = await world.stopped(await approved_for(world))
        assert record.is_noticed
        assert record.attention_due_at
        assert record.attention_due_at - record.since == timedelta(hours=2)


async def test_several_activities_are_given_keys_of_their_own(real_env: WorkflowEnvironment) -> None:
    till = Till()
    async with a_world(real_env, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await world.submit(delivery=[REFUND, {"channel": "release"}, REFUND | {"content": "reference"}])
        await world.approve(job_id)
        record = await closed(world, job_id)
        key = f"{job_id}:{record.approved_digest}"
        assert sorted(approved.idempotency_key for approved in till.asked) == [key, f"{key}:3"]
        assert [receipt.channel for receipt in record.receipts] == ["activity", "release", "activity"]


@pytest.mark.parametrize(("queue", "is_taken"), [("payments", True), ("elsewhere", False)])
async def test_what_stopped_is_redirected_only_to_an_activity_that_is_allowed(
    real_env: WorkflowEnvironment, queue: str, *, is_taken: bool
) -> None:
    till = Till([ApplicationError("closed", type="policy"), "refund-2"])
    policy = IMPATIENT.model_copy(update={"on_redirect": OnRedirect.DELIVER})
    async with a_world(real_env, policy=policy, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await approved_for(world)
        await world.stopped(job_id)
        elsewhere = Activity(name="refund", task_queue=queue, content=ActivityContent.REFERENCE)
        answer = await world.jobs.redeliver(job_id, destination=elsewhere, by="ops")
        assert answer.is_accepted is is_taken
        assert is_taken or "SIGNOFF_DELIVERY_ACTIVITIES" in answer.reason
        await world.until(job_id, lambda record: record.is_closed is is_taken)


async def test_what_is_repeated_is_listed_with_its_last_failure(real_env: WorkflowEnvironment) -> None:
    till = Till([RuntimeError("no connection")])
    async with a_world(real_env, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await approved_for(world)
        await till.is_asked.wait()
        async with asyncio.timeout(20):
            while not (lines := await world.jobs.deliveries(is_stuck=True)):  # noqa: ASYNC110  only a list tells
                await asyncio.sleep(0.1)
        assert (lines[0].job_id, lines[0].number) == (job_id, 1)
        assert "no connection" in lines[0].last_fault
        await world.jobs.cancel(job_id, by="an operator")
        await closed(world, job_id)


async def test_what_an_activity_is_about_to_do_ends_before_it_goes_elsewhere(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "GRACE", timedelta(0))  # that of a cancelled job, which this is not
    till = Till()
    till.may_answer.clear()
    policy = IMPATIENT.model_copy(update={"on_redirect": OnRedirect.DELIVER})
    async with a_world(real_env, policy=policy, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await approved_for(world)
        await till.is_asked.wait()
        asked = asyncio.create_task(world.jobs.redeliver(job_id, destination=Release(), by="ops"))
        async with asyncio.timeout(20):
            while not await world.events(job_id, "ACTIVITY_TASK_CANCEL_REQUESTED"):  # noqa: ASYNC110  nor of this
                await asyncio.sleep(0.05)
        till.may_answer.set()
        assert not (await asked).is_accepted
        record = await closed(world, job_id)
        assert [receipt.channel for receipt in record.receipts] == ["activity"]
