"""Submitting: one job per id, whatever is sent again."""

import asyncio
import uuid

import pytest
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.testing import WorkflowEnvironment

from signoff.client import JobClient
from signoff.domain.errors import BadRequestError, ConflictError, SignoffError
from signoff.domain.status import JobStatus
from tests.world import World, a_decision, a_request, a_world, start_dev_server


async def test_the_same_request_again_gives_the_job_that_exists(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        answers = [await world.jobs.submit(a_request(job_id="invoice-7")) for _ in range(3)]
        assert [answer.is_new for answer in answers] == [True, False, False]
        assert {answer.job_id for answer in answers} == {"invoice-7"}


async def test_submits_at_once_start_one_job(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        answers = await asyncio.gather(*[world.jobs.submit(a_request(job_id="invoice-8")) for _ in range(10)])
        assert sum(answer.is_new for answer in answers) == 1
        await world.held("invoice-8")
        assert world.provider.creates == 1


async def test_another_request_under_the_same_id_is_a_conflict(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        await world.jobs.submit(a_request(job_id="invoice-9"))
        with pytest.raises(ConflictError, match="choose another job id"):
            await world.jobs.submit(a_request(job_id="invoice-9", title="Another"))


async def delivered(world: World, job_id: str) -> None:
    await world.jobs.submit(a_request(job_id=job_id))
    held = await world.held(job_id)
    await world.jobs.decide(job_id, a_decision(held.review.digest if held.review else ""))
    await world.handle(job_id).result()


async def test_both_hold_after_the_job_has_closed(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        await delivered(world, "invoice-10")
        assert not (await world.jobs.submit(a_request(job_id="invoice-10"))).is_new
        with pytest.raises(ConflictError):
            await world.jobs.submit(a_request(job_id="invoice-10", title="Another"))


async def test_both_hold_after_temporal_has_forgotten_the_job(real_env: WorkflowEnvironment) -> None:
    """The archive answers when retention has removed the workflow."""
    async with a_world(real_env) as world:
        await delivered(world, "invoice-11")
        request = DeleteWorkflowExecutionRequest(namespace=real_env.client.namespace)
        request.workflow_execution.workflow_id = "invoice-11"
        await real_env.client.workflow_service.delete_workflow_execution(request)
        described = await world.jobs.describe("invoice-11")
        assert not (await world.jobs.submit(a_request(job_id="invoice-11"))).is_new
        with pytest.raises(ConflictError):
            await world.jobs.submit(a_request(job_id="invoice-11", title="Another"))
        assert described.status is JobStatus.COMPLETED
        assert (await world.jobs.result("invoice-11")).text == "A short answer."


async def test_without_an_id_each_submit_is_a_job(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        answers = [await world.jobs.submit(a_request()) for _ in range(2)]
        assert len({answer.job_id for answer in answers}) == 2


async def test_what_openai_would_refuse_starts_nothing(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        jobs = JobClient(real_env.client, world.archive, check=lambda _: ["response.temperatur: no such parameter"])
        with pytest.raises(BadRequestError, match="temperatur"):
            await jobs.submit(a_request(job_id=f"never-{uuid.uuid4().hex}"))
        assert await jobs.list() == []


async def test_a_namespace_without_search_attributes_says_what_to_run() -> None:
    async with await start_dev_server(search_attributes=()) as bare, a_world(bare) as world:
        with pytest.raises(SignoffError, match="signoff setup"):
            await world.jobs.submit(a_request())
