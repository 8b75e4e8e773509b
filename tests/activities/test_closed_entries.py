"""A record that is kept closed is in the index of closed jobs too, and first."""

import contextlib
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.archive import ArchiveActivities
from activities.orders import ArchiveOrder
from activities.records import keep_record
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.closed.finding import find_closed
from signoff.domain import layout, names
from signoff.domain.announcement import StrayHint
from signoff.domain.closed import ClosedFilters, ClosedJob
from signoff.domain.decision import Decision, DecisionKind, LateDecision
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.ports import Archive
from tests.activities.desk import Desk, FlakyArchive
from tests.closed.making import closed_record

USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
RECORD = closed_record("job-1", status=JobStatus.CANCELLED)


async def listed(archive: Archive) -> tuple[ClosedJob, ...]:
    found = await find_closed(archive, ClosedFilters(), 10)
    assert found.unreadable == ()
    return found.jobs


async def archived(desk: Desk, record: JobRecord = RECORD) -> None:
    await desk.run(ArchiveActivities(desk.archive).archive_record, ArchiveOrder(record=record))


async def test_a_job_that_closes_is_listed() -> None:
    desk = Desk()
    await archived(desk)
    [job] = await listed(desk.archive)
    assert (job.job_id, job.status, job.closed_at) == ("job-1", JobStatus.CANCELLED, RECORD.closed_at)


async def test_the_entry_is_written_before_the_record_and_a_repeat_after_a_crash_writes_both() -> None:
    archive = FlakyArchive()
    desk = Desk(archive=archive)
    await archived(desk)
    assert [path.split("/")[0] for path in archive.written] == ["closed", "jobs"]
    for failures in (1, 2):
        archive = FlakyArchive(failures)
        desk = Desk(archive=archive)
        for _ in range(failures):
            await desk.error_of(ArchiveActivities(archive).archive_record, ArchiveOrder(record=RECORD))
        await archived(desk)
        assert len(await listed(archive)) == 1
        assert await archive.get(layout.record_path("job-1"))


async def test_a_repeat_leaves_one_entry() -> None:
    desk = Desk()
    for _ in range(3):
        await archived(desk)
    assert len([path async for path in desk.archive.paths("closed")]) == 1


async def test_an_open_record_is_not_listed() -> None:
    desk = Desk()
    await keep_record(desk.archive, closed_record("open", status=JobStatus.RUNNING))
    assert await listed(desk.archive) == ()


async def test_a_refused_decision_writes_no_entry() -> None:
    """A list shows the same before and after it."""
    archive = FlakyArchive()
    desk = Desk(archive=archive)
    await archived(desk)
    archive.written.clear()
    decision = Decision(decision_id="late", kind=DecisionKind.APPROVE, digest=f"sha256:{'a' * 64}", reviewer="ana")
    await desk.run(ArchiveActivities(archive).record_refusal, LateDecision(job_id="job-1", decision=decision))
    assert archive.written == [layout.record_path("job-1")]


@pytest.mark.parametrize("calls", range(6))
async def test_the_tokens_of_a_stray_are_listed_whenever_the_worker_dies(calls: int) -> None:
    archive = DyingArchive()
    desk = Desk(InMemoryResponses(script=[completed(usage=USAGE)]), archive=archive)
    await desk.provider.create({"model": "m", "metadata": {names.METADATA_JOB_ID: "job-1"}})
    await archived(desk)
    archive.lets_through = calls
    hint = StrayHint(job_id="job-1", response_id="resp_1")
    with contextlib.suppress(ApplicationError):
        await desk.run(desk.strays.record_stray, hint)
    archive.lets_through = None
    desk.now += timedelta(minutes=1)
    await desk.run(desk.strays.record_stray, hint)
    record = JobRecord.model_validate_json(await archive.get(layout.record_path("job-1")) or b"")
    assert len(record.strays) == 1
    assert [(job.tokens, job.changes) for job in await listed(archive)] == [(3, len(record.timeline))]


class DyingArchive(FlakyArchive):
    """An archive that lets so many calls through, and fails from then on."""

    lets_through: int | None = None

    def _fail(self) -> None:
        if self.lets_through is not None:
            self.lets_through -= 1
            self.failures = int(self.lets_through < 0)
        super()._fail()
