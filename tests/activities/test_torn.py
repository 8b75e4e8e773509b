"""Objects that were torn or changed in the archive: no activity builds on them, and none writes over them."""

import pytest

from activities.archive import ArchiveActivities
from activities.orders import CreateOrder, ExamineOrder, NamedOrder
from activities.reviews import ReviewActivities
from activities.turns import asked_of
from signoff.adapters.checks import DraftChecker
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.domain import layout, names
from signoff.domain.announcement import StrayHint
from signoff.domain.attestation import Attestor
from signoff.domain.checks import CitedSourcesCheck
from signoff.domain.decision import Decision, DecisionKind, Examined, LateDecision
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.integrity import render_record
from signoff.domain.rework import Rework
from signoff.domain.status import JobStatus
from tests.activities.desk import Desk
from tests.domain.making import a_record

TORN = render_record(a_record(JobStatus.CANCELLED).model_copy(update={"job_id": "job-1"}))[:-20]
DIGEST = f"sha256:{'a' * 64}"
BODY = b'{"output": []}'


async def test_a_stray_is_not_written_over_a_torn_record() -> None:
    desk = Desk(InMemoryResponses(script=[IN_PROGRESS]))
    await desk.provider.create({"model": "m", "metadata": {names.METADATA_JOB_ID: "job-1"}})
    await desk.archive.put(layout.record_path("job-1"), TORN)
    failure = await desk.failure_of(desk.strays.record_stray, StrayHint(job_id="job-1", response_id="resp_1"))
    assert (failure.stage, failure.failure_class) == (Stage.ARCHIVE, FailureClass.UNCLASSIFIED)
    assert "restore it from a copy" in failure.message
    assert await desk.archive.get(layout.record_path("job-1")) == TORN
    # The paid work is stopped all the same, by the job's own activity.
    await desk.run(desk.strays.settle_stray, NamedOrder(job_id="job-1", response_id="resp_1", attempt=1))


async def test_a_late_decision_is_not_written_over_a_torn_record() -> None:
    desk = Desk()
    await desk.archive.put(layout.record_path("job-1"), TORN)
    decision = Decision(decision_id="late", kind=DecisionKind.APPROVE, digest=DIGEST, reviewer="ana")
    late = LateDecision(job_id="job-1", decision=decision)
    error = await desk.error_of(ArchiveActivities(desk.archive).record_refusal, late)
    assert not error.non_retryable  # it is written once the record is restored
    assert "restore it from a copy" in str(error)
    assert await desk.archive.get(layout.record_path("job-1")) == TORN


async def test_a_draft_that_was_changed_is_not_quoted_to_the_model() -> None:
    desk = Desk()
    await desk.archive.put(layout.deliverable_path("job-1", DIGEST), b'{"text": "forged"}')
    rework = Rework(
        round=1, previous_response_id="resp_1", comment="shorter", by="ana", digest=DIGEST, is_standalone=True
    )
    order = CreateOrder(job_id="job-1", attempt=2, parameters={"model": "m", "input": "hi"}, rework=rework)
    with pytest.raises(FaultError, match=f"{DIGEST} was kept: .*restore it from a copy"):
        await asked_of(order, desk.archive)


async def examined_against(body: bytes, digest: str) -> Examined:
    desk, edit = Desk(), Deliverable(job_id="job-1", attempt=1, text="Mine.", edited_by="ana")
    data = edit.canonical()
    await desk.archive.put(layout.deliverable_path("job-1", digest_of(data)), data)
    await desk.archive.put(layout.body_path("job-1", 1), body)
    decision = Decision(
        decision_id="edit",
        kind=DecisionKind.APPROVE_EDITED,
        digest=DIGEST,
        reviewer="ana",
        edited_digest=digest_of(data),
    )
    order = ExamineOrder(
        job_id="job-1", message=decision, checks=(CitedSourcesCheck(kind="cited_sources"),), body_digest=digest
    )
    return await desk.run(ReviewActivities(desk.archive, Attestor(()), DraftChecker()).examine, order)


async def test_an_edit_is_not_checked_against_a_response_body_that_was_changed() -> None:
    assert "restore it from a copy" in (await examined_against(b'{"output": [ ]}', digest_of(BODY))).objection


@pytest.mark.parametrize("digest", [digest_of(BODY), ""])
async def test_an_edit_is_checked_against_the_body_that_was_kept_or_one_of_which_nothing_is_known(digest: str) -> None:
    found = await examined_against(BODY, digest)
    assert found.objection == ""
    assert found.edit
