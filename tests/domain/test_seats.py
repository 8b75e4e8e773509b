"""Seats that move: who may decide then, and where a seat may go."""

from typing import Any

import pytest

from signoff.domain import reviewing
from signoff.domain.panel import House, Panel
from signoff.domain.status import JobStatus
from tests.domain.at_review import (
    DELEGATE,
    HOUSE,
    able,
    an_arrangement,
    arranged,
    changes_asked,
    edit_to,
    handed,
    held_again,
    taken,
    under_review,
    why_not_arranged,
    why_refused,
)
from tests.domain.making import AT, EDITED_DIGEST, a_decision

S = JobStatus


def test_a_seat_moves() -> None:
    record = handed(under_review(reviewers=("ana", "bo")), "ana", "dan")
    assert able(record, "ana", "bo", "dan") == ["bo", "dan"]
    assert why_refused(record, a_decision("ana")) == "ana is not a reviewer of this job; ask bo, dan"
    assert record.opened_review.panel.people == record.opened_review.panel.seats == ("bo", "dan")


def test_a_seat_moves_on_and_back() -> None:
    record = handed(handed(under_review(reviewers=("ana", "bo")), "ana", "dan"), "dan", "leo")
    assert able(record, "ana", "bo", "dan", "leo") == ["bo", "leo"]
    assert able(handed(record, "leo", "ana"), "ana", "bo", "dan", "leo") == ["ana", "bo"]


def test_a_member_of_a_group_hands_over_their_own_seat_only() -> None:
    record = handed(under_review(reviewers=("group:legal",), house=HOUSE), "lea", "dan")
    assert able(record, "lea", "leo", "dan", "LEA") == ["leo", "dan"]
    assert record.opened_review.panel.people == ("dan", "leo")
    assert why_not_arranged(record, an_arrangement(DELEGATE, "lea", to="eve")).startswith("lea is not a reviewer")


def test_a_seat_that_was_handed_over_stays_so_for_the_next_draft() -> None:
    record = held_again(taken(handed(under_review(reviewers=("ana", "bo")), "ana", "dan"), changes_asked(who="dan")))
    assert able(record, "ana", "bo", "dan") == ["bo", "dan"]


@pytest.mark.parametrize(
    ("policy", "to", "why"),
    [
        ({}, "dan", "anyone may decide on this job, so there is no seat to hand over"),
        ({"reviewers": ("ana", "bo")}, "bo", "bo has a seat already"),
        ({"reviewers": ("ana", "bo")}, "BO", "BO has a seat already"),
        ({"reviewers": ("ana", "bo")}, "ana", "ana has a seat already"),
        ({"reviewers": ("ana", "group:legal")}, "lea", "lea has a seat already"),
        ({"reviewers": ("ana",)}, "A-Service", "A-Service requested this job, so the seat must go to somebody else"),
        ({"reviewers": ("ana",), "allow_self_approval": True}, "a-service", ""),
        ({"reviewers": ("ana",)}, "group:legal", "a seat goes to one person, not to a group"),
        ({"reviewers": ("ana",), "delegates": ("dan",)}, "dan", ""),
        ({"reviewers": ("ana",), "delegates": ("dan",)}, "eve", "eve may not be handed a seat; it may go to dan"),
        ({"reviewers": ("ana",), "delegates": ("dan", "group:legal")}, "leo", ""),
        ({"reviewers": ("ana",), "delegates": ("group:leads",)}, "leo", "leo may not be handed a seat; it may go to "),
        ({"reviewers": ("ana",), "delegates": ("group:legal",)}, "group:legal", "a seat goes to one person"),
        # Who may be named by letters, is not by look-alikes.
        ({"reviewers": ("ana",), "delegates": ("dan",)}, "Dan", "Dan may not be handed a seat; it may go to dan"),
    ],
)
def test_a_seat_goes_where_the_policy_lets_it(policy: dict[str, Any], to: str, why: str) -> None:
    record = under_review(**policy, house=HOUSE)
    arrangement = an_arrangement(DELEGATE, to=to)
    if why:
        assert why_not_arranged(record, arrangement).startswith(why)
    else:
        assert able(arranged(record, arrangement), "ana", to) == [to]


def test_a_seat_that_was_used_is_not_handed_over() -> None:
    record = taken(under_review(reviewers=("ana", "bo"), approvals=2), a_decision("ana"))
    assert why_not_arranged(record, an_arrangement(DELEGATE)) == "ana has decided already, so the seat is used"


def test_a_seat_does_not_go_to_who_decided_on_what_is_held() -> None:
    """It would be lost, and with it perhaps the quorum."""
    record = under_review(reviewers=("ana", "bo", "cleo"), approvals=3)
    record = taken(record, a_decision("bo"), edit_to(EDITED_DIGEST, "cleo"))
    record = handed(record, "bo", "dan")
    record = taken(record, edit_to(a_decision().digest, "dan", seen=EDITED_DIGEST))
    told = why_not_arranged(record, an_arrangement(DELEGATE, to="bo"))
    assert told == "bo has decided already, so the seat must go to somebody else"


def test_after_an_edit_a_seat_that_was_used_may_be_handed_over() -> None:
    record = taken(under_review(reviewers=("ana", "bo"), approvals=2), a_decision("ana"), edit_to(EDITED_DIGEST, "bo"))
    record = taken(handed(record, "ana", "dan"), a_decision("dan", digest=EDITED_DIGEST))
    assert record.reason == "approved by bo, dan"


def test_whoever_handed_a_seat_over_has_none_in_another_spelling() -> None:
    house = House(groups={"legal": ("lea",), "board": ("LEA", "bo")})
    record = handed(under_review(reviewers=("group:legal", "group:board"), house=house), "lea", "dan")
    assert able(record, "lea", "LEA", "bo", "dan") == ["bo", "dan"]


def test_a_seat_that_comes_back_in_another_spelling_can_be_used() -> None:
    record = handed(handed(under_review(reviewers=("ana", "bo")), "ana", "dan"), "dan", "ANA")
    assert able(record, "ana", "ANA", "dan") == ["ANA"]


def test_a_panel_that_anybody_is_on_stays_as_it_is_when_others_join() -> None:
    assert Panel().joined_by(("max",), {"legal": ("lea",)}) == Panel()


def test_a_seat_that_moved_stays_moved_over_several_drafts() -> None:
    record = handed(under_review(reviewers=("ana", "bo")), "ana", "dan")
    record = held_again(taken(record, changes_asked(1, "dan")))
    record = held_again(taken(record, changes_asked(2, "dan")))
    assert able(record, "ana", "bo", "dan") == ["bo", "dan"]


def test_a_seat_that_was_refused_to_somebody_is_not_theirs_with_the_next_draft() -> None:
    record = under_review(reviewers=("ana", "bo"), delegates=("dan",))
    record, _ = reviewing.arranged(record, an_arrangement(DELEGATE, to="eve"), AT)
    record = held_again(taken(record, changes_asked()))
    assert able(record, "ana", "bo", "eve") == ["ana", "bo"]


def test_a_seat_that_moved_on_is_with_the_last_one_when_the_next_draft_is_held() -> None:
    record = handed(handed(under_review(reviewers=("ana", "bo")), "ana", "dan"), "dan", "leo")
    record = held_again(taken(record, changes_asked(who="leo")))
    assert able(handed(record, "leo", "ana"), "ana", "bo", "dan", "leo") == ["ana", "bo"]
