"""Creates whose reply was lost: looked for, adopted, made anew as the policy says, and never unseen."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.status import JobStatus, NextAction
from tests.workflows.losing import CREATES, PARKING, events_of, lost
from tests.world import a_world


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


async def test_a_job_that_is_cancelled_while_it_waits_for_a_sign_closes(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[lost()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.adoption_due_at is not None)
        await world.jobs.cancel(job_id, by="an operator")
        assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED
        record = await world.jobs.record(job_id)
        assert record.attempts[0].is_outcome_unknown
