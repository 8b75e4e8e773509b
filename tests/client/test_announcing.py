"""Telling jobs of their responses, on the real server: which job is told, and which is left alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.announcing import Announcer
from signoff.domain.announcement import Announcement, StrayHint
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.status import JobStatus
from tests.world import World, a_world

ANNOUNCEMENT = Announcement(response_id="resp_1", announcement_id="evt_1")


@pytest.fixture
async def told(real_env: WorkflowEnvironment) -> AsyncIterator[World]:
    provider = InMemoryResponses(script=[IN_PROGRESS])
    async with a_world(real_env, provider=provider, policy=DeploymentPolicy(webhooks=True)) as world:
        yield world


def announcer_of(world: World) -> Announcer:
    return Announcer(world.env.client, world.jobs)


async def running(world: World) -> str:
    job_id = await world.submit()
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    return job_id


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await is_so():  # noqa: ASYNC110  the index sets no event
            await asyncio.sleep(0)


async def test_the_job_that_holds_the_response_looks_at_once(told: World) -> None:
    job_id = await running(told)
    told.provider.script = [completed()]
    await until(lambda: announcer_of(told).tell_holder(ANNOUNCEMENT))  # the index lags by moments
    await told.held(job_id)
    assert told.provider.retrieved == ["resp_1"]


async def test_a_response_that_no_job_holds_is_nobodys(told: World) -> None:
    await running(told)
    assert not await announcer_of(told).tell_holder(Announcement(response_id="resp_2"))


async def test_the_job_of_a_closed_one_needs_no_telling(told: World) -> None:
    job_id = await running(told)
    await told.jobs.cancel(job_id, by="ana")
    await told.handle(job_id).result()
    signals = await told.events(job_id, "WORKFLOW_EXECUTION_SIGNALED")
    await until(lambda: announcer_of(told).tell_holder(ANNOUNCEMENT))
    assert await told.events(job_id, "WORKFLOW_EXECUTION_SIGNALED") == signals == 0


async def test_the_durable_step_is_begun_once_and_finds_the_job(told: World) -> None:
    job_id = await running(told)
    told.provider.script = [completed()]
    announcer = announcer_of(told)
    assert await announcer.route(ANNOUNCEMENT)
    assert not await announcer.route(ANNOUNCEMENT)
    await told.held(job_id)
    handle = told.env.client.get_activity_handle("announcement-evt_1")
    assert await handle.result() == "told"
    assert not await announcer.route(ANNOUNCEMENT)


@pytest.mark.parametrize("job_id", ["", "no-such-job", "../x", "x" * 2_000])
async def test_a_job_that_is_not_here_is_not_told(told: World, job_id: str) -> None:
    assert not await announcer_of(told).tell(StrayHint(job_id=job_id, response_id="resp_1"))


async def test_a_job_of_the_same_id_somewhere_else_is_another_one(told: World) -> None:
    job_id = await running(told)
    run_id = (await told.jobs.record(job_id)).run_id
    other = StrayHint(job_id=job_id, run_id="another-run", response_id="resp_1")
    assert not await announcer_of(told).tell(other)
    assert await announcer_of(told).tell(other.model_copy(update={"run_id": run_id}))


async def test_a_job_that_temporal_has_forgotten_is_known_by_its_archived_record(told: World) -> None:
    job_id = await running(told)
    await told.jobs.cancel(job_id, by="ana")
    await told.handle(job_id).result()
    record = await told.jobs.record(job_id)
    description = await told.handle(job_id).describe()
    assert description.status is WorkflowExecutionStatus.COMPLETED
    assert await told.jobs.is_archived(job_id, record.run_id)
    assert not await told.jobs.is_archived(job_id, "another-run")
