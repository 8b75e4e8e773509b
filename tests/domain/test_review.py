"""Who may decide on which bytes until when: every rule of a decision."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from signoff.domain.decision import COMMENT_LIMIT, DecisionKind, line_for
from signoff.domain.objections import objection
from signoff.domain.review import Review, ReviewPolicy
from tests.domain.making import AT, DIGEST, OTHER_DIGEST, SECOND, a_decision, a_review

REJECT = DecisionKind.REJECT
MICROSECOND = timedelta(microseconds=1)


def policy(**changes: Any) -> ReviewPolicy:
    return ReviewPolicy(**changes)


def after(review: Review, *lines: tuple[str, DecisionKind, bool]) -> Review:
    """Add decisions on the held digest, each taken or refused."""
    added = [line_for(a_decision(who, kind), AT, "" if is_accepted else "no") for who, kind, is_accepted in lines]
    return review.model_copy(update={"lines": (*review.lines, *added)})


@pytest.mark.parametrize(
    ("policy", "who", "reason"),
    [
        (policy(), "ana", ""),
        (policy(), "a-service", "a-service requested this job, so somebody else must decide on it"),
        (policy(allow_self_approval=True), "a-service", ""),
        (policy(reviewers=("ana", "bo")), "bo", ""),
        (policy(reviewers=("ana", "bo")), "eve", "eve is not a reviewer of this job; ask ana, bo"),
        (policy(reviewers=("ana",)), "Ana", "Ana is not a reviewer of this job; ask ana"),
        # On the list, but still the requester.
        (policy(reviewers=("ana", "a-service")), "a-service", "a-service requested this job"),
        (policy(reviewers=("ana", "a-service"), allow_self_approval=True), "a-service", ""),
        # Self-approval does not put anybody on the list.
        (policy(reviewers=("ana",), allow_self_approval=True), "a-service", "a-service is not a reviewer"),
    ],
)
@pytest.mark.parametrize("kind", [kind for kind in DecisionKind if kind is not DecisionKind.APPROVE_EDITED])
def test_the_policy_says_who_may_decide(policy: ReviewPolicy, who: str, reason: str, kind: DecisionKind) -> None:
    told = objection(a_review(policy), a_decision(who, kind), AT)
    assert told.startswith(reason)
    assert bool(told) == bool(reason)


@pytest.mark.parametrize("who", ["A-Service", "\uff41-service", "a-ser\u200bvice", "a-service\u202e"])
def test_the_requester_is_known_in_any_spelling(who: str) -> None:
    assert "somebody else must decide" in objection(a_review(), a_decision(who, decision_id="d-1"), AT)


def test_one_person_in_two_spellings_decides_once() -> None:
    review = after(a_review(policy(approvals=2)), ("ana", DecisionKind.APPROVE, True))
    assert objection(review, a_decision("ANA"), AT) == "ANA has decided already"
    assert not after(review, ("ANA", DecisionKind.APPROVE, True)).is_approved


def test_a_decision_on_other_bytes_is_refused_and_names_both() -> None:
    told = objection(a_review(), a_decision(digest=OTHER_DIGEST), AT)
    assert told == f"the result held for review is {DIGEST}, not {OTHER_DIGEST}; look at it again"


@pytest.mark.parametrize(
    ("moment", "is_late"),
    [(-SECOND, False), (-MICROSECOND, False), (timedelta(0), True), (MICROSECOND, True), (SECOND, True)],
)
def test_a_review_ends_at_its_exact_moment(moment: timedelta, *, is_late: bool) -> None:
    review = a_review()
    told = objection(review, a_decision(), review.due_at + moment)
    assert told == ("the review ended at 2026-01-12 09:00:00 UTC, so this comes too late" if is_late else "")


@pytest.mark.parametrize("first", [DecisionKind.APPROVE, REJECT])
@pytest.mark.parametrize("second", list(DecisionKind))
def test_a_person_decides_once(first: DecisionKind, second: DecisionKind) -> None:
    review = after(a_review(policy(approvals=3)), ("ana", first, True))
    assert objection(review, a_decision("ana", second, decision_id="another"), AT) == "ana has decided already"


def test_a_refused_decision_does_not_use_up_the_persons_one() -> None:
    review = after(a_review(), ("ana", DecisionKind.APPROVE, False))
    assert objection(review, a_decision("ana", decision_id="another"), AT) == ""


@pytest.mark.parametrize("comment", ["", " ", "\n\t"])
def test_a_rejection_says_why(comment: str) -> None:
    assert objection(a_review(), a_decision(kind=REJECT, comment=comment), AT) == (
        "a rejection needs a comment that says why"
    )
    assert objection(a_review(), a_decision(comment=comment), AT) == ""


def test_of_several_reasons_the_one_about_the_bytes_comes_first() -> None:
    """Whoever looked at other bytes has to look again anyway."""
    late = a_review().due_at
    wrong = a_decision("a-service", REJECT, OTHER_DIGEST, comment="")
    assert objection(a_review(), wrong, late).startswith("the result held for review is")


@pytest.mark.parametrize(
    ("approvals", "lines", "is_approved"),
    [
        (1, [], False),
        (1, [("ana", DecisionKind.APPROVE, True)], True),
        (1, [("ana", DecisionKind.APPROVE, False)], False),
        (2, [("ana", DecisionKind.APPROVE, True)], False),
        (2, [("ana", DecisionKind.APPROVE, True), ("ana", DecisionKind.APPROVE, True)], False),
        (2, [("ana", DecisionKind.APPROVE, True), ("bo", DecisionKind.APPROVE, False)], False),
        (2, [("ana", DecisionKind.APPROVE, True), ("bo", DecisionKind.APPROVE, True)], True),
        (1, [("ana", DecisionKind.APPROVE, True), ("bo", REJECT, True)], False),
        (1, [("bo", REJECT, False), ("ana", DecisionKind.APPROVE, True)], True),
    ],
)
def test_enough_distinct_people_must_approve_and_nobody_reject(
    approvals: int, lines: list[tuple[str, DecisionKind, bool]], *, is_approved: bool
) -> None:
    assert after(a_review(policy(approvals=approvals)), *lines).is_approved == is_approved


def test_an_approval_of_other_bytes_never_counts() -> None:
    """Even a line that says it was accepted: the digest decides."""
    other = line_for(a_decision(digest=OTHER_DIGEST), AT, "")
    review = a_review().model_copy(update={"lines": (other,)})
    assert (review.is_approved, review.approvers) == (False, ())


def test_approvers_are_those_who_approved_what_is_held() -> None:
    approve = DecisionKind.APPROVE
    review = after(a_review(), ("ana", approve, True), ("bo", approve, False), ("eve", REJECT, True))
    assert review.approvers == ("ana",)


def test_a_line_keeps_the_whole_decision() -> None:
    decision = a_decision(kind=REJECT, comment="no sources")
    line = line_for(decision, AT, "too late")
    kept = (line.decision_id, line.kind, line.digest, line.reviewer, line.comment)
    assert kept == (decision.decision_id, "reject", DIGEST, "ana", "no sources")
    assert (line.at, line.is_accepted, line.reason) == (AT, False, "too late")
    assert line_for(decision, AT, "").is_accepted


def test_a_reason_stays_short_however_many_reviewers_it_names() -> None:
    review = a_review(policy(reviewers=tuple(f"{n:03}{'x' * 125}" for n in range(100))))
    decision = a_decision("eve")
    line = line_for(decision, AT, objection(review, decision, AT))
    assert len(line.reason.encode()) <= 500


def test_the_comment_of_a_decision_that_counts_is_kept_whole() -> None:
    decision = a_decision(comment="x" * COMMENT_LIMIT)
    assert line_for(decision, AT, "").comment == decision.comment
    assert len(line_for(decision, AT, "too late").comment.encode()) == 500


@pytest.mark.parametrize(
    "change",
    [
        *({"decision_id": odd} for odd in ("", "a b", "a/b", "x" * 129, "a\n")),
        *({"digest": odd} for odd in ("", "sha256:", "a" * 64, f"md5:{'a' * 64}")),
        *({"reviewer": odd} for odd in ("", " ", "a\nb", "x" * 129)),
        *({"kind": odd} for odd in ("", "APPROVE", "maybe")),
        {"comment": "x" * (COMMENT_LIMIT + 1)},
        {"at": AT},
    ],
)
def test_what_is_no_decision_is_refused(change: dict[str, Any]) -> None:
    data = {**a_decision().model_dump(), **change}
    with pytest.raises(ValidationError):
        type(a_decision()).model_validate(data)


def test_a_comment_may_have_several_lines() -> None:
    assert a_decision(comment="no:\n- a\n- b").comment == "no:\n- a\n- b"
