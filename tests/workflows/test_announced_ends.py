"""The end of a response that is announced: looked at at once, and never believed."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain import names
from signoff.domain.announcement import Announcement
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.record import JobRecord
from signoff.domain.schedule import ANNOUNCED_LOOKS
from signoff.domain.status import JobStatus
from signoff.ports import RawResponse
from tests.workflows.losing import lost
from tests.world import World, a_world

WITH_WEBHOOKS = DeploymentPolicy(webhooks=True)
SOON = timedelta(minutes=2)
"""Long before the first look of the safety net."""


class Switched(InMemoryResponses):
    """In progress until a test says that it has ended."""

    has_ended = False

    async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
        self.script = [completed() if self.has_ended else IN_PROGRESS]
        return await super().retrieve(response_id, include)


async def told(world: World, job_id: str, response_id: str = "resp_1", announcement_id: str = "") -> None:
    announcement = Announcement(response_id=response_id, announcement_id=announcement_id)
    await world.handle(job_id).signal(names.ANNOUNCE, announcement)


async def running(world: World, **changes: Any) -> str:
    job_id = await world.submit(**changes)
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    return job_id


def was_soon(record: JobRecord) -> bool:
    return record.since - record.opened_at < SOON


async def announced_looks(world: World, job_id: str) -> int:
    return await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:look_when_announced")


async def test_a_job_that_is_told_of_the_end_takes_it_with_one_look(env: WorkflowEnvironment) -> None:
    provider = Switched()
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        provider.has_ended = True
        await told(world, job_id, announcement_id="evt_1")
        assert was_soon(await world.held(job_id))
        assert provider.retrieved == ["resp_1"]


async def test_a_job_that_nobody_tells_finds_out_by_itself(env: WorkflowEnvironment) -> None:
    provider = Switched()
    provider.has_ended = True
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        held = await world.held(job_id)
        assert timedelta(minutes=5) <= held.since - held.opened_at < timedelta(minutes=6)
        assert provider.retrieved == ["resp_1"]


@pytest.mark.parametrize(("wait", "is_soon"), [("poll", True), ("webhook", False), ("auto", False)])
async def test_the_request_chooses_whether_it_relies_on_webhooks(
    env: WorkflowEnvironment,
    wait: str,
    is_soon: bool,  # noqa: FBT001  a column of the table
) -> None:
    provider = Switched()
    provider.has_ended = True
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world, wait=wait)
        assert was_soon(await world.held(job_id)) is is_soon


async def test_a_repeated_announcement_costs_nothing(env: WorkflowEnvironment) -> None:
    provider = Switched()
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        provider.has_ended = True
        for _ in range(20):
            await told(world, job_id, announcement_id="evt_1")
        await world.held(job_id)
        for _ in range(20):
            await told(world, job_id, announcement_id="evt_1")
            await told(world, job_id)
        assert await announced_looks(world, job_id) == 1
        assert len(provider.retrieved) == 1


async def test_an_end_that_can_not_be_seen_yet_is_looked_for_again_soon(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[IN_PROGRESS, IN_PROGRESS, IN_PROGRESS, completed()])
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        await told(world, job_id, announcement_id="evt_1")
        assert was_soon(await world.held(job_id))
        assert await announced_looks(world, job_id) == 1


async def test_an_announcement_that_was_false_is_not_looked_after_for_ever(env: WorkflowEnvironment) -> None:
    provider = Switched()
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        await told(world, job_id, announcement_id="evt_1")
        await world.env.sleep(SOON)
        assert len(provider.retrieved) == ANNOUNCED_LOOKS
        provider.has_ended = True
        await told(world, job_id, announcement_id="evt_2")
        assert was_soon(held := await world.held(job_id)) or held.since - held.opened_at < timedelta(minutes=4)
        assert len(provider.retrieved) == ANNOUNCED_LOOKS + 1


async def test_what_is_announced_of_another_response_wakes_nobody(env: WorkflowEnvironment) -> None:
    provider = Switched()
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        provider.has_ended = True
        other = await running(world)
        before = len(provider.retrieved)
        await told(world, job_id, response_id="resp_2", announcement_id="evt_1")
        await world.until(job_id, lambda record: record.timeline[-1].event == "announcement.refused")
        assert await announced_looks(world, job_id) == 0
        assert provider.retrieved[before:] == ["resp_2"]
        assert (await world.jobs.record(other)).status is JobStatus.RUNNING


async def test_a_job_that_is_cancelled_while_it_looks_stops_both_looks(env: WorkflowEnvironment) -> None:
    provider = Switched()
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await running(world)
        await told(world, job_id, announcement_id="evt_1")
        await world.until(job_id, lambda _: bool(provider.retrieved))
        await world.jobs.cancel(job_id, by="ana")
        assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED
        assert provider.cancelled == ["resp_1"]


async def test_a_lost_response_that_its_end_brings_back_is_looked_at_at_once(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()], script=[completed()])
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: bool(record.adoption_due_at))
        await told(world, job_id, announcement_id="evt_1")
        held = await world.held(job_id)
        assert held.attempts[0].is_adopted
        assert was_soon(held)


async def test_a_response_of_the_same_job_id_somewhere_else_is_not_adopted(env: WorkflowEnvironment) -> None:
    class Elsewhere(InMemoryResponses):
        async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
            raw = await super().retrieve(response_id, include)
            named = {**raw.body["metadata"], "signoff_run_id": "the run of another environment"}
            return RawResponse(data=raw.data, body={**raw.body, "metadata": named})

    provider = Elsewhere(create_script=[lost(), None], script=[completed()])
    async with a_world(env, provider=provider, policy=WITH_WEBHOOKS) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: bool(record.adoption_due_at))
        await told(world, job_id, announcement_id="evt_1")
        record = await world.until(job_id, lambda record: len(record.attempts) == 2)
        assert not record.attempts[0].is_adopted
        assert record.strays == ()
        assert provider.cancelled == []
