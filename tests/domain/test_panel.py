"""Who may decide: by name, or as a member of a group that the deployment knows."""

from typing import Any

import pytest

from signoff.domain.deployment import Decisions, DeploymentPolicy
from signoff.domain.panel import House, Panel
from signoff.domain.review import ReviewPolicy, group_in
from signoff.domain.status import JobStatus
from tests.domain.at_review import (
    CHANGES,
    HOUSE,
    REJECT,
    able,
    edit_to,
    held_again,
    taken,
    under_review,
    why_refused,
)
from tests.domain.making import EDITED_DIGEST, HOUR, a_decision

S = JobStatus


@pytest.mark.parametrize(
    ("reviewers", "who_may"),
    [
        ((), ["ana", "bo", "lea", "leo", "max", "ANA"]),
        (("ana",), ["ana"]),
        (("group:legal",), ["lea", "leo"]),
        (("group: legal",), ["lea", "leo"]),
        (("group:legal", "ana"), ["ana", "lea", "leo"]),
        (("group:legal", "group:leads"), ["lea", "leo", "max"]),
        (("group:nobody",), []),
        # A person who is called like a group is none.
        (("legal",), []),
    ],
)
def test_those_may_decide_whom_the_policy_names_or_a_group_of_it_has(
    reviewers: tuple[str, ...], who_may: list[str]
) -> None:
    record = under_review(reviewers=reviewers, house=HOUSE)
    assert able(record, "ana", "bo", "lea", "leo", "max", "ANA", "a-service") == who_may


@pytest.mark.parametrize(
    ("reviewers", "told"),
    [
        (("ana", "group:legal"), "eve is not a reviewer of this job; ask ana, lea, leo"),
        (("group:nobody",), "eve is not a reviewer of this job; ask an operator, since nobody is"),
        (
            tuple("abcdefghijkl"),
            "eve is not a reviewer of this job; ask a, b, c, d, e, f, g, h, i, j or 2 others",
        ),
        (tuple("abcdefghij"), "eve is not a reviewer of this job; ask a, b, c, d, e, f, g, h, i, j"),
    ],
)
def test_who_may_not_decide_is_told_who_may(reviewers: tuple[str, ...], told: str) -> None:
    assert why_refused(under_review(reviewers=reviewers, house=HOUSE), a_decision("eve")) == told


def test_members_are_those_of_the_moment_when_the_draft_was_held() -> None:
    """What the settings say now is for the next draft."""
    record = under_review(reviewers=("group:legal",), house=HOUSE)
    again = held_again(taken(record, a_decision("lea", CHANGES)))
    assert able(record, "lea") == ["lea"]
    assert able(again, "lea") == []


@pytest.mark.parametrize(
    ("policy", "decisions", "waits_for"),
    [
        ({}, [], ()),
        ({"reviewers": ("ana", "group:legal", "a-service")}, [], ("ana", "lea", "leo")),
        ({"reviewers": ("ana", "a-service"), "allow_self_approval": True}, [], ("ana", "a-service")),
        ({"reviewers": ("ana", "bo", "lea"), "approvals": 2}, [a_decision("bo")], ("ana", "lea")),
        (
            {"reviewers": ("ana", "bo", "lea"), "approvals": 2, "reject_after": 2, "allow_self_approval": True},
            [a_decision("lea", REJECT)],
            ("ana", "bo"),
        ),
        ({"reviewers": ("ana", "bo"), "approvals": 2}, [a_decision("ana"), edit_to(EDITED_DIGEST, "bo")], ("ana",)),
    ],
)
def test_a_review_waits_for_those_who_may_and_have_not(
    policy: dict[str, Any], decisions: list[Any], waits_for: tuple[str, ...]
) -> None:
    assert taken(under_review(**policy, house=HOUSE), *decisions).opened_review.waits_for == waits_for


def test_everybody_is_named_once() -> None:
    panel = Panel(is_open=False, seats=("ana", "lea"), groups={"a": ("lea", "leo"), "b": ("leo", "ana")})
    assert panel.people == ("ana", "lea", "leo")


@pytest.mark.parametrize(
    ("name", "group"),
    [("group:legal", "legal"), ("group: legal", "legal"), ("legal", ""), ("Group:legal", ""), ("a group:x", "")],
)
def test_a_group_is_named_with_its_prefix(name: str, group: str) -> None:
    assert group_in(name) == group


def test_a_policy_tells_all_groups_that_it_names_each_once() -> None:
    policy = ReviewPolicy(
        reviewers=("ana", "group:a", "group:b"),
        delegates=("group:c", "group:a"),
        escalate_to=("group:d", "max"),
        escalate_after=HOUR,
    )
    assert policy.groups == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("settings", "house"),
    [
        ({}, House(groups={"legal": (), "leads": ()})),
        ({"groups": {"legal": ["lea"], "other": ["eve"]}}, House(groups={"legal": ("lea",), "leads": ()})),
        ({"decisions": Decisions.GATEWAY_ONLY}, House(groups={"legal": (), "leads": ()}, is_attested=True)),
        ({"decisions": "any", "notices": True}, House(groups={"legal": (), "leads": ()}, is_noticed=True)),
    ],
)
def test_a_house_knows_the_groups_that_were_asked_for(settings: dict[str, Any], house: House) -> None:
    assert DeploymentPolicy.model_validate(settings).house(["legal", "leads"]) == house


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_job_tells_people_where_the_house_does(*, is_noticed: bool) -> None:
    assert under_review(house=House(is_noticed=is_noticed)).is_noticed == is_noticed
