"""A job whose checks could never be made is not started."""

import uuid

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.checks import problems_with
from signoff.client import JobClient
from signoff.domain.errors import BadRequestError
from signoff.domain.status import JobStatus
from tests.world import a_request, a_world


async def test_checks_that_could_never_be_made_start_nothing(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        jobs = JobClient(real_env.client, world.archive, check_review=problems_with)
        review = {"checks": [{"kind": "forbidden", "patterns": ["("]}]}
        with pytest.raises(BadRequestError, match=r"review\.checks\.0\.patterns\.0"):
            await jobs.submit(a_request(job_id=f"never-{uuid.uuid4().hex}", review=review))
        assert await jobs.list() == []


async def test_what_is_wrong_with_parameters_and_checks_is_told_at_once(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        jobs = JobClient(real_env.client, world.archive, lambda _: ["response.x: no"], check_review=problems_with)
        review = {"checks": [{"kind": "forbidden", "patterns": ["("]}]}
        with pytest.raises(BadRequestError, match=r"response\.x: no; review\.checks"):
            await jobs.submit(a_request(review=review))


async def test_what_a_check_finds_is_shown_to_the_reviewer(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit(review={"checks": [{"kind": "length", "at_least": 100}]})
        held = await world.held(job_id)
        assert held.deliverable is not None
        assert [finding.kind for finding in held.deliverable.findings] == ["length"]
        await world.approve(job_id)
        await world.until(job_id, lambda record: record.status is JobStatus.COMPLETED)
        assert (await world.jobs.result(job_id)).text == "A short answer."
