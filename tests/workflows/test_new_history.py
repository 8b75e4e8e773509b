"""A job whose history grows long goes on in a new one, and nothing that was said to it is lost."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain import names
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.job import JobRequest
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.domain.submission import Continued
from tests.world import Outbox, World, a_decision, a_request, a_world, start_dev_server
from workflows.job import BackgroundJob

SUGGESTED_AFTER = 40
"""Events, in place of some four thousand."""


@pytest.fixture
async def short_env() -> AsyncIterator[WorkflowEnvironment]:
    """The dev server, suggesting new histories very soon."""
    async with await start_dev_server(config=[f"limit.historyCount.suggestContinueAsNew={SUGGESTED_AFTER}"]) as started:
        yield started


async def runs_of(world: World, job_id: str, at_least: int) -> list[WorkflowHistory]:
    """Give the histories of a job, the last one first, once there are so many."""
    async with asyncio.timeout(20):
        while True:
            runs = [run async for run in world.env.client.list_workflows(f"WorkflowId = '{job_id}'")]
            if len(runs) >= at_least:
                break
    handles = [world.env.client.get_workflow_handle(job_id, run_id=run.run_id) for run in runs]
    return [await handle.fetch_history() for handle in handles]


async def replayed(world: World, job_id: str, at_least: int = 2) -> int:
    """Replay every run of a job, and count them."""
    histories = await runs_of(world, job_id, at_least)
    replayer = Replayer(workflows=[BackgroundJob], data_converter=world.env.client.data_converter)
    for history in histories:
        await replayer.replay_workflow(history)
    return len(histories)


async def completed_record(world: World, job_id: str) -> JobRecord:
    outcome = await world.handle(job_id).result()
    assert outcome.status is JobStatus.COMPLETED
    return await world.jobs.record(job_id)


async def refused(world: World, job_id: str, count: int) -> None:
    """Say many things that the job refuses; each is a line in its record, and some events in its history."""
    for number in range(count):
        wrong = a_decision(f"sha256:{'0' * 64}", decision_id=f"wrong-{number}", reviewer="eve")
        await world.jobs.decide(job_id, wrong)


async def test_nothing_that_was_said_during_a_review_is_lost(short_env: WorkflowEnvironment) -> None:
    async with a_world(short_env) as world:
        job_id = await world.submit(title="A brief", labels={"team": "x"}, review={"approvals": 2})
        digest = (await world.held(job_id)).opened_review.digest
        first = await world.jobs.decide(job_id, a_decision(digest, reviewer="ana"))
        await asyncio.gather(refused(world, job_id, 30), *(world.jobs.announce(job_id, "resp_1") for _ in range(20)))
        again = await world.jobs.decide(job_id, a_decision(digest, reviewer="ana"))
        assert (again.is_accepted, again.at) == (True, first.at)
        await world.jobs.decide(job_id, a_decision(digest, reviewer="bo"))
        record = await completed_record(world, job_id)
        assert record.approvers == ("ana", "bo")
        refusals = [line for line in record.opened_review.lines if not line.is_accepted]
        assert len(refusals) == 30
        assert record.run_id == (await runs_of(world, job_id, 2))[-1].run_id
        assert record.labels == {"team": "x"}
        assert world.provider.creates == 1
        assert await replayed(world, job_id) > 2
        listed = [job for job in await world.jobs.list() if job.job_id == job_id]
        assert [(job.status, job.title) for job in listed] == [(JobStatus.COMPLETED, "A brief")]


async def test_a_running_response_is_watched_on(short_env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[IN_PROGRESS])
    async with a_world(short_env, provider=provider) as world:
        job_id = await world.submit(wait="webhook")
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        for number in range(30):
            await world.jobs.announce(job_id, "resp_1", announcement_id=f"evt_{number}")
        await runs_of(world, job_id, 2)
        provider.script = [completed()]
        await world.jobs.announce(job_id, "resp_1", announcement_id="evt_last")
        await world.approve(job_id)
        record = await completed_record(world, job_id)
        assert (len(record.attempts), provider.creates) == (1, 1)
        await replayed(world, job_id)


async def test_a_stopped_job_waits_on_for_its_repair(short_env: WorkflowEnvironment) -> None:
    no_money = FaultError(Observation(stage=Stage.CREATE, http_status=429, error_code="insufficient_quota"))
    async with a_world(short_env, provider=InMemoryResponses(create_script=[no_money, None])) as world:
        job_id = await world.submit()
        stopped = await world.stopped(job_id)
        for number in range(20):
            await world.jobs.amend(job_id, response={"stream": True}, by="ops", repair_id=f"wrong-{number}")
        await runs_of(world, job_id, 2)
        waiting = await world.jobs.record(job_id)
        assert (waiting.status, waiting.attention_due_at) == (JobStatus.NEEDS_ATTENTION, stopped.attention_due_at)
        await world.jobs.amend(job_id, response={"temperature": 1}, by="ops", repair_id="right")
        await world.approve(job_id)
        record = await completed_record(world, job_id)
        assert world.provider.created[-1]["temperature"] == 1
        assert [line.is_accepted for line in record.repairs] == [False] * 20 + [True]
        await replayed(world, job_id)


async def test_a_delivery_that_is_repeated_goes_on(short_env: WorkflowEnvironment) -> None:
    down = FaultError(Observation(stage=Stage.DELIVER, network=NetworkFault.REFUSED, message="nobody there"))
    outbox = Outbox(faults=[down] * 100)
    async with a_world(short_env, outbox=outbox) as world:
        job_id = await world.submit(delivery=[{"channel": "release"}, {"channel": "file"}])
        await world.approve(job_id)
        await world.until(job_id, lambda record: record.status is JobStatus.DELIVERING)
        await refused(world, job_id, 20)
        await runs_of(world, job_id, 2)
        outbox.faults.clear()
        record = await completed_record(world, job_id)
        assert [parcel.number for parcel in sorted(outbox.parcels, key=lambda one: one.number)] == [1, 2]
        assert record.approvers == ("ana",)
        await replayed(world, job_id)


async def test_the_same_request_is_still_the_same_job(short_env: WorkflowEnvironment) -> None:
    async with a_world(short_env) as world:
        request = a_request(job_id="long-1")
        await world.jobs.submit(request)
        await world.held("long-1")
        await refused(world, "long-1", 20)
        await runs_of(world, "long-1", 2)
        assert not (await world.jobs.submit(request)).is_new
        assert await world.jobs.submitted_digest("long-1") == request.digest
        await world.jobs.cancel("long-1", by="ops")
        assert (await world.handle("long-1").result()).status is JobStatus.CANCELLED


# The SDK makes the coroutine of `run` before it calls `__init__`, and drops it when that refuses the start.
@pytest.mark.filterwarnings("ignore:coroutine .*run_workflow.* was never awaited:RuntimeWarning")
async def test_nobody_can_begin_with_a_record_of_their_own(short_env: WorkflowEnvironment) -> None:
    """Otherwise whoever may start workflows could begin with an approval that nobody gave."""
    async with a_world(short_env) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        forged: Any = Continued(request=a_request(), record=record.model_copy(update={"job_id": "forged"}))
        handle = await short_env.client.start_workflow(
            names.WORKFLOW, forged, id="forged", task_queue=names.TASK_QUEUE, result_type=JobRequest
        )
        with pytest.raises(WorkflowFailureError) as refusal:
            await handle.result()
        assert "only Temporal itself" in str(refusal.value.cause)
        assert (await handle.describe()).status is WorkflowExecutionStatus.FAILED
    gc.collect()  # here, where the warning is expected, and not in some later test
