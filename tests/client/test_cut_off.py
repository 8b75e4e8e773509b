"""Jobs whose workflow was ended in Temporal, outside the product."""

import gc
from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.domain import names
from signoff.domain.errors import RefusedError
from signoff.domain.failures import FailureClass
from signoff.domain.status import JobStatus, NextAction
from tests.world import World, a_world


async def terminated(world: World) -> str:
    job_id = await world.submit(title="A brief")
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    await world.handle(job_id).terminate("no clean-up wanted")
    return job_id


async def listed(world: World, status: JobStatus) -> list[str]:
    return [job.job_id for job in await world.jobs.list(status=status)]


async def test_a_terminated_job_does_not_pass_for_a_running_one(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        job_id = await terminated(world)
        seen = await world.jobs.describe(job_id)
        assert (seen.status, seen.next_action) == (JobStatus.FAILED, NextAction.NONE)
        assert "terminated" in seen.reason
        assert seen.closed_at is not None
        for call in (world.jobs.result(job_id), world.jobs.cancel(job_id, by="an operator")):
            with pytest.raises(RefusedError, match="its workflow was terminated"):
                await call
        for _ in range(100):
            if await listed(world, JobStatus.FAILED) == [job_id]:
                break
            await world.env.sleep(timedelta(milliseconds=50))
        assert await listed(world, JobStatus.FAILED) == [job_id]
        assert await listed(world, JobStatus.RUNNING) == []


async def test_following_a_terminated_job_ends(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        job_id = await terminated(world)
        statuses = [seen.status async for seen in world.jobs.follow(job_id)]
        assert statuses == [JobStatus.FAILED]


# The SDK makes the coroutine of `run` before it calls `__init__`, and drops it when that refuses the request.
@pytest.mark.filterwarnings("ignore:coroutine .*run_workflow.* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("inputs", [[], ["hello"], [{"requester": "a-service"}]])
async def test_what_was_started_without_a_request_is_no_waiting_job(
    real_env: WorkflowEnvironment, inputs: list[object]
) -> None:
    async with a_world(real_env) as world:
        start = real_env.client.start_workflow
        handle = await start(names.WORKFLOW, args=inputs, id="typed-1", task_queue=names.TASK_QUEUE)
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        seen = await world.jobs.describe("typed-1")
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == FailureClass.MALFORMED_INPUT
        assert (seen.status, seen.next_action) == (JobStatus.FAILED, NextAction.NONE)
        assert "no request" in seen.reason
        assert world.provider.creates == 0
    gc.collect()  # here, where the warning is expected, and not in some later test
