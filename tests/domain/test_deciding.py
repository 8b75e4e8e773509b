"""Decisions: taken or refused, each a line in the record, and never counted twice."""

from datetime import timedelta

import pytest

from signoff.domain import change, deciding, progress
from signoff.domain.change import REFUSALS_KEPT
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction
from tests.domain.making import AT, DAY, HOUR, OTHER_DIGEST, SECOND, a_decision, a_record

S = JobStatus
REJECT = DecisionKind.REJECT


def facts(record: JobRecord) -> tuple[object, ...]:
    """Give what a refused decision may not touch."""
    return record.status, record.since, record.next_action, record.reason, record.closed_at, record.approvers


def take(record: JobRecord, *decisions: Decision) -> JobRecord:
    for decision in decisions:
        record, _ = deciding.decided(record, decision, AT)
    return record


def test_an_approval_begins_the_delivery() -> None:
    record, line = deciding.decided(a_record(S.AWAITING_REVIEW), a_decision(), AT + HOUR)
    assert (line.is_accepted, line.at) == (True, AT + HOUR)
    assert (record.status, record.since, record.reason) == (S.DELIVERING, AT + HOUR, "approved by ana")


def test_a_rejection_closes_the_job_with_its_comment() -> None:
    record, line = deciding.decided(a_record(S.AWAITING_REVIEW), a_decision(kind=REJECT, comment="no sources"), AT)
    assert (line.is_accepted, record.status, record.reason) == (True, S.REJECTED, "rejected by ana: no sources")
    assert (record.next_action, record.closed_at) == (NextAction.NONE, AT)


def test_an_approval_below_the_quorum_waits_for_more() -> None:
    record = take(a_record(S.AWAITING_REVIEW, approvals=2), a_decision("ana"))
    assert (record.status, record.next_action) == (S.AWAITING_REVIEW, NextAction.REVIEW)
    assert record.reason == "ana approved; more approvals are needed"
    record = take(record, a_decision("bo"))
    assert (record.status, record.reason) == (S.DELIVERING, "approved by ana, bo")


def test_the_reason_of_an_approval_below_the_quorum_is_clipped() -> None:
    record = take(a_record(S.AWAITING_REVIEW, approvals=2), a_decision("ä" * 128, decision_id="d1"))
    assert len(record.reason.encode()) <= change.REASON_LIMIT_BYTES


def test_one_rejection_ends_a_review_that_others_approved() -> None:
    record = take(a_record(S.AWAITING_REVIEW, approvals=3), a_decision("ana"), a_decision("bo", REJECT))
    assert record.status is S.REJECTED


@pytest.mark.parametrize(
    ("decision", "late", "why"),
    [
        (a_decision(digest=OTHER_DIGEST), timedelta(0), "look at it again"),
        (a_decision("a-service"), timedelta(0), "somebody else must decide"),
        (a_decision("eve"), timedelta(0), "not a reviewer"),
        (a_decision(kind=REJECT, comment=""), timedelta(0), "needs a comment"),
        (a_decision(), 7 * DAY, "the review ended"),
    ],
)
def test_a_refused_decision_is_in_the_record_and_changes_nothing_else(
    decision: Decision, late: timedelta, why: str
) -> None:
    before = a_record(S.AWAITING_REVIEW, reviewers=("ana", "bo", "a-service"))
    after, line = deciding.decided(before, decision, AT + late)
    assert not line.is_accepted
    assert why in line.reason
    assert facts(after) == facts(before)
    assert after.review
    assert after.review.lines == (line,)
    assert after.timeline[-1].event == "decision.refused"
    assert why in after.timeline[-1].text


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (S.QUEUED, "nothing is held for review; the job is queued"),
        (S.RUNNING, "nothing is held for review; the job is running"),
        (S.NEEDS_ATTENTION, "nothing is held for review; the job is needs_attention"),
        (S.DELIVERING, "the decision has been made (approved by ana)"),
        (S.COMPLETED, "the job is closed (completed: delivered to the requester)"),
        (S.REJECTED, "the job is closed (rejected: rejected by ana: seen)"),
        (S.FAILED, "the job is closed (failed: given up by olga)"),
        (S.EXPIRED, "the job is closed (expired: nobody decided in time)"),
        (S.CANCELLED, "the job is closed (cancelled: stopped by ana)"),
    ],
)
@pytest.mark.parametrize("kind", list(DecisionKind))
def test_a_decision_where_none_is_asked_for_is_refused_with_the_reason(
    status: JobStatus, why: str, kind: DecisionKind
) -> None:
    before = a_record(status)
    after, line = deciding.decided(before, a_decision("bo", kind), AT)
    assert (line.is_accepted, line.reason) == (False, why)
    assert (after.status, after.since, after.reason) == (before.status, before.since, before.reason)
    assert len(after.timeline) == len(before.timeline) + 1


