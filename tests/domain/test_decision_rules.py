"""Quorums, rejections and repeats: which decisions count, and why others do not."""

import pytest

from signoff.domain import deciding, progress
from signoff.domain.decision import Decision, Examined
from signoff.domain.status import JobStatus
from tests.domain.at_review import (
    CHANGES,
    REJECT,
    changes_asked,
    edit_to,
    found,
    held_again,
    taken,
    under_review,
    why_refused,
)
from tests.domain.making import (
    AT,
    DAY,
    DIGEST,
    EDITED_DIGEST,
    HOUR,
    OTHER_DIGEST,
    a_decision,
    a_review,
)

S = JobStatus


@pytest.mark.parametrize(
    ("decision", "examined", "why"),
    [
        (edit_to(DIGEST), found(edit_to(DIGEST)), "nothing was changed; approve it as it is"),
        (edit_to(OTHER_DIGEST), Examined(), f"the archive holds no {OTHER_DIGEST}; put the changed deliverable there "),
        (edit_to(OTHER_DIGEST), found(edit_to(EDITED_DIGEST)), f"the archive holds no {OTHER_DIGEST}; put the "),
        (edit_to(OTHER_DIGEST), Examined(objection="it is of another job"), "it is of another job"),
        (a_decision(), Examined(objection="sign in at the gateway"), "sign in at the gateway"),
        (a_decision(kind=CHANGES, comment=" "), Examined(), "a request for changes needs a comment that says why"),
    ],
    ids=["unchanged", "not in the archive", "another in the archive", "not of this job", "not attested", "no comment"],
)
def test_what_can_not_be_taken_says_what_to_do(decision: Decision, examined: Examined, why: str) -> None:
    assert why_refused(under_review(), decision, AT, examined).startswith(why)


def test_what_was_found_outside_comes_after_what_the_job_itself_knows() -> None:
    told = why_refused(under_review(reviewers=("ana",)), a_decision("eve"), AT, Examined(objection="not attested"))
    assert told == "eve is not a reviewer of this job; ask ana"


@pytest.mark.parametrize(
    ("reject_after", "people", "status"),
    [
        (1, ["bo"], S.REJECTED),
        (2, ["bo"], S.AWAITING_REVIEW),
        (2, ["bo", "cleo"], S.REJECTED),
        (3, ["bo", "cleo"], S.AWAITING_REVIEW),
        (3, ["bo", "cleo", "dan"], S.REJECTED),
    ],
)
def test_as_many_rejections_as_the_policy_says_close_the_job(
    reject_after: int, people: list[str], status: JobStatus
) -> None:
    record = taken(under_review(approvals=2, reject_after=reject_after), a_decision("ana"))
    record = taken(record, *(a_decision(who, REJECT, comment=f"{who} says no") for who in people))
    assert record.status is status
    if status is S.REJECTED:
        assert record.reason == f"rejected by {', '.join(people)}: {people[-1]} says no"
    else:
        assert record.reason == f"{people[-1]} rejected it; {reject_after} rejections close the job"


def test_a_rejection_that_was_not_enough_is_outvoted_but_never_forgotten() -> None:
    record = taken(under_review(approvals=2, reject_after=2), a_decision("eve", REJECT))
    assert why_refused(record, a_decision("eve")) == "eve has decided already"
    record = taken(record, a_decision("ana"), a_decision("bo"))
    assert (record.status, record.reason) == (S.DELIVERING, "approved by ana, bo")
    assert record.opened_review.lines[0].rejects(DIGEST)


def test_look_alikes_do_not_reject_twice() -> None:
    """Even from lines that say they were accepted."""
    review = a_review()
    _, line = deciding.decided(under_review(), a_decision("ana", REJECT), AT)
    lines = (line, line.model_copy(update={"reviewer": "ANA"}))
    policy = review.policy.model_copy(update={"reject_after": 2})
    assert not review.model_copy(update={"lines": lines, "policy": policy}).is_rejected


@pytest.mark.parametrize("decision", [changes_asked(), a_decision("bo", digest=OTHER_DIGEST)], ids=["taken", "refused"])
def test_a_repeat_gets_its_first_answer_when_another_draft_is_held(decision: Decision) -> None:
    record, first = deciding.decided(under_review(), decision, AT)
    record = held_again(taken(record, changes_asked()) if record.status is S.AWAITING_REVIEW else record, OTHER_DIGEST)
    assert deciding.decided(record, decision, AT + DAY) == (record, first)
    assert not deciding.may_count(record, decision, AT)


def test_an_id_of_an_earlier_review_is_not_used_for_another_decision() -> None:
    record = held_again(taken(under_review(), changes_asked()), OTHER_DIGEST)
    told = why_refused(record, a_decision("bo", digest=OTHER_DIGEST, decision_id=changes_asked().decision_id))
    assert told == "the decision id ana-changes-1 belongs to another decision; choose a new one"


def test_a_job_that_is_closed_refuses_as_of_its_end() -> None:
    record = progress.cancelled(under_review(), "stopped", AT + HOUR)
    answer = deciding.answer_when_closed(record, a_decision())
    assert (answer.is_accepted, answer.status, answer.at) == (False, S.CANCELLED, AT + HOUR)


def test_nothing_may_be_delivered_below_the_quorum() -> None:
    record = taken(under_review(approvals=2), a_decision())
    with pytest.raises(ValueError, match="no approved deliverable"):
        assert record.approved_digest
