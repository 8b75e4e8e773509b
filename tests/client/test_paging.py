"""Lists of jobs, page by page."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.errors import BadRequestError
from tests.world import a_request


async def filled(env: WorkflowEnvironment, count: int) -> JobClient:
    jobs = JobClient(env.client, open_archive("memory:"))
    for number in range(count):
        await jobs.submit(a_request(job_id=f"brief-{number}"))
    for _ in range(100):
        if len(await jobs.list()) == count:
            return jobs
        await env.sleep(timedelta(milliseconds=50))
    pytest.fail("the index did not catch up")


async def test_pages_hold_every_job_once_and_the_newest_first(real_env: WorkflowEnvironment) -> None:
    jobs = await filled(real_env, 5)
    found, cursor = [], None
    for _ in range(10):
        page = await jobs.page(limit=2, cursor=cursor)
        assert len(page.jobs) <= 2
        found += [job.job_id for job in page.jobs]
        if (cursor := page.next_cursor) is None:
            break
    assert cursor is None
    assert found == [job.job_id for job in await jobs.list()]


async def test_a_page_keeps_to_the_filters(real_env: WorkflowEnvironment) -> None:
    jobs = await filled(real_env, 1)
    assert (await jobs.page(requester="nobody")).jobs == ()
    assert [job.job_id for job in (await jobs.page(requester="a-service")).jobs] == ["brief-0"]


@pytest.mark.parametrize("cursor", ["", "no cursor", "e30=", "AAAA", "A", "é", "x" * 5000])
async def test_a_cursor_that_no_page_gave_is_refused(real_env: WorkflowEnvironment, cursor: str) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    with pytest.raises(BadRequestError, match="leave it out"):
        await jobs.page(cursor=cursor)


async def test_a_cursor_of_another_list_is_refused(real_env: WorkflowEnvironment) -> None:
    jobs = await filled(real_env, 2)
    cursor = (await jobs.page(limit=1)).next_cursor
    with pytest.raises(BadRequestError, match="leave it out"):
        await jobs.page(limit=1, cursor=cursor, requester="a-service")


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_page_is_bounded(real_env: WorkflowEnvironment, limit: int) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    with pytest.raises(BadRequestError, match="limit"):
        await jobs.page(limit=limit)
