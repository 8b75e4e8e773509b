"""Asking for changes: another draft is made after the reviewer's words, in bounded rounds."""

import pytest

from signoff.domain import progress
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.judging import judged
from signoff.domain.policies import VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.rework import Rework
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus
from tests.domain.at_review import changes_asked, edit_to, events, held_again, taken, under_review, why_refused
from tests.domain.making import (
    AT,
    DAY,
    DIGEST,
    EDITED_DIGEST,
    HOUR,
    OTHER_DIGEST,
    SECOND,
    a_decision,
    a_draft,
    a_failed,
    an_end,
)

S = JobStatus
C = FailureClass


def test_a_request_for_changes_goes_back_into_the_queue_with_the_reviewers_words() -> None:
    record = taken(under_review(), changes_asked(), at=AT + HOUR)
    assert (record.status, record.since) == (S.QUEUED, AT + HOUR)
    assert (record.next_action, record.actor) == (NextAction.WAIT, Actor.NOBODY)
    assert record.reason == "ana asked for changes; attempt 2 makes them"
    assert record.rework == Rework(round=1, previous_response_id="resp_1", comment="shorter 1", by="ana", digest=DIGEST)
    assert events(record)[-2:] == ["decision.taken", "review.changes_requested"]
    assert record.timeline[-1].text == "ana: shorter 1"


def test_what_was_asked_for_after_an_edit_names_what_the_reviewer_saw() -> None:
    record = taken(under_review(approvals=2), edit_to(EDITED_DIGEST, "bo"), changes_asked(digest=EDITED_DIGEST))
    assert record.rework
    assert (record.rework.edited_digest, record.rework.previous_response_id) == (EDITED_DIGEST, "resp_1")


def test_an_edit_of_an_earlier_draft_is_not_what_the_next_one_is_asked_about() -> None:
    record = taken(under_review(approvals=2), edit_to(EDITED_DIGEST, "bo"), changes_asked(digest=EDITED_DIGEST))
    record = taken(held_again(record), changes_asked(2))
    assert record.rework
    assert (record.rework.round, record.rework.edited_digest) == (2, None)
    assert record.rework.previous_response_id == "resp_2"


def test_the_next_draft_is_held_in_a_review_of_its_own_and_the_earlier_ones_are_kept() -> None:
    first = taken(under_review(approvals=2), a_decision("bo"), changes_asked())
    record = held_again(first, OTHER_DIGEST, AT + DAY)
    assert (record.status, record.reason) == (S.AWAITING_REVIEW, "draft 2 is held for review")
    assert record.earlier_reviews == (first.opened_review,)
    assert record.reviews == (first.opened_review, record.opened_review)
    assert (record.opened_review.lines, record.opened_review.due_at) == ((), AT + 8 * DAY)
    assert record.drafts == (a_draft(held_at=AT), a_draft(OTHER_DIGEST, attempt=2, held_at=AT + DAY))
    third = held_again(taken(record, changes_asked(2, digest=OTHER_DIGEST)), EDITED_DIGEST)
    assert third.reason == "draft 3 is held for review"
    assert [review.digest for review in third.reviews] == [DIGEST, OTHER_DIGEST, EDITED_DIGEST]
    assert len(third.drafts) == 3


def test_approvals_of_an_earlier_draft_do_not_count_even_where_the_bytes_are_the_same() -> None:
    record = held_again(taken(under_review(approvals=2), a_decision("bo"), changes_asked()))
    record = taken(record, a_decision("bo", decision_id="once-more"))
    assert (record.status, record.approvers) == (S.AWAITING_REVIEW, ("bo",))


def test_whoever_asked_for_changes_may_decide_on_the_next_draft() -> None:
    record = held_again(taken(under_review(), changes_asked()), OTHER_DIGEST)
    assert taken(record, a_decision("ana", digest=OTHER_DIGEST)).reason == "approved by ana"


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_changes_are_asked_for_as_often_as_the_policy_says(rounds: int) -> None:
    record = under_review(rework_rounds=rounds)
    for number in range(rounds):
        record = held_again(taken(record, changes_asked(number + 1)))
    told = why_refused(record, changes_asked(rounds + 1))
    assert told == f"changes were asked for {rounds} times, as often as they may be; approve, edit or reject it"
    assert record.rework_rounds == rounds
    assert taken(record, a_decision("bo")).status is S.DELIVERING


def test_nothing_is_decided_while_the_next_draft_is_made() -> None:
    record = taken(under_review(), changes_asked())
    assert why_refused(record, a_decision("bo")) == "nothing is held for review; the job is queued"
    with pytest.raises(ValueError, match="no approved deliverable"):
        assert record.approved_digest


def test_the_next_attempt_waits_for_nothing_and_owes_nothing_to_the_failures_before() -> None:
    record = taken(_after_two_failures(), changes_asked())
    assert (record.not_before, record.failure) == (None, None)
    assert record.judged_from == len(record.attempts) == 3


def test_what_failed_before_the_review_does_not_use_up_the_retries_after_it() -> None:
    """Three timeouts in a row stop a job; two before a draft and one after it do not."""
    record = progress.attempt_begun(taken(_after_two_failures(), changes_asked()), AT)
    failed = a_failed(C.TIMEOUT, under={"classes": {"timeout": {"attempts": 2}}}, stage=Stage.CREATE)
    assert judged(record, failed, AT).kind is VerdictKind.RETRY
    kept = record.model_copy(update={"judged_from": 0})
    first, _, *later = kept.attempts  # as if the draft had never been made
    kept = kept.model_copy(update={"attempts": (first, *(later[-1:]))})
    assert judged(kept, failed, AT).kind is VerdictKind.PARK


def _after_two_failures() -> JobRecord:
    """Hold the draft of a third attempt; the two before it ran into their time limit."""
    record = under_review()
    draft = record.attempts[-1]
    failed = draft.model_copy(update={"failure": a_failed(C.TIMEOUT).failure, "response_status": ResponseStatus.FAILED})
    attempts = (failed, failed.model_copy(update={"number": 2}), draft.model_copy(update={"number": 3}))
    return record.model_copy(update={"attempts": attempts, "not_before": AT + SECOND, "failure": failed.failure})


def test_a_rework_that_fails_stops_for_a_person_like_any_attempt() -> None:
    record = progress.attempt_begun(taken(under_review(), changes_asked()), AT)
    failed = a_failed(C.QUOTA, stage=Stage.CREATE)
    record = progress.stopped(record, failed, judged(record, failed, AT), AT)
    assert (record.status, record.rework_rounds) == (S.NEEDS_ATTENTION, 1)
    assert not record.has_approved_result


def test_an_expired_rework_was_neither_approved_nor_rejected() -> None:
    record = progress.response_ended(held_again(taken(under_review(), changes_asked())), an_end(), AT)
    assert [(review.is_approved, review.is_rejected) for review in record.reviews] == [(False, False)] * 2
