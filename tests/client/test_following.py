"""Following a job: each change within a second of it, at no more than a description per second."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.client import JobClient
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.description import JobDescription
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus
from tests.watching import Counter, counted
from tests.world import Outbox, World, a_request, a_world


class Follower:
    """Keeps what it was told, and when."""

    def __init__(self, jobs: JobClient, job_id: str) -> None:
        self.told: list[tuple[float, JobDescription]] = []
        self.task = asyncio.create_task(self._follow(jobs, job_id))

    async def _follow(self, jobs: JobClient, job_id: str) -> None:
        async for description in jobs.follow(job_id):
            self.told.append((now(), description))

    def at(self, status: JobStatus) -> float | None:
        return next((at for at, job in self.told if job.status is status), None)

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not is_so():  # noqa: ASYNC110  what is waited for belongs to others
                await asyncio.sleep(0.02)


def now() -> float:
    return asyncio.get_running_loop().time()


async def decided(world: World, job_id: str) -> float:
    at = now()
    await world.approve(job_id)
    return at


async def test_a_change_is_told_at_once_after_a_quiet_second(real_env: WorkflowEnvironment) -> None:
    counter = Counter()
    busy = FaultError(Observation(stage=Stage.DELIVER, http_status=503, message="the inbox is full"))
    async with a_world(real_env, outbox=Outbox(faults=[busy] * 100)) as world:
        job_id = await world.submit()
        await world.held(job_id)
        follower = Follower(counted(world, counter), job_id)
        await follower.until(lambda: counter.moments and now() - counter.moments[-1] > 1.2)
        changed_at = await decided(world, job_id)
        await follower.until(lambda: follower.at(JobStatus.DELIVERING))
        follower.task.cancel()
        # Without news from the history it would be five seconds after the description before.
        assert (follower.at(JobStatus.DELIVERING) or 0) - changed_at < 0.9
        assert min(counter.gaps()) > 0.95


async def test_a_change_right_after_a_description_is_told_before_the_next_is_due(
    real_env: WorkflowEnvironment,
) -> None:
    counter = Counter()
    busy = FaultError(Observation(stage=Stage.DELIVER, http_status=503, message="the inbox is full"))
    async with a_world(real_env, outbox=Outbox(faults=[busy] * 100)) as world:
        job_id = await world.submit()
        await world.held(job_id)
        follower = Follower(counted(world, counter), job_id)
        await follower.until(lambda: follower.told)
        await decided(world, job_id)
        await follower.until(lambda: follower.at(JobStatus.DELIVERING))
        assert len(counter.moments) == 1
        follower.task.cancel()


async def test_the_end_is_told_within_a_second_of_the_change_before(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        await world.held(job_id)
        follower = Follower(world.jobs, job_id)
        await follower.until(lambda: follower.told)
        changed_at = await decided(world, job_id)
        await asyncio.wait_for(follower.task, 30)
        assert follower.told[-1][1].status is JobStatus.COMPLETED
        assert follower.told[-1][0] - changed_at < 2.5  # two descriptions at most, on a busy machine


async def test_a_whole_life_is_described_at_most_once_a_second(real_env: WorkflowEnvironment) -> None:
    counter = Counter()
    async with a_world(real_env) as world:
        job_id = await world.submit()
        follower = Follower(counted(world, counter), job_id)
        await world.approve(job_id)
        await asyncio.wait_for(follower.task, 30)
        assert min(counter.gaps()) > 0.95


async def test_a_held_job_is_left_alone(real_env: WorkflowEnvironment) -> None:
    counter = Counter()
    async with a_world(real_env) as world:
        job_id = await world.submit()
        await world.held(job_id)
        follower = Follower(counted(world, counter), job_id)
        await follower.until(lambda: counter.moments and now() - counter.moments[0] > 4)
        follower.task.cancel()
        assert len(counter.moments) == 1


async def test_looks_stay_fresh_though_they_leave_no_history(real_env: WorkflowEnvironment) -> None:
    script = [IN_PROGRESS, IN_PROGRESS, IN_PROGRESS, completed()]
    provider, usual = InMemoryResponses(script=script), DeploymentPolicy()
    async with a_world(real_env, provider=provider, policy=usual) as world:
        follower = Follower(world.jobs, job_id := await world.submit())
        await follower.until(lambda: follower.at(JobStatus.AWAITING_REVIEW))
        follower.task.cancel()
        assert {job.looks for _, job in follower.told if job.status is JobStatus.RUNNING} >= {0, 1, 2}
        assert job_id


async def test_the_full_description_is_owed_until_a_worker_answers(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.reading.RPC_TIMEOUT", timedelta(seconds=1))
    jobs = JobClient(real_env.client, open_archive("memory:"))
    submitted = await jobs.submit(a_request())
    async with aclosing(jobs.follow(submitted.job_id)) as told:
        assert not (await anext(told)).is_complete
        async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])), asyncio.timeout(30):
            async for job in told:
                if job.is_complete:
                    break
        assert job.changes > 0


def waiting_at_the_server() -> int:
    return sum("changed_after" in repr(task.get_coro()) for task in asyncio.all_tasks())


async def test_a_follower_who_leaves_takes_everything_along(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        await world.held(job_id)
        follower = Follower(world.jobs, job_id)
        await follower.until(waiting_at_the_server)
        follower.task.cancel()
        await asyncio.wait({follower.task})
        assert waiting_at_the_server() == 0
