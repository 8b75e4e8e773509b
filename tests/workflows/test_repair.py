"""Stopped jobs: a person has them go on from where they stopped, mends them, or gives them up."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.deployment import ClassOverride, DeploymentPolicy
from signoff.domain.errors import BadRequestError, FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.world import Outbox, World, a_world

CREATES = "ACTIVITY_TASK_SCHEDULED:create_response"


def fault(stage: Stage = Stage.CREATE, **seen: Any) -> FaultError:
    return FaultError(Observation(stage=stage, message="a fault", **seen))


NO_MONEY = fault(http_status=429, error_code="insufficient_quota")
TOO_LONG = fault(http_status=400, error_code="context_length_exceeded")
UNKNOWN_ITEM = {"status": "completed", "output": [{"type": "hologram"}]}


async def test_a_retry_after_the_quota_was_restored_makes_the_attempt_that_was_refused(
    env: WorkflowEnvironment,
) -> None:
    provider = InMemoryResponses(create_script=[NO_MONEY, None], script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        assert (await world.stopped(job_id)).next_action is NextAction.RESTORE_QUOTA
        answer = await world.jobs.retry(job_id, by="ops", reason="paid the bill")
        assert (answer.is_accepted, answer.status) == (True, JobStatus.QUEUED)
        record = await world.held(job_id)
        assert len(record.attempts) == 2
        assert [(line.kind, line.by, line.reason) for line in record.repairs] == [("retry", "ops", "paid the bill")]
        assert record.failure is None


async def test_an_amended_request_is_a_new_attempt_and_the_old_one_is_kept(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[TOO_LONG, None], script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit(response={"model": "a-model", "input": "long", "temperature": 1})
        assert (await world.stopped(job_id)).next_action is NextAction.AMEND_REQUEST
        changes = {"input": "short", "temperature": None}
        answer = await world.jobs.amend(job_id, response=changes, by="ana", reason="it was too long")
        assert answer.is_accepted
        record = await world.held(job_id)
        [line] = record.repairs
        told = [(one.parameter, one.before, one.after) for one in line.changes]
        assert told == [("input", '"long"', '"short"'), ("temperature", "1", "")]
        sent = provider.created[-1]
        assert (sent["input"], sent["model"], "temperature" in sent) == ("short", "a-model", False)
        assert b'"long"' in (await world.archive.get(f"jobs/{job_id}/attempts/1/request.json") or b"")
        assert b'"short"' in (await world.archive.get(f"jobs/{job_id}/attempts/2/request.json") or b"")
        first, second = record.attempts
        assert first.request_digest == record.request_digest != second.request_digest


async def test_a_deadline_that_was_too_short_can_be_amended(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[IN_PROGRESS])
    policy = DeploymentPolicy(classes={FailureClass.TIMEOUT: ClassOverride(attempts=1)})
    async with a_world(env, provider=provider, policy=policy) as world:
        job_id = await world.submit(deadline="PT10M")
        await world.stopped(job_id)
        await world.jobs.amend(job_id, response={}, deadline=timedelta(hours=1), by="ops")
        record = await world.until(job_id, lambda record: len(record.attempts) == 2)
        record = await world.stopped(job_id)
        assert record.failure
        assert "still in_progress after 1 h" in record.failure.message
        assert [(one.parameter, one.before, one.after) for one in record.repairs[0].changes] == [
            ("deadline", "10 min", "1 h")
        ]


async def test_an_amendment_that_breaks_a_rule_is_refused_and_changes_nothing(env: WorkflowEnvironment) -> None:
    async with a_world(env, provider=InMemoryResponses(create_script=[TOO_LONG])) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        answer = await world.jobs.amend(job_id, response={"stream": True}, by="ana")
        record = await world.jobs.record(job_id)
        assert not answer.is_accepted
        assert "response.stream" in answer.reason
        assert record.status is JobStatus.NEEDS_ATTENTION
        assert record.timeline[-1].event == "repair.refused"
        assert [line.is_accepted for line in record.repairs] == [False]


async def test_a_delivery_that_stopped_is_repeated_and_nothing_is_generated_again(env: WorkflowEnvironment) -> None:
    outbox = Outbox(faults=[fault(Stage.DELIVER, http_status=401)])
    async with a_world(env, outbox=outbox) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        await world.stopped(job_id)
        refused = await world.jobs.amend(job_id, response={"input": "else"}, by="ops")
        again = await world.jobs.retry(job_id, by="ops", is_anew=True)
        assert not refused.is_accepted
        assert not again.is_accepted
        answer = await world.jobs.retry(job_id, by="ops", reason="the key is mended")
        assert answer.status is JobStatus.DELIVERING
        outcome = await world.handle(job_id).result()
        assert outcome.status is JobStatus.COMPLETED
        assert len(outbox.parcels) == 1
        assert await world.events(job_id, CREATES) == world.provider.creates == 1


async def test_a_response_that_may_still_end_well_is_looked_at_again_for_nothing(env: WorkflowEnvironment) -> None:
    refused = fault(Stage.LOOK, http_status=401)
    provider = InMemoryResponses(script=[refused, IN_PROGRESS, completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        assert (await world.stopped(job_id)).next_action is NextAction.FIX_CONFIGURATION
        answer = await world.jobs.retry(job_id, by="ops")
        assert answer.status is JobStatus.RUNNING
        await world.held(job_id)
        assert provider.creates == 1


async def test_what_could_not_be_judged_is_read_again_before_it_is_paid_again(env: WorkflowEnvironment) -> None:
    """As after an update of the product that knows the item by now."""
    provider = InMemoryResponses(script=[UNKNOWN_ITEM, completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        await world.jobs.retry(job_id, by="ops")
        await world.held(job_id)
        assert provider.creates == 1


async def test_a_new_attempt_can_be_asked_for_and_stops_the_old_run_first(env: WorkflowEnvironment) -> None:
    broken = [fault(Stage.LOOK, http_status=401)]
    provider = InMemoryResponses(script=[*broken, IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        answer = await world.jobs.retry(job_id, by="ops", is_anew=True)
        assert answer.status is JobStatus.QUEUED
        record = await world.until(job_id, lambda record: len(record.attempts) == 2)
        assert provider.cancelled == ["resp_1"]
        assert record.attempts[0].response_status is ResponseStatus.CANCELLED


async def test_an_abandoned_job_stops_the_paid_work_and_is_failed(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[fault(Stage.LOOK, http_status=401), IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        answer = await world.jobs.abandon(job_id, by="ops", reason="not needed any more")
        outcome = await world.handle(job_id).result()
        assert answer.is_accepted
        assert (outcome.status, outcome.reason) == (JobStatus.FAILED, "given up by ops: not needed any more")
        assert provider.cancelled == ["resp_1"]


async def test_a_stopped_job_that_nobody_attends_to_expires_and_stops_the_paid_work(
    env: WorkflowEnvironment,
) -> None:
    provider = InMemoryResponses(script=[fault(Stage.LOOK, http_status=401), IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        stopped = await world.stopped(job_id)
        await world.env.sleep(timedelta(days=6, hours=23))
        assert (await world.jobs.record(job_id)).status is JobStatus.NEEDS_ATTENTION
        await world.env.sleep(timedelta(hours=2))
        assert (await world.handle(job_id).result()).status is JobStatus.EXPIRED
        assert provider.cancelled == ["resp_1"]
        assert stopped.attention_due_at == stopped.since + timedelta(days=7)


@pytest.mark.parametrize("verb", ["retry", "abandon"])
async def test_a_job_that_has_not_stopped_refuses_and_keeps_the_refusal(world: World, verb: str) -> None:
    job_id = await world.submit()
    await world.held(job_id)
    answer = await getattr(world.jobs, verb)(job_id, by="ops")
    record = await world.jobs.record(job_id)
    assert not answer.is_accepted
    assert "there is nothing to repair: the job is awaiting_review" in answer.reason
    assert [(line.kind, line.is_accepted) for line in record.repairs] == [(verb, False)]


async def test_the_same_repair_again_gets_the_first_answer_and_does_nothing(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(create_script=[NO_MONEY])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        await world.stopped(job_id)
        first = await world.jobs.retry(job_id, by="ops", repair_id="r-1")
        await world.until(job_id, lambda record: len(record.attempts) == 2)
        again = await world.jobs.retry(job_id, by="ops", repair_id="r-1")
        await world.jobs.cancel(job_id, by="ops")
        await world.handle(job_id).result()
        late = await world.jobs.retry(job_id, by="ops", repair_id="r-1")
        new = await world.jobs.retry(job_id, by="ops", repair_id="r-2")
        assert first.is_accepted
        assert again == first
        assert (late.is_accepted, late.at) == (True, first.at)
        assert not new.is_accepted
        assert "the job is closed" in new.reason
        assert provider.creates == 2


async def test_a_repair_that_can_not_be_read_is_answered_with_what_to_send(world: World) -> None:
    job_id = await world.submit()
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await world.handle(job_id).execute_update("amend", {"by": "ops"})
    with pytest.raises(BadRequestError, match="say what changes"):
        await world.jobs.amend(job_id, response={}, by="ops")
    assert "say what changes" in str(raised.value.cause)


async def test_after_a_repair_the_class_has_its_whole_budget_again(env: WorkflowEnvironment) -> None:
    timeout = {"status": "failed", "error": {"code": "vector_store_timeout", "message": "slow"}}
    policy = DeploymentPolicy(classes={FailureClass.TIMEOUT: ClassOverride(attempts=2)})
    async with a_world(env, provider=InMemoryResponses(script=[timeout]), policy=policy) as world:
        job_id = await world.submit()
        assert len((await world.stopped(job_id)).attempts) == 2
        await world.jobs.retry(job_id, by="ops")
        await world.until(job_id, lambda record: len(record.attempts) == 4)
        assert len((await world.stopped(job_id)).attempts) == 4
