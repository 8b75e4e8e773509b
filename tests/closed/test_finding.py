"""Closed jobs are found again in the archive, whether their day was compacted or not."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import pytest

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.closed.compacting import compact
from signoff.closed.days import day_objects
from signoff.closed.entries import keep_entry
from signoff.closed.finding import find_closed, objects_of
from signoff.closed.reindexing import reindex
from signoff.domain.closed import ClosedFilters, Place
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.domain.status import JobStatus
from signoff.encryption import KeyRing
from signoff.ports import Archive
from tests.closed.conftest import KEY
from tests.closed.making import ALL, DAY, HOUR, NOON, TOMORROW, closed, closed_record, entry_of, listed, objects

whether_compacted = pytest.mark.parametrize("is_compacted", [False, True], ids=["entries", "compacted"])


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Four jobs on three days."""
    await closed(archive, "old", NOON - 40 * DAY, labels={"desk": "science"})
    await closed(archive, "failed", NOON - DAY, status=JobStatus.FAILED, labels={"desk": "science", "no": "7"})
    await closed(archive, "rejected", NOON - HOUR, status=JobStatus.REJECTED, requester="sports")
    await closed(archive, "newest", NOON, requester="sports", labels={"desk": "sports"})
    return archive


@whether_compacted
async def test_jobs_are_listed_the_last_one_to_close_first(filled: Archive, *, is_compacted: bool) -> None:
    if is_compacted:
        await compact(filled, TOMORROW)
    assert await listed(filled) == ["newest", "rejected", "failed", "old"]


@whether_compacted
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ClosedFilters(statuses=(JobStatus.FAILED, JobStatus.REJECTED)), ["rejected", "failed"]),
        (ClosedFilters(labels=("desk=science",)), ["failed", "old"]),
        (ClosedFilters(labels=("desk=science", "no=7")), ["failed"]),
        (ClosedFilters(labels=("desk=",)), []),
        (ClosedFilters(requester="sports"), ["newest", "rejected"]),
        (ClosedFilters(failure_class=FailureClass.QUOTA), []),
        (ClosedFilters(since=NOON - DAY), ["newest", "rejected", "failed"]),
        (ClosedFilters(since=NOON - DAY, until=NOON - HOUR), ["failed"]),
        (ClosedFilters(until=NOON - 2 * DAY), ["old"]),
        (ClosedFilters(since=NOON, requester="nobody"), []),
    ],
)
async def test_a_list_holds_what_it_is_asked_for(
    filled: Archive, filters: ClosedFilters, expected: list[str], *, is_compacted: bool
) -> None:
    if is_compacted:
        await compact(filled, TOMORROW)
    assert await listed(filled, filters) == expected


