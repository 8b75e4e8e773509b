"""Sweeping the archive: what is due goes, the record says so first, and the next sweep finishes one that was cut."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.records import keep_record
from activities.sweeping import Broom, next_folders, sweep
from activities.upkeep import UpkeepActivities
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.guarded import guarded
from signoff.closed.finding import find_closed
from signoff.domain import layout
from signoff.domain.closed import ClosedFilters
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.erasure import begun, render_tombstone
from signoff.domain.errors import FaultError
from signoff.domain.removal import Kind
from signoff.domain.retention import Retention, Swept
from signoff.domain.status import JobStatus
from signoff.domain.upkeep import SweepOrder
from signoff.ports import Archive
from tests.activities.erased_job import CONTENT, JOB, FailingArchive, asked, fill, marked, record_in
from tests.domain.making import AT, DAY, HOUR, a_record

DRAFTS = Retention(drafts=DAY)
ALL = Retention(requests=DAY, responses=DAY, drafts=DAY, deliverables=DAY, others=DAY, records=2 * DAY)
CALLS = 12
"""How many calls to the archive the sweep of the one job takes; a test holds it to that."""


async def an_archive(*job_ids: str, status: JobStatus = JobStatus.COMPLETED) -> ObjectArchive:
    """Make an archive with jobs that hold a request each."""
    archive = open_archive("memory:")
    for job_id in job_ids:
        await archive.put(layout.request_path(job_id, 1), b"asked")
        await keep_record(archive, a_record(status).model_copy(update={"job_id": job_id}))
    return archive


async def one_job() -> ObjectArchive:
    archive = open_archive("memory:")
    await fill(archive)
    return archive


async def paths_of(archive: Archive) -> set[str]:
    return {path async for path in archive.paths(f"jobs/{JOB}")}


async def swept(archive: Archive, rules: Retention, age: Any = DAY, **more: Any) -> Swept:
    return await sweep(Broom(archive, rules, AT + age, **more), Swept(), 100)


async def test_without_rules_nothing_is_even_looked_at() -> None:
    archive = FailingArchive(await one_job())
    done = await swept(archive, Retention(), 36_500 * DAY)
    assert (done.is_complete, done.jobs, archive.calls) == (True, 0, 0)


async def test_only_the_kinds_that_are_due_go() -> None:
    archive = await one_job()
    await swept(archive, DRAFTS)
    gone = set(CONTENT) - await paths_of(archive)
    assert len(gone) == 1
    record = await record_in(archive)
    assert [(line.kind, line.at, line.objects) for line in record.removed] == [(Kind.DRAFT, AT + DAY, 1)]
    assert next(iter(gone)) == layout.deliverable_path(JOB, record.drafts[0].digest)


async def test_before_its_time_nothing_goes() -> None:
    archive = await one_job()
    done = await swept(archive, ALL, DAY - HOUR)
    assert (done.objects, await paths_of(archive) > set(CONTENT)) == (0, True)


async def test_a_dry_run_counts_and_removes_nothing() -> None:
    archive = await one_job()
    before = await record_in(archive)
    done = await swept(archive, ALL, 2 * DAY, is_dry_run=True)
    assert done.objects == len(CONTENT) + 1
    assert await paths_of(archive) > set(CONTENT)
    assert await record_in(archive) == before


async def test_a_job_without_a_record_is_left_alone() -> None:
    archive = await one_job()
    await archive.delete(layout.record_path(JOB))
    assert (await swept(archive, ALL, 2 * DAY)).objects == 0


async def test_of_a_record_that_can_not_be_relied_on_nothing_goes_and_the_sweep_goes_on() -> None:
    archive = await an_archive("a", "b", "c")
    await archive.put(layout.record_path("b"), b"torn")
    done = await swept(archive, ALL)
    assert (done.unreadable, done.changed) == (1, 2)
    assert await archive.get(layout.request_path("b", 1))


async def test_a_job_whose_record_goes_is_listed_no_more() -> None:
    archive = await an_archive(JOB, "b")
    await swept(archive, ALL, 2 * DAY)
    assert (await find_closed(archive, ClosedFilters(), 10)).jobs == ()


async def test_an_erased_job_keeps_its_tombstone_when_its_record_goes() -> None:
    archive = await an_archive(JOB)
    await archive.put(layout.erased_path(JOB), render_tombstone(begun(asked(), None, AT)))
    await swept(archive, ALL, 2 * DAY)
    assert await paths_of(archive) == {layout.erased_path(JOB)}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(1, CALLS + 1))
async def test_a_sweep_that_was_cut_off_at_any_call_is_finished_by_the_next_one(call: int, *, after: bool) -> None:
    archive = await one_job()
    with pytest.raises(FaultError):
        await swept(FailingArchive(archive, fails_at=call, after=after), ALL)
    if gone := set(CONTENT) - await paths_of(archive):
        assert {line.kind for line in (await record_in(archive)).removed} == set(Kind) - {Kind.RECORD}, gone
    await swept(archive, ALL)
    assert await paths_of(archive) == {layout.record_path(JOB)}
    assert sum(line.objects for line in (await record_in(archive)).removed) == len(CONTENT)


async def test_every_call_of_a_sweep_was_cut_off() -> None:
    counted = FailingArchive(await one_job())
    await swept(counted, ALL)
    assert counted.calls == CALLS


async def test_a_sweep_that_meets_an_erasure_brings_no_text_back() -> None:
    """The record was read before the erasure and is written after it."""
    archive = await one_job()

    class Slow(FailingArchive):
        async def get(self, path: str) -> bytes | None:
            data = await super().get(path)
            if path == layout.record_path(JOB):
                await self.inner.put(layout.erased_path(JOB), render_tombstone(begun(asked(), None, AT)))
            return data

    listed_before = [path for path in await marked(archive) if path.startswith(layout.ENTRIES)]
    await swept(guarded(Slow(archive)), ALL)
    assert await marked(archive) == listed_before


async def test_the_next_jobs_come_in_the_order_of_their_ids_and_no_more_than_asked() -> None:
    job_ids = [f"{letter}{number}" for letter in "dbca" for number in range(3)]
    archive = await an_archive(*job_ids)
    assert [one.job_id for one in await next_folders(archive, "", 5)] == ["a0", "a1", "a2", "b0", "b1"]
    assert [one.job_id for one in await next_folders(archive, "b1", 100)] == sorted(job_ids)[5:]
    assert len((await next_folders(archive, "", 1))[0].paths) == 2


async def test_slice_after_slice_every_job_is_swept_once() -> None:
    archive = await an_archive(*(f"job-{number}" for number in range(10)))
    broom, so_far, slices = Broom(archive, ALL, AT + DAY), Swept(), 0
    while not so_far.is_complete:
        so_far = await sweep(broom, so_far, 3)
        slices += 1
    assert (so_far.jobs, so_far.changed, so_far.objects, slices) == (10, 10, 10, 4)


async def test_a_worker_that_died_is_followed_by_one_that_goes_on_after_its_last_sign() -> None:
    archive = await an_archive(*(f"job-{number:02}" for number in range(20)))
    signs: list[Swept] = []

    async def run(details: list[Any]) -> Swept:
        env = ActivityEnvironment()
        env.info = replace(env.info, heartbeat_details=details)
        env.on_heartbeat = lambda *told: signs.append(told[0])
        activities = UpkeepActivities(archive, DeploymentPolicy(retention=ALL), clock=lambda: AT + DAY)
        return await env.run(activities.sweep_archive, SweepOrder(most=20))

    first = await run([])
    assert [sign.jobs for sign in signs] == [8, 16, 20]
    rest = await run([signs[1].model_dump(mode="json")])
    assert (first.jobs, rest.jobs, rest.changed) == (20, 20, 16)  # nothing of the last four was left to remove
