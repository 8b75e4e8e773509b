"""Objects of the archive that were torn or changed: reported to whoever asks, never served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.domain import layout
from signoff.domain.deliverable import digest_of
from signoff.domain.errors import RefusedError
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.world import World, a_world


@asynccontextmanager
async def a_closed_job(env: WorkflowEnvironment) -> AsyncIterator[tuple[World, JobRecord]]:
    async with a_world(env) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        await world.handle(job_id).result()
        yield world, await world.jobs.record(job_id)


async def changed(world: World, path: str) -> bytes:
    """Change one byte of an object, as a disk might."""
    data = await world.archive.get(path)
    assert data
    middle = len(data) // 2
    torn = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    await world.archive.put(path, torn)
    return torn


async def test_a_changed_record_is_refused_whatever_is_asked_of_the_job(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        path = layout.record_path(record.job_id)
        whole = await world.archive.get(path)
        await changed(world, path)
        jobs, job_id = world.jobs, record.job_id
        for call in (jobs.record(job_id), jobs.result(job_id), jobs.describe(job_id), jobs.draft(job_id)):
            with pytest.raises(RefusedError, match=f"{path}.*restore it from a copy"):
                await call
        await world.archive.put(path, whole or b"")
        assert await jobs.record(job_id) == record


async def test_an_empty_record_is_torn_rather_than_missing(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        await world.archive.put(layout.record_path(record.job_id), b"")
        with pytest.raises(RefusedError, match="restore it from a copy"):
            await world.jobs.record(record.job_id)


async def test_a_changed_response_body_is_refused_with_both_digests(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        assert await world.jobs.response_body(record.job_id, 1)
        torn = await changed(world, layout.body_path(record.job_id, 1))
        with pytest.raises(RefusedError, match="restore it from a copy") as raised:
            await world.jobs.response_body(record.job_id, 1)
        assert digest_of(torn) in str(raised.value)
        assert record.attempts[0].body_digest in str(raised.value)


async def test_a_response_body_that_is_not_there_is_none(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        assert await world.jobs.response_body(record.job_id, 2) is None


async def test_a_changed_deliverable_is_refused_and_the_record_still_told(real_env: WorkflowEnvironment) -> None:
    async with a_closed_job(real_env) as (world, record):
        assert record.deliverable
        await changed(world, layout.deliverable_path(record.job_id, record.deliverable.digest))
        with pytest.raises(RefusedError, match="restore it from a copy"):
            await world.jobs.result(record.job_id)
        assert (await world.jobs.describe(record.job_id)).status is JobStatus.COMPLETED


async def test_an_edit_is_not_taken_while_the_response_that_it_is_checked_against_is_changed(
    real_env: WorkflowEnvironment,
) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit(review={"checks": [{"kind": "cited_sources"}]})
        held = await world.held(job_id)
        assert held.deliverable
        edit = {"digest": held.deliverable.digest, "text": "Mine.", "reviewer": "ana"}
        path = layout.body_path(job_id, 1)
        whole = await world.archive.get(path)
        await changed(world, path)
        answer = await world.jobs.approve_edited(job_id, **edit)
        assert not answer.is_accepted
        assert "restore it from a copy" in answer.reason
        await world.archive.put(path, whole or b"")
        assert (await world.jobs.approve_edited(job_id, **edit)).is_accepted