@whether_compacted
async def test_pages_together_show_every_job_once(archive: Archive, *, is_compacted: bool) -> None:
    moments = [NOON - (number // 3) * 7 * HOUR for number in range(20)]  # some close at the same moment
    for number, at in enumerate(moments):
        await closed(archive, f"job-{number}", at)
    if is_compacted:
        await compact(archive, TOMORROW)
    seen: list[str] = []
    after: Place | None = None
    while found := (await find_closed(archive, ALL, 3, after)).jobs:
        seen += [job.job_id for job in found]
        after = found[-1].place
    assert sorted(seen) == sorted(f"job-{number}" for number in range(20))
    assert seen == await listed(archive)


async def test_an_entry_shows_what_a_list_needs_after_a_round_trip(archive: Archive) -> None:
    record = await closed(archive, "job", title="ein Bericht über Gezeiten", labels={"desk": "science"})
    assert (await find_closed(archive, ALL, 5)).jobs == (entry_of(record),)
    await compact(archive, TOMORROW)
    assert (await find_closed(archive, ALL, 5)).jobs == (entry_of(record),)


class CountingArchive:
    """An archive that names what is read of it."""

    def __init__(self) -> None:
        self.inner = open_archive("memory:")
        self.read: list[str] = []
        self.put, self.delete, self.folders = self.inner.put, self.inner.delete, self.inner.folders

    def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        return self.inner.paths(folder, after=after)

    async def get(self, path: str) -> bytes | None:
        self.read.append(path)
        return await self.inner.get(path)


async def compacted_days(count: int) -> CountingArchive:
    archive = CountingArchive()
    for number in range(count):
        await closed(archive, f"job-{number}", NOON - number * DAY)
    await compact(archive, TOMORROW)
    archive.read.clear()
    return archive


def days_of(paths: Sequence[str]) -> list[str]:
    return sorted(path.split("/")[2] for path in paths)


async def test_a_first_page_reads_no_further_back_than_it_takes() -> None:
    archive = await compacted_days(40)
    assert await listed(archive, most=1) == ["job-0"]
    assert days_of(archive.read) == ["2026-11-10"]


async def test_only_days_between_the_bounds_are_read() -> None:
    archive = await compacted_days(40)
    bounds = ClosedFilters(since=datetime.fromisoformat("2026-10-20T00:00Z"), until=NOON - 20 * DAY)
    assert await listed(archive, bounds) == ["job-21"]
    assert days_of(archive.read) == ["2026-10-20", "2026-10-21"]


class PassingBy(CountingArchive):
    """An archive whose first list of segments passes one by, as a list may while that is being replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.passes_by = 0

    async def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        found = [path async for path in self.inner.paths(folder, after=after)]
        if folder.startswith("closed/days") and self.passes_by:
            self.passes_by -= 1
            found = []
        for path in found:
            yield path


async def test_a_list_that_passes_a_segment_by_misses_no_job() -> None:
    archive = PassingBy()
    await closed(archive, "a-job")
    await compact(archive, TOMORROW)
    archive.passes_by = 1
    assert await listed(archive) == ["a-job"]
    archive.passes_by = 1
    assert len((await day_objects(archive, "2026-11-10")).all) == 1


class CompactedMeanwhile(CountingArchive):
    """An archive that is compacted right before somebody looks for days with entries."""

    def __init__(self) -> None:
        super().__init__()
        self.folders = self._folders

    async def _folders(self, folder: str) -> list[str]:
        await compact(self.inner, TOMORROW)
        return await self.inner.folders(folder)


async def test_a_day_that_is_compacted_before_it_is_looked_for_misses_no_job() -> None:
    archive = CompactedMeanwhile()
    await closed(archive, "a-job")
    assert await listed(archive) == ["a-job"]


async def test_a_day_that_is_compacted_while_it_is_read_misses_no_job() -> None:
    """The segment that was listed is gone when it is read, since a later one has replaced it."""
    archive = CountingArchive()
    await closed(archive, "early")
    await compact(archive, TOMORROW)
    gone = (await archive.folders("closed/days"), await objects(archive))
    await closed(archive, "late")
    await compact(archive, TOMORROW)
    [day], [path] = gone
    found = await objects_of(archive, day, [path])
    assert path not in found
    assert len(found) == 1


@pytest.mark.parametrize("folder", ["closed/entries", "closed/days"])
async def test_a_torn_object_is_reported_and_the_rest_is_listed(archive: Archive, folder: str) -> None:
    await closed(archive, "torn", NOON - 2 * DAY)
    await closed(archive, "whole", NOON)
    if folder == "closed/days":
        await compact(archive, TOMORROW)
    [path, *_] = await objects(archive, folder)
    await archive.put(path, (await archive.get(path) or b"")[:-5])
    found = await find_closed(archive, ALL, 10)
    assert [job.job_id for job in found.jobs] == ["whole"]
    assert len(found.unreadable) == 1
    assert path in found.unreadable[0]
    assert "signoff archive reindex" in found.unreadable[0]


async def test_a_torn_segment_stays_where_it_is_and_reindexing_brings_its_jobs_back(archive: Archive) -> None:
    await closed(archive, "a-job", NOON)
    await compact(archive, TOMORROW)
    [path] = await objects(archive)
    await archive.put(path, b"torn")
    await closed(archive, "late", NOON)
    done = await compact(archive, TOMORROW)
    assert len(done.unreadable) == 1
    assert await archive.get(path) == b"torn"
    await archive.delete(path)  # as the message says: move it away, and reindex
    await reindex(archive)
    assert await listed(archive) == ["late", "a-job"]


async def test_an_encrypted_index_is_not_read_without_its_key() -> None:
    stored = open_archive("memory:")
    await closed(EncryptedArchive(stored, KeyRing.parse([KEY])), "secret", title="a secret title")
    [path] = await objects(stored)
    assert b"secret title" not in (await stored.get(path) or b"")
    with pytest.raises(FaultError, match="can't be read"):
        await find_closed(EncryptedArchive(stored, KeyRing.parse([])), ALL, 10)


async def test_an_open_job_has_no_entry(archive: Archive) -> None:
    await keep_entry(archive, closed_record("open", status=JobStatus.RUNNING))
    assert await objects(archive) == []
