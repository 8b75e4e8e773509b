"""Failures: what is tried again by itself, what stops for a person, and what is never done twice."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, QUEUED, InMemoryResponses, completed
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import FindingKind, NetworkFault, Observation
from signoff.domain.status import JobStatus, NextAction
from tests.world import EVENTS_UNTIL_HELD, Outbox, a_decision, a_world

CREATES = "ACTIVITY_TASK_SCHEDULED:create_response"


def fault(stage: Stage = Stage.CREATE, **seen: Any) -> FaultError:
    return FaultError(Observation(stage=stage, message="a fault", **seen))


async def test_an_overloaded_provider_is_asked_again_later(env: WorkflowEnvironment) -> None:
    busy = fault(http_status=503, error_code="server_is_overloaded")
    async with a_world(env, provider=InMemoryResponses(create_script=[busy, busy, None])) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        classes = [attempt.failure and attempt.failure.failure_class for attempt in record.attempts]
        assert classes == [FailureClass.TRANSIENT, FailureClass.TRANSIENT, None]
        pauses = [b.started_at - a.started_at for a, b in pairwise(record.attempts)]
        assert pauses[0] >= timedelta(seconds=1.6)  # 2 s, shortened by up to a fifth
        assert pauses[1] >= timedelta(seconds=3.2)


@pytest.mark.parametrize(
    ("seen", "failure_class", "next_action"),
    [
        ({"http_status": 400}, FailureClass.MALFORMED_INPUT, NextAction.AMEND_REQUEST),
        ({"http_status": 401}, FailureClass.CONFIGURATION, NextAction.FIX_CONFIGURATION),
        ({"http_status": 429, "error_code": "insufficient_quota"}, FailureClass.QUOTA, NextAction.RESTORE_QUOTA),
        ({"http_status": 403, "error_code": "cyber_policy"}, FailureClass.POLICY, NextAction.INSPECT),
        ({"http_status": 403, "error_code": "invalid_prompt"}, FailureClass.REVIEW_REQUIRED, NextAction.INSPECT),
        ({"http_status": 418}, FailureClass.UNCLASSIFIED, NextAction.INSPECT),
    ],
)
async def test_what_is_not_safe_to_repeat_stops_after_one_create(
    env: WorkflowEnvironment, seen: dict[str, Any], failure_class: FailureClass, next_action: NextAction
) -> None:
    provider = InMemoryResponses(create_script=[fault(**seen)])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.until(job_id, lambda record: record.status is JobStatus.NEEDS_ATTENTION)
        assert record.failure
        assert (record.failure.failure_class, record.next_action) == (failure_class, next_action)
        assert await world.events(job_id, CREATES) == provider.creates == 1
        await world.env.sleep(timedelta(days=8))
        assert (await world.handle(job_id).result()).status is JobStatus.EXPIRED
        assert provider.creates == 1


@pytest.mark.parametrize(
    ("ending", "failure_class"),
    [
        ({"status": "failed", "error": {"code": "insufficient_quota", "message": "no money"}}, FailureClass.QUOTA),
        ({"status": "failed", "error": {"code": "bio_policy", "message": "no"}}, FailureClass.POLICY),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, FailureClass.POLICY),
        ({"status": "paused"}, FailureClass.UNCLASSIFIED),
    ],
)
async def test_an_ending_that_no_retry_can_mend_stops_for_a_person(
    env: WorkflowEnvironment, ending: dict[str, Any], failure_class: FailureClass
) -> None:
    async with a_world(env, provider=InMemoryResponses(script=[ending])) as world:
        job_id = await world.submit()
        record = await world.until(job_id, lambda record: record.status is JobStatus.NEEDS_ATTENTION)
        assert record.failure
        assert record.failure.failure_class is failure_class
        assert record.deliverable is None
        assert world.provider.creates == 1


async def test_partial_output_is_held_with_its_findings(env: WorkflowEnvironment) -> None:
    partial = {
        **completed("Half an ans"),
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
    }
    async with a_world(env, provider=InMemoryResponses(script=[partial])) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert record.deliverable
        assert [finding.kind for finding in record.deliverable.findings] == [FindingKind.PARTIAL_OUTPUT]


async def test_a_failed_run_is_made_again_after_the_providers_hint(env: WorkflowEnvironment) -> None:
    error = {"code": "rate_limit_exceeded", "message": "Please try again in 11.054s."}
    provider = InMemoryResponses(script=[{"status": "failed", "error": error}])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.until(job_id, lambda record: len(record.attempts) == 2)
        first, second = record.attempts
        assert first.ended_at
        assert second.started_at - first.ended_at >= timedelta(seconds=11.054)


async def test_a_run_past_its_deadline_is_stopped_and_made_anew_a_few_times(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[QUEUED])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit(deadline="PT10M")
        record = await world.until(job_id, lambda record: record.status is JobStatus.NEEDS_ATTENTION)
        classes = [attempt.failure and attempt.failure.failure_class for attempt in record.attempts]
        assert classes == [FailureClass.TIMEOUT] * 3
        assert provider.cancelled == ["resp_1", "resp_2", "resp_3"]
        assert record.next_action is NextAction.RETRY


async def test_a_completion_at_the_deadline_is_taken(env: WorkflowEnvironment) -> None:
    """The look at a run that is being stopped finds that it has just completed."""

    class JustInTime(InMemoryResponses):
        async def cancel(self, response_id: str) -> Any:
            self.script = [completed("just in time")]
            return await super().cancel(response_id)

        async def retrieve(self, response_id: str, include: Any = ()) -> Any:
            self.retrieved.clear()
            return await super().retrieve(response_id, include)

    async with a_world(env, provider=JustInTime(script=[IN_PROGRESS])) as world:
        job_id = await world.submit(deadline="PT10M")
        await world.held(job_id)
        draft, _ = await world.jobs.draft(job_id)
        assert draft.text == "just in time"
        assert world.provider.creates == 1


async def test_a_response_that_is_gone_stops_the_job_and_a_retry_costs_a_new_run(env: WorkflowEnvironment) -> None:
    gone = fault(Stage.LOOK, http_status=404)
    provider = InMemoryResponses(script=[IN_PROGRESS, gone])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.stopped(job_id)
        assert record.failure
        assert (record.failure.failure_class, record.next_action) == (FailureClass.RESULT_LOST, NextAction.INSPECT)
        assert provider.creates == 1
        provider.script = [completed()]
        answer = await world.jobs.retry(job_id, by="ops")
        assert answer.status is JobStatus.QUEUED
        await world.held(job_id)
        assert provider.creates == 2


async def test_a_response_that_is_not_visible_yet_is_waited_for(env: WorkflowEnvironment) -> None:
    lag = [fault(Stage.LOOK, http_status=404)] * 3
    async with a_world(env, provider=InMemoryResponses(script=[*lag, completed()])) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert len(record.attempts) == world.provider.creates == 1
        assert await world.events(job_id, "") == EVENTS_UNTIL_HELD


async def test_faults_of_looks_cost_no_new_create(env: WorkflowEnvironment) -> None:
    lost = fault(Stage.LOOK, network=NetworkFault.LOST)
    provider = InMemoryResponses(script=[lost, fault(Stage.LOOK, http_status=500), IN_PROGRESS, lost, completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert len(record.attempts) == provider.creates == 1
        assert await world.events(job_id, "") == EVENTS_UNTIL_HELD


async def test_a_delivery_is_repeated_until_the_destination_recovers(env: WorkflowEnvironment) -> None:
    busy = fault(Stage.DELIVER, http_status=503)
    outbox = Outbox(faults=[busy, fault(Stage.DELIVER, network=NetworkFault.LOST), busy])
    async with a_world(env, outbox=outbox) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        await world.jobs.decide(job_id, a_decision(held.review.digest if held.review else ""))
        await world.until(job_id, lambda record: record.status is JobStatus.COMPLETED)
        assert len(outbox.parcels) == 1
        assert world.provider.creates == 1


async def test_a_delivery_that_cannot_succeed_parks_the_job_with_its_approval(env: WorkflowEnvironment) -> None:
    outbox = Outbox(faults=[fault(Stage.DELIVER, http_status=401)])
    async with a_world(env, outbox=outbox) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        await world.jobs.decide(job_id, a_decision(held.review.digest if held.review else ""))
        record = await world.until(job_id, lambda record: record.status is JobStatus.NEEDS_ATTENTION)
        assert record.failure
        assert record.failure.failure_class is FailureClass.CONFIGURATION
        assert record.approvers == ("ana",)
        assert record.next_action is NextAction.RETRY_DELIVERY
        assert world.provider.creates == 1
