"""What a review may ask for, and what nobody could ever fulfil."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from signoff.domain.errors import BadRequestError
from signoff.domain.job import parse_request
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import JobStatus
from tests.domain.at_review import REJECT, taken, under_review
from tests.domain.making import DAY, HOUR, SECOND, a_decision, request_data

LATER: dict[str, Any] = {"escalate_after": HOUR, "escalate_to": ("max",)}


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({}, ""),
        ({"approvals": 10}, ""),  # anybody may decide, so nobody knows how many there are
        ({"reviewers": ("ana",)}, ""),
        ({"reviewers": ("ana",), "approvals": 2}, "2 approvals are needed, but only 1 of the reviewers may approve"),
        ({"reviewers": ("ana", "ANA"), "approvals": 2}, "2 approvals are needed, but only 1 of the reviewers may"),
        ({"reviewers": ("ana", "a-service"), "approvals": 2}, "2 approvals are needed, but only 1 of the reviewers"),
        ({"reviewers": ("ana", "A-Service"), "approvals": 2}, "2 approvals are needed, but only 1 of the reviewers"),
        ({"reviewers": ("a-service",)}, "1 approval is needed, but only 0 of the reviewers may approve this job"),
        ({"reviewers": ("ana", "a-service"), "approvals": 2, "allow_self_approval": True}, ""),
        ({"reviewers": ("ana", "bo"), "approvals": 2}, ""),
        ({"reviewers": ("ana",), "approvals": 2, **LATER}, ""),
        ({"reviewers": ("ana",), "approvals": 3, **LATER}, "3 approvals are needed, but only 2 of the reviewers"),
        ({"reviewers": ("max",), "approvals": 2, **LATER}, "2 approvals are needed, but only 1 of the reviewers"),
        ({"reviewers": ("ana",), "approvals": 2, **LATER, "escalate_to": ("a-service",)}, "2 approvals are needed"),
        # Who is in a group is not known yet.
        ({"reviewers": ("group:legal",), "approvals": 9}, ""),
        ({"reviewers": ("ana",), "approvals": 9, **LATER, "escalate_to": ("group:legal",)}, ""),
        ({"reviewers": ("ana",), "approvals": 2, "delegates": ("group:legal",)}, "2 approvals are needed, but only 1"),
        # One approves and one rejects: nobody is left, and nothing is decided.
        (
            {"reviewers": ("ana", "bo"), "approvals": 2, "reject_after": 2},
            "2 reviewers could all decide without 2 approvals or 2 rejections; name more, or ask for fewer",
        ),
        ({"reviewers": ("ana", "bo", "cleo"), "approvals": 2, "reject_after": 2}, ""),
        ({"reviewers": ("ana",), "reject_after": 2}, "1 reviewers could all decide without 1 approvals or 2 rej"),
        ({"reviewers": ("ana", "bo"), "reject_after": 2}, ""),
        ({"reviewers": ("ana", "bo"), "reject_after": 3}, "2 reviewers could all decide without 1 approvals or 3"),
        ({"reviewers": ("ana", "bo"), "approvals": 2, "reject_after": 2, **LATER}, ""),
    ],
)
def test_a_review_that_nobody_could_ever_decide_is_refused(policy: dict[str, Any], why: str) -> None:
    told = ReviewPolicy(**policy).impossible_for("a-service")
    assert told.startswith(why)
    assert bool(told) == bool(why)


def test_a_requester_is_no_reviewer_in_any_spelling() -> None:
    assert ReviewPolicy(reviewers=("a-service",)).impossible_for("A-Service")


def test_a_job_with_such_a_review_is_not_begun() -> None:
    with pytest.raises(BadRequestError, match="only 1 of the reviewers"):
        parse_request(request_data(review={"reviewers": ["ana"], "approvals": 2}))


@given(approvals=st.integers(1, 4), reject_after=st.integers(1, 4), votes=st.lists(st.booleans(), max_size=6))
def test_a_review_that_may_be_asked_for_is_decided_once_everybody_has_spoken(
    approvals: int, reject_after: int, votes: list[bool]
) -> None:
    people = tuple("abcdef"[: len(votes)])
    policy: dict[str, Any] = {"reviewers": people, "approvals": approvals, "reject_after": reject_after}
    assume(people and not ReviewPolicy(**policy).impossible_for("a-service"))
    record = under_review(**policy)
    for who, is_for in zip(people, votes, strict=True):
        if record.status is JobStatus.AWAITING_REVIEW:
            record = taken(record, a_decision(who) if is_for else a_decision(who, REJECT))
    assert record.status in {JobStatus.DELIVERING, JobStatus.REJECTED}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"escalate_after": HOUR}, "escalate_after, escalate_to: give both, when and to whom, or neither"),
        ({"escalate_to": ("max",)}, "escalate_after, escalate_to: give both, when and to whom, or neither"),
        ({**LATER, "window": HOUR}, "escalate_after: the review is over by then; it must be shorter than window"),
        ({**LATER, "window": HOUR - SECOND}, "escalate_after: the review is over by then"),
        ({**LATER, "escalate_after": 0}, "escalate_after"),
        ({"approvals": 0}, "approvals"),
        ({"approvals": 11}, "approvals"),
        ({"reject_after": 0}, "reject_after"),
        ({"reject_after": 11}, "reject_after"),
        ({"window": 0}, "window"),
        ({"window": -1}, "window"),
        ({"window": 365 * DAY + SECOND}, "window"),
        ({"reminders": (0,)}, "reminders"),
        ({"reminders": (DAY,) * 11}, "reminders"),
        ({"rework_rounds": -1}, "rework_rounds"),
        ({"rework_rounds": 21}, "rework_rounds"),
        ({"reviewers": ("",)}, "reviewers"),
        ({"reviewers": ("a\nb",)}, "reviewers"),
        ({"reviewers": tuple(f"r{number}" for number in range(101))}, "reviewers"),
        ({"delegates": tuple(f"r{number}" for number in range(101))}, "delegates"),
        ({**LATER, "escalate_to": tuple(f"r{number}" for number in range(101))}, "escalate_to"),
        ({"quorum": 2}, "quorum"),
    ],
)
def test_a_policy_that_makes_no_sense_names_what_is_wrong(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ReviewPolicy(**changes)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"window": SECOND},
        {"window": 365 * DAY, "reminders": (365 * DAY,)},
        {**LATER, "window": HOUR + SECOND},
        {"approvals": 10, "reject_after": 10, "rework_rounds": 20, "reminders": (DAY,) * 10},
        {"rework_rounds": 0, "reminders": ()},
    ],
)
def test_the_least_and_the_most_are_taken(changes: dict[str, Any]) -> None:
    policy = ReviewPolicy(**changes)
    assert ReviewPolicy.model_validate_json(policy.model_dump_json()) == policy


def test_a_review_asks_for_one_approval_within_a_week_where_nothing_is_said() -> None:
    policy = ReviewPolicy()
    assert (policy.approvals, policy.reject_after, policy.rework_rounds) == (1, 1, 3)
    assert (policy.window, policy.reminders) == (timedelta(days=7), (DAY,))
    assert (policy.reviewers, policy.allow_self_approval, policy.escalate_after) == ((), False, None)
