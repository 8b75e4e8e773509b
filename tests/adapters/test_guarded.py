"""An archive takes no content of an erased job, however late it comes and whoever brings it."""

import pytest

from activities.archive import ArchiveActivities
from activities.orders import ArchiveOrder
from activities.strays import StrayActivities
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.guarded import guarded
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain import layout, names
from signoff.domain.announcement import StrayHint
from signoff.domain.decision import LateDecision
from signoff.domain.erasure import begun, render_tombstone
from signoff.domain.errors import ErasedError
from signoff.domain.integrity import render_record
from tests.activities.desk import OPENED, Desk
from tests.activities.erased_job import (
    CONTENT,
    JOB,
    Eraser,
    a_closed_record,
    asked,
    fill,
    marked,
    record_in,
)
from tests.domain.making import a_decision

BODY = layout.body_path(JOB, 1)


@pytest.fixture
async def erased() -> ObjectArchive:
    archive = open_archive("memory:")
    await fill(archive)
    await Eraser(archive).run()
    return archive


@pytest.mark.parametrize("path", CONTENT)
async def test_content_of_an_erased_job_is_refused_and_does_not_lie_there(erased: ObjectArchive, path: str) -> None:
    with pytest.raises(ErasedError, match="was erased; a new job needs another id"):
        await guarded(erased).put(path, b"MARKED")
    assert await marked(erased) == []


async def test_a_record_of_an_erased_job_is_kept_without_its_texts(erased: ObjectArchive) -> None:
    before = await record_in(erased)
    await guarded(erased).put(layout.record_path(JOB), render_record(a_closed_record()))
    assert await record_in(erased) == before


async def test_other_jobs_and_other_places_are_taken(erased: ObjectArchive) -> None:
    for path in ("jobs/a-job-2/record.json", "doctor/probe", "closed/2026-01-05/a-job.json", "jobs/a-job"):
        await guarded(erased).put(path, b"taken")
        assert await erased.get(path) == b"taken"


class Meanwhile(ObjectArchive):
    """An archive in which the tombstone is written right after an object was."""

    async def put(self, path: str, data: bytes) -> None:
        await super().put(path, data)
        if path in {BODY, layout.record_path(JOB)}:
            await super().put(layout.erased_path(JOB), render_tombstone(begun(asked(), None, OPENED)))


@pytest.fixture
def meanwhile() -> Meanwhile:
    inner = open_archive("memory:")
    return Meanwhile(inner._store, "memory:")


async def test_what_was_written_while_the_erasure_began_is_removed_by_its_writer(meanwhile: Meanwhile) -> None:
    with pytest.raises(ErasedError):
        await guarded(meanwhile).put(BODY, b"MARKED")
    assert await marked(meanwhile) == []


async def test_a_record_that_was_written_while_the_erasure_began_loses_its_texts(meanwhile: Meanwhile) -> None:
    await guarded(meanwhile).put(layout.record_path(JOB), render_record(a_closed_record()))
    assert await marked(meanwhile) == []
    assert (await record_in(meanwhile)).erased


async def test_under_a_torn_tombstone_nothing_is_taken(erased: ObjectArchive) -> None:
    await erased.put(layout.erased_path(JOB), b"torn")
    for path in (BODY, layout.record_path(JOB)):
        with pytest.raises(ErasedError):
            await guarded(erased).put(path, render_record(a_closed_record()))
    assert await marked(erased) == []


async def test_a_late_refusal_brings_no_comment_back(erased: ObjectArchive) -> None:
    kept = ArchiveActivities(guarded(erased))
    late = LateDecision(job_id=JOB, decision=a_decision("bob", comment="MARKED late", decision_id="late"))
    await Desk().run(kept.record_refusal, late)
    assert await marked(erased) == []
    record = await record_in(erased)
    assert record.opened_review.lines[-1].decision_id == "late"


async def test_a_late_stray_is_settled_and_counted_without_its_body(erased: ObjectArchive) -> None:
    provider = InMemoryResponses(script=[completed("MARKED late output")])
    metadata = {names.METADATA_JOB_ID: JOB, names.METADATA_ATTEMPT: "1"}
    for _ in range(2):
        await provider.create({"model": "a-model", "metadata": metadata})
    strays = StrayActivities(provider, guarded(erased))
    await Desk().run(strays.record_stray, StrayHint(job_id=JOB, response_id="resp_2"))
    assert await marked(erased) == []
    assert (await record_in(erased)).strays[-1].response_id == "resp_2"


async def test_a_record_that_a_repeated_activity_writes_late_loses_its_texts(erased: ObjectArchive) -> None:
    kept = ArchiveActivities(guarded(erased))
    await Desk().run(kept.archive_record, ArchiveOrder(record=a_closed_record()))
    assert await marked(erased) == []


def test_an_archive_is_guarded_once() -> None:
    once = guarded(open_archive("memory:"))
    assert guarded(once) is once
