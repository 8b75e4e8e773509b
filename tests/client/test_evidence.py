"""Reading the evidence of a job: from its index, and from the body where none was kept."""

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.domain import layout
from signoff.domain.errors import RefusedError
from signoff.domain.fitting import index_of_body
from signoff.domain.integrity import render_record
from signoff.domain.record import JobRecord
from tests.client.test_torn import a_closed_job, changed
from tests.world import World, a_world


async def without_index(world: World, record: JobRecord) -> None:
    """Make the job one of an older version."""
    [attempt] = record.attempts
    older = record.model_copy(update={"attempts": (attempt.model_copy(update={"evidence": None}),)})
    await world.archive.put(layout.record_path(record.job_id), render_record(older))


async def test_the_index_answers_without_the_body(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        body = await world.archive.get(layout.body_path(record.job_id, 1))
        await world.archive.put(layout.body_path(record.job_id, 1), b"torn")
        index = await world.jobs.evidence(record.job_id)
        assert index == index_of_body(body or b"", "response.json")
        assert (index.response_id, index.response_status) == (record.attempts[0].response_id, "completed")


async def test_a_changed_index_is_refused_with_both_digests(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        await changed(world, layout.evidence_path(record.job_id, 1))
        ref = record.attempts[0].evidence
        assert ref
        with pytest.raises(RefusedError, match=f"{ref.digest}.*restore it from a copy"):
            await world.jobs.evidence(record.job_id)


async def test_a_job_of_an_older_version_is_read_from_its_body_which_must_be_whole(
    real_env: WorkflowEnvironment,
) -> None:
    async with a_closed_job(real_env) as (world, record):
        kept = await world.jobs.evidence(record.job_id)
        await without_index(world, record)
        await world.archive.put(layout.evidence_path(record.job_id, 1), b"not looked at")
        assert await world.jobs.evidence(record.job_id, 1) == kept
        await changed(world, layout.body_path(record.job_id, 1))
        with pytest.raises(RefusedError, match=r"response\.json has .*restore it from a copy"):
            await world.jobs.evidence(record.job_id, 1)


async def test_an_attempt_that_was_never_made_has_no_evidence(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        await world.held(job_id)
        with pytest.raises(RefusedError, match="has no attempt 2, but 1 attempt"):
            await world.jobs.evidence(job_id, 2)
