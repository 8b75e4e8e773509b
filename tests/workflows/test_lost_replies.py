"""Creates whose reply was lost: looked for, adopted, made anew as the policy says, and never unseen."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, Lost, completed
from signoff.domain.announcement import ANNOUNCEMENTS_KEPT
from signoff.domain.deployment import DeploymentPolicy, OnUnknown
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from signoff.ports import RawResponse
from tests.world import World, a_world

PARKING = DeploymentPolicy(on_unknown=OnUnknown.PARK)
CREATES = "ACTIVITY_TASK_SCHEDULED:create_response"


def lost(**seen: Any) -> Lost:
    facts = seen or {"network": NetworkFault.LOST}
    return Lost(FaultError(Observation(stage=Stage.CREATE, message="no reply", **facts)))


def events_of(record: JobRecord) -> list[str]:
    return [entry.event for entry in record.timeline]


@pytest.mark.parametrize(
    "seen", [{"network": NetworkFault.LOST}, {"network": NetworkFault.TIMEOUT}, {"http_status": 502}]
)
async def test_a_lost_reply_leads_to_another_create_after_the_window(
    env: WorkflowEnvironment, seen: dict[str, Any]
) -> None:
    provider = InMemoryResponses(create_script=[lost(**seen), None], script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        first, second = record.attempts
        assert first.is_outcome_unknown
        assert second.started_at - first.started_at >= timedelta(minutes=2)
        assert record.possibly_paid_twice
        assert await world.events(job_id, CREATES) == provider.creates == 2
        assert "create.unknown" in events_of(record)


async def test_where_the_policy_says_so_it_stops_and_nothing_more_is_paid(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()])
    async with a_world(env, provider=provider, policy=PARKING) as world:
        job_id = await world.submit()
        record = await world.stopped(job_id)
        assert (record.next_action, provider.creates) == (NextAction.INSPECT, 1)
        await world.env.sleep(timedelta(days=8))
        assert (await world.handle(job_id).result()).status is JobStatus.EXPIRED
        assert not record.possibly_paid_twice
        assert provider.creates == 1


async def test_a_job_may_ask_for_a_stop_where_the_deployment_would_create_anew(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit(policy={"on_unknown": "park"})
        await world.stopped(job_id)
        assert provider.creates == 1


async def test_a_few_lost_replies_in_a_row_stop_the_job(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.stopped(job_id)
        assert record.reason.startswith("3 of at most 3 tries failed")
        assert len(record.attempts) == provider.creates == 3


async def test_a_create_that_ended_without_an_answer_counts_as_lost(env: WorkflowEnvironment) -> None:
    """Whether it was a bug, a stopping worker or a dead one: the response may exist."""

    class Broken(InMemoryResponses):
        async def create(self, parameters: Any) -> Any:
            await super().create(parameters)
            raise KeyError("a bug after the request was sent")

    async with a_world(env, provider=Broken(), policy=PARKING) as world:
        job_id = await world.submit()
        record = await world.stopped(job_id)
        assert record.failure
        assert record.failure.failure_class is FailureClass.OUTCOME_UNKNOWN
        assert world.provider.creates == 1


@pytest.mark.parametrize("policy", [PARKING, DeploymentPolicy()])
async def test_where_nobody_can_search_either_the_policy_still_holds(
    env: WorkflowEnvironment, policy: DeploymentPolicy
) -> None:
    """The worker that died told no policy; the one that could not search did."""

    class Broken(InMemoryResponses):
        async def create(self, parameters: Any) -> Any:
            if self.creates == 0:
                await super().create(parameters)
                raise KeyError("a bug after the request was sent")
            return await super().create(parameters)

        async def find(self, job_id: str, since: Any) -> Any:  # noqa: ARG002  the port's signature
            raise FaultError(Observation(stage=Stage.FIND, http_status=401, message="no"))

    async with a_world(env, provider=Broken(script=[completed()]), policy=policy) as world:
        job_id = await world.submit()
        ends = {JobStatus.NEEDS_ATTENTION, JobStatus.AWAITING_REVIEW}
        await world.until(job_id, lambda record: record.status in ends)
        assert world.provider.creates == (1 if policy is PARKING else 2)


async def test_a_lost_response_is_adopted_when_it_is_announced(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()], script=[IN_PROGRESS, completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.adoption_due_at is not None)
        await world.jobs.announce(job_id, "resp_1")
        record = await world.held(job_id)
        [attempt] = record.attempts
        assert (attempt.response_id, attempt.is_adopted, attempt.failure) == ("resp_1", True, None)
        assert provider.creates == 1
        assert not record.possibly_paid_twice


async def test_a_lost_response_is_adopted_while_the_job_stands_stopped(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()], script=[completed()])
    async with a_world(env, provider=provider, policy=PARKING) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        await world.jobs.announce(job_id, "resp_1")
        record = await world.held(job_id)
        assert record.attempts[0].is_adopted
        assert record.attention_due_at is None
        assert provider.creates == 1


async def test_a_lost_response_is_found_in_the_list_at_once(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()], script=[completed()], is_listable=True)
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert [attempt.response_id for attempt in record.attempts] == ["resp_1"]
        assert "create.awaited" not in events_of(record)
        assert provider.creates == 1


async def test_a_list_that_is_behind_is_asked_again_at_the_end_of_the_window(env: WorkflowEnvironment) -> None:
    class Behind(InMemoryResponses):
        searches = 0

        async def find(self, job_id: str, since: Any) -> Any:
            self.searches += 1
            return () if self.searches == 1 else await super().find(job_id, since)

    provider = Behind(create_script=[lost()], script=[completed()], is_listable=True)
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert (record.attempts[0].response_id, provider.creates) == ("resp_1", 1)


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

    async with a_world(env, provider=Strangers(), cached_jobs=10) as world:
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


async def test_a_job_that_is_cancelled_while_it_waits_for_a_sign_closes(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.adoption_due_at is not None)
        await world.jobs.cancel(job_id, by="an operator")
        assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED
        record = await world.jobs.record(job_id)
        assert record.attempts[0].is_outcome_unknown


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
