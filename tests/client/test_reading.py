"""Describing, listing and following jobs, with and without a worker."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.egress import open_guarded_client
from signoff.adapters.http import HttpChannel
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.client import JobClient
from signoff.domain.description import JobDescription
from signoff.domain.errors import FaultError, NoSuchJobError, RefusedError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Observation
from signoff.domain.status import Actor, JobStatus, NextAction
from tests.adapters.wire import unused_url
from tests.world import Outbox, World, a_decision, a_request, a_world

DIGEST = f"sha256:{'0' * 64}"


async def test_a_job_is_followed_from_its_start_to_its_end(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit(title="A brief")
        seen: list[JobDescription] = []
        async for description in world.jobs.follow(job_id, timedelta(milliseconds=50)):
            seen.append(description)
            if description.status is JobStatus.AWAITING_REVIEW:
                await world.jobs.decide(job_id, a_decision(description.digest or ""))
        statuses = list(dict.fromkeys(description.status for description in seen))
        assert statuses[-1] is JobStatus.COMPLETED
        assert [s for s in statuses if s in {"running", "awaiting_review"}] == ["running", "awaiting_review"]
        running = [description for description in seen if description.status is JobStatus.RUNNING]
        assert any(description.next_look_at for description in running)
        assert seen[-1].looks == len(world.provider.retrieved)
        assert (seen[-1].title, seen[-1].requester) == ("A brief", "a-service")


async def test_without_a_worker_temporal_itself_tells_where_a_job_stands(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.reading.RPC_TIMEOUT", timedelta(seconds=1))
    jobs = JobClient(real_env.client, open_archive("memory:"))
    submitted = await jobs.submit(a_request(title="A brief"))
    seen = await jobs.describe(submitted.job_id)
    assert (seen.status, seen.next_action, seen.title) == (JobStatus.QUEUED, NextAction.WAIT, "A brief")
    assert not seen.is_complete
    assert "no worker answers" in seen.reason


async def filled(world: World) -> None:
    world.provider.script = [IN_PROGRESS]
    for requester in ("a-service", "o'brien"):
        job_id = await world.submit(requester=requester)
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)


async def test_jobs_are_listed_by_status_and_requester(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        await filled(world)
        await listed(world, 2)
        everyone = await world.jobs.list(status=JobStatus.RUNNING)
        assert {job.requester for job in everyone} == {"a-service", "o'brien"}
        assert [job.requester for job in await world.jobs.list(requester="o'brien")] == ["o'brien"]
        assert await world.jobs.list(status=JobStatus.COMPLETED) == []
        assert len(await world.jobs.list(limit=1)) == 1


async def listed(world: World, count: int) -> None:
    """Wait until the index has caught up."""
    for _ in range(100):
        if len(await world.jobs.list(status=JobStatus.RUNNING)) == count:
            return
        await world.env.sleep(timedelta(milliseconds=50))
    pytest.fail("the index did not catch up")


async def test_stopped_jobs_are_listed_by_what_stopped_them(real_env: WorkflowEnvironment) -> None:
    no_money = FaultError(Observation(stage=Stage.CREATE, http_status=429, error_code="insufficient_quota"))
    async with a_world(real_env, provider=InMemoryResponses(create_script=[no_money, None])) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        for _ in range(100):
            if found := await world.jobs.list(failure_class=FailureClass.QUOTA):
                break
            await world.env.sleep(timedelta(milliseconds=50))
        assert [(job.job_id, job.failure_class, job.actor) for job in found] == [
            (job_id, FailureClass.QUOTA, Actor.OPERATOR)
        ]
        await world.jobs.retry(job_id, by="ops")
        await world.held(job_id)
        assert not (await world.jobs.list())[0].failure_class


async def test_a_delivery_that_is_repeated_says_what_it_met(real_env: WorkflowEnvironment) -> None:
    busy = FaultError(Observation(stage=Stage.DELIVER, http_status=503, message="the inbox is full"))
    async with a_world(real_env, outbox=Outbox(faults=[busy] * 100)) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        for _ in range(100):
            if (seen := await world.jobs.describe(job_id)).last_fault:
                break
            await world.env.sleep(timedelta(milliseconds=50))
        assert (seen.status, "the inbox is full" in seen.last_fault) == (JobStatus.DELIVERING, True)


async def test_a_delivery_to_where_nobody_listens_says_so_while_it_is_repeated(real_env: WorkflowEnvironment) -> None:
    """What the libraries below raise is not sent along: the server shows nothing of an error beyond 4 kB."""
    url = unused_url()
    async with open_guarded_client(["127.0.0.1"]) as http:
        channels = {"http": HttpChannel(http, ["127.0.0.1"])}
        async with a_world(real_env, channels=channels) as world:
            job_id = await world.submit(delivery={"channel": "http", "url": url})
            await world.approve(job_id)
            for _ in range(100):
                if (seen := await world.jobs.describe(job_id)).last_fault:
                    break
                await world.env.sleep(timedelta(milliseconds=50))
    told = f"transient at deliver (refused): {url} did not answer (ConnectError: All connection attempts failed)"
    assert seen.last_fault == told


async def test_an_unknown_job_is_told_apart_from_silence(real_env: WorkflowEnvironment) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    for call in (jobs.describe("nobody"), jobs.record("nobody"), jobs.result("nobody"), jobs.draft("nobody")):
        with pytest.raises(NoSuchJobError, match="no job nobody"):
            await call
    with pytest.raises(NoSuchJobError):
        await jobs.cancel("nobody", by="an operator")
    with pytest.raises(NoSuchJobError):
        await jobs.decide("nobody", a_decision(DIGEST))


async def test_a_closed_job_is_not_cancelled(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        await world.jobs.cancel(job_id, by="an operator")
        await world.handle(job_id).result()
        with pytest.raises(RefusedError, match="closed already"):
            await world.jobs.cancel(job_id, by="an operator")


async def test_a_deliverable_that_was_changed_in_the_archive_is_never_shown(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        assert held.deliverable
        path = f"jobs/{job_id}/deliverables/{held.deliverable.digest.removeprefix('sha256:')}.json"
        await world.archive.put(path, b'{"text": "forged"}')
        with pytest.raises(RefusedError, match="restore it"):
            await world.jobs.draft(job_id)
