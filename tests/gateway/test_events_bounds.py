"""Streams of events when something is late, slow, gone, too much or stopping."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.client import JobClient
from signoff.domain.description import JobDescription
from signoff.domain.errors import UnreachableError
from signoff.domain.record import JobRecord
from signoff.following import FOLLOW_INTERVAL
from signoff.gateway.feeds import Feeds
from tests.gateway.watching import a_gateway
from tests.world import World, a_request, a_world


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  what is waited for belongs to others
            await asyncio.sleep(0.02)


def running() -> InMemoryResponses:
    return InMemoryResponses(script=[IN_PROGRESS])


async def a_running_job(world: World) -> str:
    job_id = await world.submit()
    await world.until(job_id, lambda record: record.status == "running")
    return job_id


async def test_without_a_worker_there_are_comments_and_then_the_events(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.reading.RPC_TIMEOUT", timedelta(seconds=1))
    monkeypatch.setattr("signoff.gateway.events.COMMENT_INTERVAL", timedelta(milliseconds=100))
    jobs = JobClient(real_env.client, open_archive("memory:"))
    await jobs.submit(a_request(job_id="brief-1"))
    async with a_gateway(jobs) as gateway, gateway.view("brief-1") as blocks:
        assert await anext(blocks) == {"": "waiting"}
        async with a_world(real_env, provider=running()), asyncio.timeout(30):
            async for block in blocks:
                if "id" in block:
                    break
        assert (block["id"], block["event"]) == ("1", "job.accepted")


class HalfSilent(JobClient):
    """Describes jobs, while nobody tells their records."""

    is_silent = True

    async def follow(self, job_id: str, interval: timedelta = FOLLOW_INTERVAL) -> AsyncGenerator[JobDescription, None]:
        async for job in super().follow(job_id, interval):
            yield job.model_copy(update={"changes": 1})

    async def record(self, job_id: str) -> JobRecord:
        if self.is_silent:
            raise UnreachableError("no worker answers")
        return await super().record(job_id)


async def test_a_worker_that_stops_while_a_stream_begins_delays_its_lines_alone(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=running()) as world:
        jobs, job_id = HalfSilent(real_env.client, open_archive("memory:")), await a_running_job(world)
        feeds = Feeds(jobs)
        async with asyncio.timeout(20), feeds.viewed(job_id) as feed:
            assert feed.lines == ()
            jobs.is_silent = False
            while not feed.lines:
                await feed.has_more(0, timedelta(seconds=1))
            assert feed.lines[0].event == "job.accepted"
        await feeds.close()


async def test_the_last_viewer_who_goes_stops_the_follower(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=running()) as world, a_gateway(world.jobs) as gateway:
        job_id = await a_running_job(world)
        async with gateway.view(job_id) as first:
            await anext(first)
            async with gateway.view(job_id) as second:
                await anext(second)
            assert gateway.feeds.followed == 1
        await until(lambda: gateway.feeds.followed == 0)


async def test_one_viewer_too_many_is_asked_to_come_later(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=running()) as world, a_gateway(world.jobs, limit=1) as gateway:
        job_id = await a_running_job(world)
        async with gateway.view(job_id) as blocks:
            await anext(blocks)
            answer = await gateway.http.get(f"/v1/jobs/{job_id}/events")
            assert (answer.status_code, "try again later" in answer.json()["detail"]) == (503, True)
        await until(lambda: gateway.feeds.followed == 0)
        async with gateway.view(job_id) as blocks:
            assert (await anext(blocks))["id"] == "1"


async def test_a_viewer_who_reads_nothing_delays_nobody(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        job_id = await world.submit()
        async with gateway.view(job_id):
            viewing = asyncio.create_task(gateway.events(job_id))
            await world.approve(job_id)
            events = await asyncio.wait_for(viewing, 60)
        assert events[-1]["event"] == "job.completed"


async def test_a_stopping_server_ends_its_streams(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=running()) as world, a_gateway(world.jobs) as gateway:
        job_id = await a_running_job(world)
        async with gateway.view(job_id) as blocks:
            await anext(blocks)
            gateway.server.should_exit = True
            async with asyncio.timeout(5):
                assert [block async for block in blocks if "id" not in block] == []
        assert gateway.feeds.followed == 0


async def test_closed_feeds_take_nobody_more(real_env: WorkflowEnvironment) -> None:
    feeds = Feeds(JobClient(real_env.client, open_archive("memory:")))
    await feeds.close()
    with pytest.raises(Exception, match="connect again"):
        async with feeds.viewed("brief-1"):
            pass
