"""What is asked of Temporal's index: a requester's name in it is a name, whatever it holds."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.errors import BadRequestError
from tests.world import a_request


async def listed(jobs: JobClient, count: int) -> None:
    """Wait until so many jobs are in the index, which lags by moments."""
    async with asyncio.timeout(10):
        while len(await jobs.list()) < count:  # noqa: ASYNC110  the index sets no event
            await asyncio.sleep(0)


async def test_jobs_of_a_requester_are_found_by_any_name_and_no_others(real_env: WorkflowEnvironment) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    names = ["o'brien", "100%", "x' OR JobStatus = 'queued' OR 'x", "-- a", "zoë"]
    mine = {name: (await jobs.submit(a_request(requester=name))).job_id for name in names}
    await listed(jobs, len(names))
    for name in names:
        assert [job.job_id for job in await jobs.list(requester=name)] == [mine[name]]


@pytest.mark.parametrize("name", ["a\\", "x\\' OR JobStatus = 'queued' OR Requester = '", 'a "name"', "'x"])
async def test_a_name_that_no_query_can_hold_is_refused(real_env: WorkflowEnvironment, name: str) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    with pytest.raises(BadRequestError, match="can't be listed"):
        await jobs.list(requester=name)