@pytest.mark.parametrize("digest", [a_decision().digest, OTHER_DIGEST], ids=["accepted", "refused"])
def test_the_same_decision_again_gets_its_first_answer_and_changes_nothing(digest: str) -> None:
    decision = a_decision(digest=digest)
    once, first = deciding.decided(a_record(S.AWAITING_REVIEW), decision, AT)
    again, second = deciding.decided(once, decision, AT + 30 * DAY)
    assert second == first
    assert again == once


def test_a_repeat_gets_its_first_answer_even_from_a_closed_job() -> None:
    decision = a_decision()
    record = progress.cancelled(take(a_record(S.AWAITING_REVIEW), decision), "stopped", AT + HOUR)
    answer = deciding.answer_when_closed(record, decision)
    assert (answer.is_accepted, answer.status, answer.at) == (True, S.CANCELLED, AT)


def test_a_new_decision_on_a_closed_job_is_told_why_it_is_refused() -> None:
    answer = deciding.answer_when_closed(a_record(S.EXPIRED), a_decision())
    assert (answer.is_accepted, answer.status) == (False, S.EXPIRED)
    assert "the job is closed" in answer.reason


@pytest.mark.parametrize(
    "other",
    [
        a_decision("bo", decision_id="d1"),
        a_decision("ana", REJECT, decision_id="d1"),
        a_decision("ana", digest=OTHER_DIGEST, decision_id="d1"),
    ],
    ids=["person", "kind", "digest"],
)
def test_another_decision_under_a_known_id_is_refused_rather_than_told_that_it_counts(other: Decision) -> None:
    """Two people whose client numbers its decisions alike must not take each other's answer for their own."""
    record = take(a_record(S.AWAITING_REVIEW, approvals=2), a_decision("ana", decision_id="d1"))
    after, line = deciding.decided(record, other, AT)
    assert (line.is_accepted, line.reviewer) == (False, other.reviewer)
    assert line.reason == "the decision id d1 belongs to another decision; choose a new one"
    assert facts(after) == facts(record)


def test_refusals_are_listed_up_to_a_limit_and_counted_beyond_it() -> None:
    record = a_record(S.AWAITING_REVIEW)
    lines = len(record.timeline)
    wrong = [a_decision(digest=OTHER_DIGEST, decision_id=f"d{n}") for n in range(REFUSALS_KEPT + 7)]
    record = take(record, *wrong)
    assert record.review
    assert len(record.review.lines) == len(record.timeline) - lines == REFUSALS_KEPT
    assert record.refusals_omitted == 7


def test_a_flood_of_refusals_never_shuts_out_a_valid_decision() -> None:
    wrong = [a_decision("eve", REJECT, comment="", decision_id=f"d{n}") for n in range(REFUSALS_KEPT + 7)]
    record = take(a_record(S.AWAITING_REVIEW), *wrong, a_decision())
    assert record.status is S.DELIVERING
    assert record.timeline[-2].event == "decision.taken"


def test_a_record_full_of_refusals_fits_into_one_message() -> None:
    """Temporal takes 2 MB; the longest refusals name 100 reviewers, and JSON writes their comment six times as long."""
    names = tuple(f"{n:03}{'ä' * 125}" for n in range(100))
    record = a_record(S.AWAITING_REVIEW, reviewers=names)
    wrong = [a_decision("ß" * 128, decision_id=f"d{n}", comment="\x01" * 4_000) for n in range(REFUSALS_KEPT)]
    assert len(take(record, *wrong).model_dump_json().encode()) < 2_000_000


def test_unreadable_decisions_are_lines_with_the_same_limit() -> None:
    record = a_record(S.AWAITING_REVIEW)
    before = facts(record)
    for _ in range(REFUSALS_KEPT + 7):
        record = deciding.decision_unreadable(record, "reviewer: Field required", AT + SECOND)
    refused = [entry for entry in record.timeline if entry.event == "decision.refused"]
    assert (len(refused), record.refusals_omitted) == (REFUSALS_KEPT, 7)
    assert refused[0].text == "a decision could not be read: reviewer: Field required"
    assert facts(record) == before
