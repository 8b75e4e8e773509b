"""Responses that are announced or found: adopted, settled as strays, or left alone."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.announcement import ANNOUNCEMENTS_KEPT
from signoff.domain.deployment import ClassOverride, DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus, ResponseStatus
from signoff.ports import RawResponse
from tests.workflows.losing import PARKING, events_of, lost
from tests.world import World, a_world


async def test_what_a_search_finds_besides_is_recorded_although_the_job_is_cancelled_meanwhile(
    env: WorkflowEnvironment,
) -> None:
    class Found(InMemoryResponses):
        is_asked = asyncio.Event()
        may_tell = asyncio.Event()

        async def find(self, job_id: str, since: Any) -> Any:
            return await super().find(job_id, since) if len(self.created) > 1 else ()

        async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
            if response_id == "resp_1":
                self.is_asked.set()
                await self.may_tell.wait()
            return await super().retrieve(response_id, include)

    provider = Found(create_script=[lost()], script=[IN_PROGRESS], is_listable=True)
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda _: provider.is_asked.is_set())
        await world.jobs.cancel(job_id, by="an operator")
        await world.jobs.record(job_id)
        provider.may_tell.set()
        assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED
        record = await world.jobs.record(job_id)
        assert [stray.response_id for stray in record.strays] == ["resp_1"]
        assert record.response_id == "resp_2"
        assert sorted(provider.cancelled) == ["resp_1", "resp_2"]


async def test_an_announcement_that_comes_before_the_reply_is_kept(env: WorkflowEnvironment) -> None:
    class SlowAndLost(InMemoryResponses):
        is_sent = asyncio.Event()
        may_fail = asyncio.Event()

        async def create(self, parameters: Any) -> RawResponse:
            try:
                return await super().create(parameters)
            finally:
                self.is_sent.set()
                await self.may_fail.wait()

    provider = SlowAndLost(create_script=[lost()], script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await provider.is_sent.wait()
        await world.jobs.announce(job_id, "resp_1")
        await world.jobs.record(job_id)
        provider.may_fail.set()
        record = await world.held(job_id)
        assert record.attempts[0].is_adopted
        assert provider.creates == 1


async def test_a_response_that_turns_up_after_another_create_is_stopped_and_recorded(
    env: WorkflowEnvironment,
) -> None:
    provider = InMemoryResponses(create_script=[lost(), None], script=[IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        for _ in range(3):
            await world.jobs.announce(job_id, "resp_1")
        record = await world.until(job_id, lambda record: bool(record.strays))
        [stray] = record.strays
        assert (stray.response_id, stray.attempt, stray.status) == ("resp_1", 1, ResponseStatus.CANCELLED)
        assert provider.cancelled == ["resp_1"]
        assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:identify_response") == 1
        assert (record.status, record.response_id) == (JobStatus.RUNNING, "resp_2")
        assert await world.archive.get(f"jobs/{job_id}/strays/resp_1.json")


async def test_announcements_of_what_is_known_change_nothing(world: World) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    for _ in range(5):
        await world.jobs.announce(job_id, "resp_1")
    assert await world.jobs.record(job_id) == held


async def test_a_response_that_was_not_visible_when_it_was_announced_may_be_announced_again(
    env: WorkflowEnvironment,
) -> None:
    class Hidden(InMemoryResponses):
        is_hidden = True

        async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
            if self.is_hidden:
                raise FaultError(Observation(stage=Stage.LOOK, http_status=404, message="not found"))
            return await super().retrieve(response_id, include)

    provider = Hidden(create_script=[lost()], script=[completed()])
    async with a_world(env, provider=provider, policy=PARKING) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        await world.jobs.announce(job_id, "resp_1")
        await world.until(job_id, lambda record: "announcement.refused" in events_of(record))
        provider.is_hidden = False
        await world.jobs.announce(job_id, "resp_1")
        assert (await world.held(job_id)).attempts[0].is_adopted


async def test_a_response_of_another_job_is_left_alone(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[None, lost()], script=[IN_PROGRESS])
    async with a_world(env, provider=provider, policy=PARKING) as world:
        other = await world.submit()
        await world.until(other, lambda record: record.status is JobStatus.RUNNING)
        job_id = await world.submit()
        await world.stopped(job_id)
        await world.jobs.announce(job_id, "resp_1")
        await world.jobs.announce(job_id, "resp_99")
        record = await world.until(job_id, lambda record: events_of(record).count("announcement.refused") == 2)
        assert record.status is JobStatus.NEEDS_ATTENTION
        assert provider.cancelled == []
        told = [entry.text for entry in record.timeline if entry.event == "announcement.refused"]
        assert any("resp_1 is not of this job" in text for text in told)
        assert any("resp_99 could not be identified" in text for text in told)


async def test_a_flood_of_announcements_is_bounded(env: WorkflowEnvironment) -> None:
    class Strangers(InMemoryResponses):
        async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
            if response_id.startswith("stranger"):
                return RawResponse(data=b"{}", body={"id": response_id, "status": "completed"})
            return await super().retrieve(response_id, include)

    async with a_world(env, provider=Strangers()) as world:
        job_id = await world.submit()
        await world.held(job_id)
        for number in range(ANNOUNCEMENTS_KEPT + 5):
            await world.jobs.announce(job_id, f"stranger-{number}")
        record = await world.until(
            job_id, lambda record: events_of(record).count("announcement.refused") == ANNOUNCEMENTS_KEPT + 5
        )
        assert "one announcement too many" in " ".join(entry.text for entry in record.timeline)
        identified = await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:identify_response")
        assert identified == ANNOUNCEMENTS_KEPT


async def test_an_announcement_that_is_none_is_a_line_in_the_record(world: World) -> None:
    job_id = await world.submit()
    await world.held(job_id)
    await world.handle(job_id).signal("announce", "resp_1")
    record = await world.until(job_id, lambda record: "announcement.refused" in events_of(record))
    assert 'send one object: {"response_id": "resp_..."}' in record.timeline[-1].text


async def test_strays_of_a_closed_job_that_are_announced_at_once_are_all_recorded(
    real_env: WorkflowEnvironment,
) -> None:
    provider = InMemoryResponses(create_script=[lost()], script=[IN_PROGRESS])
    at_once = ClassOverride(first_delay=timedelta(0), longest_delay=timedelta(0))
    impatient = DeploymentPolicy(classes={FailureClass.OUTCOME_UNKNOWN: at_once}, adoption_window=timedelta(seconds=1))
    async with a_world(real_env, provider=provider, policy=impatient) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        await world.jobs.abandon(job_id, by="ops")
        await world.handle(job_id).result()
        lost_ones = [f"resp_{number}" for number in (1, 2, 3)]
        await asyncio.gather(*[world.jobs.announce(job_id, one) for one in lost_ones])
        record = await world.until(job_id, lambda record: len(record.strays) == len(lost_ones))
        assert sorted(stray.response_id for stray in record.strays) == lost_ones
        assert sorted(provider.cancelled) == lost_ones


async def test_a_stray_of_a_closed_job_is_stopped_and_written_into_its_record(
    real_env: WorkflowEnvironment,
) -> None:
    """On the dev server: the time-skipping one runs no activities without a workflow."""
    provider = InMemoryResponses(create_script=[lost()], script=[IN_PROGRESS])
    async with a_world(real_env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.adoption_due_at is not None)
        await world.jobs.cancel(job_id, by="an operator")
        await world.handle(job_id).result()
        for _ in range(3):
            await world.jobs.announce(job_id, "resp_1")
        record = await world.until(job_id, lambda record: bool(record.strays))
        assert [stray.response_id for stray in record.strays] == ["resp_1"]
        assert provider.cancelled == ["resp_1"]
        assert record.status is JobStatus.CANCELLED


async def test_a_stray_that_is_settled_while_the_job_closes_is_in_the_archived_record(
    env: WorkflowEnvironment,
) -> None:
    class SlowToTell(InMemoryResponses):
        is_asked = asyncio.Event()
        may_tell = asyncio.Event()

        async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
            if response_id == "resp_1":
                self.is_asked.set()
                await self.may_tell.wait()
            return await super().retrieve(response_id, include)

    provider = SlowToTell(create_script=[lost(), None], script=[IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        await world.jobs.announce(job_id, "resp_1")
        await provider.is_asked.wait()
        await world.jobs.cancel(job_id, by="an operator")
        closed = await world.until(job_id, lambda record: record.is_closed)
        assert not closed.strays
        provider.may_tell.set()
        await world.handle(job_id).result()
        assert [stray.response_id for stray in (await world.jobs.record(job_id)).strays] == ["resp_1"]
