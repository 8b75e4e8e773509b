"""`erase_job`: the tombstone first, all content gone, and finished by a repeat wherever it was cut off."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.erasing import TRIES
from activities.errors import NOT_YET, REFUSED
from activities.records import keep_record
from signoff.adapters.archive import open_archive
from signoff.adapters.memory import InMemoryResponses
from signoff.closed.compacting import compact
from signoff.closed.finding import find_closed
from signoff.domain import layout
from signoff.domain.closed import ClosedFilters
from signoff.domain.deliverable import digest_of
from signoff.domain.erasure import Fate
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.removal import Erased, Kind
from signoff.domain.scrubbing import GONE
from signoff.domain.status import JobStatus
from tests.activities.desk import OPENED
from tests.activities.erased_job import (
    CONTENT,
    JOB,
    NEIGHBOUR,
    Eraser,
    FailingArchive,
    FakeHistories,
    a_closed_record,
    asked,
    fill,
    marked,
    record_in,
    tombstone_in,
)
from tests.domain.making import a_record

CALLS = 43
"""How many calls to the archive one erasure of the job takes; a test holds it to that."""


async def an_eraser(**parts: object) -> Eraser:
    archive = open_archive("memory:")
    await fill(archive)
    return Eraser(archive, **parts)  # type: ignore[arg-type] # each part has its own type


async def test_nothing_of_the_content_is_left_in_the_folder_of_the_job() -> None:
    eraser = await an_eraser()
    assert len(await marked(eraser.archive)) == len(CONTENT) + 2
    await eraser.run()
    left = [path async for path in eraser.archive.paths(f"jobs/{JOB}")]
    assert sorted(left) == [layout.erased_path(JOB), layout.record_path(JOB)]
    assert await marked(eraser.archive) == []


async def test_other_jobs_are_left_alone() -> None:
    eraser = await an_eraser()
    await eraser.run()
    assert await eraser.archive.get(NEIGHBOUR) == b"of another job"
    assert eraser.histories.kept == {"a-job-2"}


async def test_the_tombstone_says_who_when_why_and_the_digest_of_all_that_went() -> None:
    eraser = await an_eraser()
    answer = await eraser.run()
    tombstone = await tombstone_in(eraser.archive)
    assert tombstone.erased == Erased(at=OPENED, by="olga", reason="asked for")
    assert {one.path: (one.digest, one.size_bytes) for one in tombstone.objects} == {
        path: (digest_of(data), len(data)) for path, data in CONTENT.items()
    }
    assert sorted(one.kind for one in tombstone.objects) == sorted(
        [Kind.REQUEST, *[Kind.RESPONSE] * 3, Kind.DELIVERABLE, Kind.DRAFT, Kind.OTHER]
    )
    assert tombstone.done_at == OPENED
    assert (answer.is_done, answer.objects, answer.by) == (True, len(CONTENT), "olga")


async def test_the_record_says_so_and_keeps_what_proves_the_approval() -> None:
    eraser = await an_eraser()
    await eraser.run()
    record = await record_in(eraser.archive)
    assert record.erased == Erased(at=OPENED, by="olga", reason="asked for")
    assert record.approved_digest == a_closed_record().approved_digest


@pytest.mark.parametrize("is_compacted", [False, True])
async def test_lists_of_closed_jobs_show_what_is_left_of_it(*, is_compacted: bool) -> None:
    eraser = await an_eraser()
    if is_compacted:
        await compact(eraser.archive, OPENED + timedelta(days=400))
    await eraser.run()
    (listed,) = (await find_closed(eraser.archive, ClosedFilters(), 10)).jobs
    assert (listed.job_id, listed.title, listed.labels) == (JOB, GONE, {})
    assert await marked(eraser.archive) == []


async def test_the_responses_are_removed_upstream_and_the_history_at_temporal() -> None:
    eraser = await an_eraser()
    answer = await eraser.run()
    assert eraser.provider.removed == ["resp_1", "resp_s"]
    assert {copy.fate for copy in (answer.history, *answer.responses)} == {Fate.REMOVED}


async def test_what_is_to_be_kept_elsewhere_is_kept_until_a_repeat_asks_for_it() -> None:
    eraser = await an_eraser()
    answer = await eraser.run(asked(keeps_history=True, keeps_upstream=True))
    assert (eraser.provider.removed, JOB in eraser.histories.kept) == ([], True)
    assert {copy.fate for copy in (answer.history, *answer.responses)} == {Fate.KEPT}
    answer = await eraser.run(asked(by="bob", reason="now all of it"))
    assert (eraser.provider.removed, JOB in eraser.histories.kept) == (["resp_1", "resp_s"], False)
    assert (answer.by, answer.reason) == ("olga", "asked for")


async def test_a_repeat_gets_the_first_answer_and_touches_nothing() -> None:
    eraser = await an_eraser()
    first = await eraser.run()
    eraser.archive = FailingArchive(eraser.archive)
    eraser.now += timedelta(days=1)
    assert await eraser.run(asked(by="bob", reason="another")) == first
    assert eraser.archive.calls == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(1, CALLS + 1))
async def test_an_erasure_that_was_cut_off_at_any_call_is_finished_by_a_repeat(call: int, *, after: bool) -> None:
    eraser = await an_eraser()
    kept = eraser.archive
    eraser.archive = FailingArchive(kept, fails_at=call, after=after)
    try:
        await eraser.run()
    except ApplicationError as error:
        assert not error.non_retryable  # noqa: PT017  the later calls are never reached
    # Nothing is gone of which the tombstone does not tell, and nothing is gone before the record says so.
    left = {path async for path in kept.paths(f"jobs/{JOB}")}
    if gone := set(CONTENT) - left:
        assert gone <= {one.path for one in (await tombstone_in(kept)).objects}
        assert (await record_in(kept)).erased
    eraser.archive = kept
    eraser.now += timedelta(minutes=1)
    answer = await eraser.run()
    assert await marked(kept) == []
    tombstone = await tombstone_in(kept)
    assert {one.path for one in tombstone.objects} == set(CONTENT)
    assert tombstone.done_at
    assert answer.is_done
    assert JOB not in eraser.histories.kept


async def test_every_call_of_an_erasure_was_cut_off() -> None:
    eraser = await an_eraser()
    eraser.archive = counted = FailingArchive(eraser.archive)
    await eraser.run()
    assert counted.calls == CALLS


async def test_the_first_who_and_when_hold_although_another_finishes_it() -> None:
    eraser = await an_eraser()
    kept = eraser.archive
    eraser.archive = FailingArchive(kept, fails_at=20)
    with pytest.raises(ApplicationError):
        await eraser.run()
    eraser.archive = kept
    eraser.now += timedelta(hours=1)
    answer = await eraser.run(asked(by="bob"))
    assert (answer.by, answer.at) == ("olga", OPENED)


@pytest.mark.parametrize("record", [None, a_record(JobStatus.COMPLETED)])
async def test_a_job_that_temporal_still_runs_is_left_alone(record: object) -> None:
    eraser = await an_eraser(histories=FakeHistories(opened={JOB}))
    if record is None:
        await eraser.archive.delete(layout.record_path(JOB))
    with pytest.raises(ApplicationError) as raised:
        await eraser.run()
    # One whose record is there is just closing; any other one is open.
    assert raised.value.type == (NOT_YET if record else REFUSED)
    assert await eraser.archive.get(layout.erased_path(JOB)) is None
    assert set(CONTENT) <= {path async for path in eraser.archive.paths(f"jobs/{JOB}")}


async def test_a_job_that_was_ended_without_a_record_is_erased_all_the_same() -> None:
    eraser = await an_eraser()
    await eraser.archive.delete(layout.record_path(JOB))
    await eraser.run()
    assert [path async for path in eraser.archive.paths(f"jobs/{JOB}")] == [layout.erased_path(JOB)]


async def test_temporal_deletes_in_the_background_and_is_waited_for() -> None:
    eraser = await an_eraser(histories=FakeHistories(slowness=2))
    for _ in range(2):
        with pytest.raises(ApplicationError) as raised:
            await eraser.run()
        assert raised.value.type == NOT_YET
        assert (await tombstone_in(eraser.archive)).done_at is None
    assert (await eraser.run()).is_done


async def test_a_history_that_may_not_be_deleted_is_told_and_tried_again_by_a_repeat() -> None:
    eraser = await an_eraser(histories=FakeHistories(refuses="no permission"))
    answer = await eraser.run()
    assert (answer.is_done, answer.history.fate, answer.history.note) == (True, Fate.REFUSED, "no permission")
    eraser.histories.refuses = ""
    assert (await eraser.run()).history.fate is Fate.REMOVED


def upstream(status: int) -> FaultError:
    return FaultError(Observation(stage=Stage.CANCEL, http_status=status, message="told by the provider"))


class Refusing(InMemoryResponses):
    """Refuses to remove one of the two responses, as often as told."""

    def __init__(self, status: int, times: int) -> None:
        super().__init__()
        self.status, self.times = status, times

    async def remove(self, response_id: str) -> None:
        if response_id == "resp_1" and self.times:
            self.times -= 1
            raise upstream(self.status)
        await super().remove(response_id)


async def test_a_fault_upstream_that_may_pass_is_tried_again_while_the_rest_goes_on() -> None:
    eraser = await an_eraser(provider=Refusing(503, times=1))
    with pytest.raises(ApplicationError):
        await eraser.run()
    assert [copy.fate for copy in (await tombstone_in(eraser.archive)).responses] == [Fate.PENDING, Fate.REMOVED]
    assert [copy.fate for copy in (await eraser.run()).responses] == [Fate.REMOVED, Fate.REMOVED]
    assert eraser.provider.removed == ["resp_s", "resp_1"]


@pytest.mark.parametrize(("status", "times", "attempt"), [(403, 1, 0), (503, 99, TRIES - 1)])
async def test_a_response_that_can_not_be_removed_is_noted_with_the_reason(
    status: int, times: int, attempt: int
) -> None:
    eraser = await an_eraser(provider=Refusing(status, times), attempt=attempt)
    answer = await eraser.run()
    assert answer.is_done
    assert [copy.fate for copy in answer.responses] == [Fate.REFUSED, Fate.REMOVED]
    assert answer.responses[0].note == "told by the provider"


async def test_a_torn_tombstone_ends_the_erasure_with_what_to_do() -> None:
    eraser = await an_eraser()
    await eraser.archive.put(layout.erased_path(JOB), b"torn")
    with pytest.raises(ApplicationError, match="erase the job again") as raised:
        await eraser.run()
    assert raised.value.type == REFUSED


async def test_what_comes_back_in_between_is_erased_as_well() -> None:
    """A writer that knows nothing of tombstones, such as an older version."""
    eraser = await an_eraser(histories=FakeHistories(slowness=1))
    with pytest.raises(ApplicationError):
        await eraser.run()
    await keep_record(eraser.archive, a_closed_record())
    await eraser.archive.put(layout.body_path(JOB, 2), b"MARKED late body")
    await eraser.run()
    assert await marked(eraser.archive) == []
    assert layout.body_path(JOB, 2) in {one.path for one in (await tombstone_in(eraser.archive)).objects}
