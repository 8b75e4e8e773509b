"""A compaction leaves one object per day, and loses nothing."""

import pytest

from signoff.closed.compacting import compact, forget
from signoff.closed.entries import keep_entry
from signoff.closed.finding import find_closed
from signoff.closed.reindexing import reindex
from signoff.domain import layout
from signoff.domain.attempt import Stray
from signoff.domain.status import ResponseStatus
from signoff.domain.upkeep import Compacted
from signoff.domain.usage import Usage
from signoff.ports import Archive
from tests.closed.making import ALL, DAY, HOUR, NOON, TOMORROW, closed, closed_record, entry_of, listed, objects


async def test_each_past_day_becomes_one_object(archive: Archive) -> None:
    for number in range(6):
        await closed(archive, f"job-{number}", NOON - (number % 2) * DAY)
    assert await compact(archive, TOMORROW) == Compacted(days=2, jobs=6, removed=6)
    assert [path.rpartition("/")[0] for path in await objects(archive)] == [
        "closed/days/2026-11-09",
        "closed/days/2026-11-10",
    ]


async def test_today_is_left_alone(archive: Archive) -> None:
    await closed(archive, "job", NOON)
    assert await compact(archive, NOON + 11 * HOUR) == Compacted()
    assert (await compact(archive, NOON + 12 * HOUR)).days == 1


async def test_a_compaction_of_what_is_compact_does_nothing(archive: Archive) -> None:
    await closed(archive, "job", NOON)
    await compact(archive, TOMORROW)
    before = await objects(archive)
    assert await compact(archive, TOMORROW) == Compacted()
    assert await objects(archive) == before


async def test_what_comes_late_for_a_day_is_compacted_again(archive: Archive) -> None:
    await closed(archive, "early", NOON)
    await compact(archive, TOMORROW)
    await closed(archive, "late", NOON)
    assert await listed(archive) == ["late", "early"]
    await compact(archive, TOMORROW)
    assert await listed(archive) == ["late", "early"]
    assert len(await objects(archive)) == 1


async def test_the_same_entry_again_removes_no_segment(archive: Archive) -> None:
    """The merged segment then is the very one that is there already."""
    record = await closed(archive, "job", NOON)
    await compact(archive, TOMORROW)
    await keep_entry(archive, record)
    await compact(archive, TOMORROW)
    assert await listed(archive) == ["job"]
    assert len(await objects(archive)) == 1


@pytest.mark.parametrize("is_compacted", [False, True])
async def test_the_newest_state_of_a_job_is_shown_once(archive: Archive, *, is_compacted: bool) -> None:
    record = closed_record("job")
    stray = Stray(
        response_id="resp_2",
        attempt=1,
        found_at=NOON,
        status=ResponseStatus.CANCELLED,
        usage=Usage(total_tokens=5),
    )
    newer = record.model_copy(update={"strays": (stray,), "strays_omitted": 1})
    await keep_entry(archive, newer)
    if is_compacted:
        await compact(archive, TOMORROW)
    await keep_entry(archive, record)  # an older one, written again
    if is_compacted:
        await compact(archive, TOMORROW)
    assert (await find_closed(archive, ALL, 5)).jobs == (entry_of(newer),)


async def test_a_forgotten_job_is_found_no_more(archive: Archive) -> None:
    await closed(archive, "kept", NOON)
    await closed(archive, "forgotten", NOON)
    await compact(archive, TOMORROW)
    for _ in range(2):
        await forget(archive, NOON, ["forgotten"])
        assert await listed(archive) == ["kept"]
    await forget(archive, NOON, ["kept"])
    assert await objects(archive) == []


async def test_an_index_is_built_from_the_records_alone(archive: Archive) -> None:
    for number in range(5):
        await closed(archive, f"job-{number}", NOON - number * DAY)
    await archive.put(layout.body_path("open", 1), b"{}")
    before = await objects(archive)
    for path in before:
        await archive.delete(path)
    assert await listed(archive) == []
    done = await reindex(archive)
    assert (done.jobs, done.written, done.without_record, done.last) == (6, 5, 1, "open")
    assert await objects(archive) == before
    await compact(archive, TOMORROW)
    await reindex(archive)
    assert await listed(archive) == [f"job-{number}" for number in range(5)]


async def test_a_reindexing_goes_on_after_a_job(archive: Archive) -> None:
    for job_id in ("a", "b", "c"):
        await closed(archive, job_id)
    for path in await objects(archive):
        await archive.delete(path)
    assert (await reindex(archive, after="a")).written == 2
    assert await listed(archive) == ["c", "b"]


async def test_a_torn_record_is_reported_and_the_others_are_indexed(archive: Archive) -> None:
    await closed(archive, "torn")
    await closed(archive, "whole")
    for path in await objects(archive):
        await archive.delete(path)
    await archive.put(layout.record_path("torn"), b"{")
    done = await reindex(archive)
    assert (done.written, done.torn) == (1, 1)
    assert layout.record_path("torn") in done.unreadable[0]
    assert await listed(archive) == ["whole"]
