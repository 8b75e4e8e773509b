"""Closed jobs in one list: those of the archive, and those that Temporal ended and never came there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.client import JobClient
from signoff.domain.closed import ClosedFilters
from signoff.domain.description import ClosedPage
from signoff.domain.errors import BadRequestError, UnreachableError
from signoff.domain.status import JobStatus
from signoff.finding import archived_page
from tests.activities.desk import FlakyArchive
from tests.closed.making import DAY, NOON, closed
from tests.world import World, a_world

LABELS = {"desk": "science"}


async def until_listed(world: World, filters: ClosedFilters, is_so: Callable[[ClosedPage], bool]) -> ClosedPage:
    for _ in range(100):
        page = await world.jobs.closed(filters)
        if is_so(page):
            return page
        await world.env.sleep(timedelta(milliseconds=50))
    pytest.fail(f"not listed: {page}")


async def terminated(world: World, **changes: Any) -> str:
    job_id = await world.submit(labels=LABELS, title="A brief", **changes)
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    await world.handle(job_id).terminate("no clean-up wanted")
    return job_id


async def test_a_job_that_was_delivered_is_found_without_temporal(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit(labels=LABELS, title="A brief")
        await world.approve(job_id)
        await world.handle(job_id).result()
        page = await archived_page(world.archive, ClosedFilters(labels=("desk=science",)))
        record = await world.jobs.record(job_id)
    [job] = page.jobs
    assert (job.job_id, job.title, job.labels, job.status) == (job_id, "A brief", LABELS, JobStatus.COMPLETED)
    assert (job.started_at, job.closed_at, job.tokens) == (record.opened_at, record.closed_at, record.tokens)
    assert not page.knows_cut_off


async def test_a_terminated_job_is_listed_and_marked_in_its_place(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        await closed(world.archive, "before", NOON - 4000 * DAY, labels=LABELS)
        await closed(world.archive, "after", NOON + 4000 * DAY, labels=LABELS)
        job_id = await terminated(world)
        mine = ClosedFilters(labels=("desk=science",), requester="a-service")
        page = await until_listed(world, ClosedFilters(labels=("desk=science",)), lambda page: len(page.jobs) > 2)
        assert [(job.job_id, job.is_cut_off) for job in page.jobs] == [
            ("after", False),
            (job_id, True),
            ("before", False),
        ]
        assert page.jobs[1].status is JobStatus.FAILED
        assert job_id in [job.job_id for job in (await world.jobs.closed(mine)).jobs]
        for others in (
            ClosedFilters(statuses=(JobStatus.COMPLETED,)),
            ClosedFilters(labels=("desk=sports",)),
            ClosedFilters(requester="nobody"),
            ClosedFilters(until=NOON - 3000 * DAY),
            ClosedFilters(since=NOON + 3000 * DAY),
        ):
            assert job_id not in [job.job_id for job in (await world.jobs.closed(others)).jobs]


async def test_pages_of_both_show_every_job_once(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        label = ClosedFilters(labels=("desk=science",), since=NOON - 5000 * DAY)
        for number in range(3):
            await closed(world.archive, f"before-{number}", NOON - 4000 * DAY, labels=LABELS)
        cut_off = [await terminated(world) for _ in range(3)]
        wanted = {*cut_off, "before-0", "before-1", "before-2"}
        await until_listed(world, label, lambda page: {job.job_id for job in page.jobs} >= wanted)
        whole = [job.job_id for job in (await world.jobs.closed(label)).jobs]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await world.jobs.closed(label, limit=2, cursor=cursor)
            seen += [job.job_id for job in page.jobs]
            if (cursor := page.next_cursor) is None:
                break
        assert seen == whole
        assert len(seen) == len(set(seen))


async def test_a_terminated_job_whose_record_is_kept_is_listed_as_the_record_says(
    real_env: WorkflowEnvironment,
) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        job_id = await terminated(world)
        only = ClosedFilters(labels=("desk=science",))
        await until_listed(world, only, lambda page: any(job.job_id == job_id for job in page.jobs))
        await closed(world.archive, job_id, NOON, labels=LABELS)
        found = [job for job in (await world.jobs.closed(only)).jobs if job.job_id == job_id]
        assert [(job.status, job.is_cut_off) for job in found] == [(JobStatus.COMPLETED, False)]


class SilentTemporal:
    """A client of a server that does not answer."""

    namespace = "default"

    def list_workflows(self, *_: Any, **__: Any) -> Any:
        raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")


async def test_without_an_answer_from_temporal_the_archive_is_listed_and_that_is_said() -> None:
    archive = open_archive("memory:")
    await closed(archive, "a-job")
    temporal: Any = SilentTemporal()
    page = await JobClient(temporal, archive).closed()
    assert [job.job_id for job in page.jobs] == ["a-job"]
    assert not page.knows_cut_off


async def test_what_temporal_can_not_have_is_not_asked_of_it() -> None:
    archive = open_archive("memory:")
    temporal: Any = SilentTemporal()
    assert (await JobClient(temporal, archive).closed(ClosedFilters(statuses=(JobStatus.COMPLETED,)))).knows_cut_off


@pytest.mark.parametrize("cursor", ["", "x", "AAAAAAAAAAAAAAAA", "ä", "a" * 5_000])
async def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequestError, match="no page of this list gave it"):
        await archived_page(open_archive("memory:"), ClosedFilters(), cursor=cursor)


async def test_a_cursor_of_another_list_is_refused() -> None:
    archive = open_archive("memory:")
    for number in range(3):
        await closed(archive, f"job-{number}")
    page = await archived_page(archive, ClosedFilters(), limit=1)
    with pytest.raises(BadRequestError, match="no page of this list gave it"):
        await archived_page(archive, ClosedFilters(requester="ann"), cursor=page.next_cursor)


@pytest.mark.parametrize("limit", [0, 1_001])
async def test_a_limit_out_of_bounds_is_refused(limit: int) -> None:
    with pytest.raises(BadRequestError, match="limit"):
        await archived_page(open_archive("memory:"), ClosedFilters(), limit=limit)


async def test_an_archive_that_does_not_answer_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="the archive is down"):
        await archived_page(FlakyArchive(failures=1), ClosedFilters())
