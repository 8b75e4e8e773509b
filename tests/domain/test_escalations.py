"""An escalation: who joins may decide, and whoever could before still can."""

import pytest

from signoff.domain import reviewing
from signoff.domain.panel import House
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.domain.at_review import (
    HOUSE,
    able,
    changes_asked,
    handed,
    held_again,
    taken,
    under_review,
    why_refused,
)
from tests.domain.making import AT, HOUR, a_decision

S = JobStatus


def escalated(record: JobRecord) -> JobRecord:
    return reviewing.time_passed(record, AT + HOUR)


def test_after_an_escalation_those_who_join_may_decide_and_the_others_still_may() -> None:
    record = under_review(
        reviewers=("ana",), escalate_after=HOUR, escalate_to=("max", "group:legal"), reminders=(), house=HOUSE
    )
    assert able(record, "ana", "max", "lea", "eve") == ["ana"]
    assert able(escalated(record), "ana", "max", "lea", "eve") == ["ana", "max", "lea"]
    assert escalated(record).opened_review.panel.people == ("ana", "max", "lea", "leo")


def test_where_anybody_may_decide_an_escalation_only_tells() -> None:
    record = escalated(under_review(escalate_after=HOUR, escalate_to=("max",)))
    assert able(record, "ana", "max", "eve") == ["ana", "max", "eve"]


@pytest.mark.parametrize("to", ["ana", "group:mine"])
def test_whoever_handed_a_seat_over_may_decide_once_it_goes_to_them_by_escalation(to: str) -> None:
    house = House(groups={"mine": ("ana",)})
    record = under_review(reviewers=("ana", "bo"), escalate_after=HOUR, escalate_to=(to,), house=house)
    record = handed(handed(record, "ana", "dan"), "bo", "leo")
    assert able(record, "ana", "bo", "dan", "leo") == ["dan", "leo"]
    assert able(escalated(record), "ana", "bo", "dan", "leo") == ["ana", "dan", "leo"]


def test_a_seat_may_go_to_who_would_join_later_and_stays_theirs() -> None:
    record = under_review(reviewers=("ana",), escalate_after=HOUR, escalate_to=("max",))
    record = escalated(handed(record, "ana", "max"))
    assert record.opened_review.panel.people == ("max",)


def test_the_requester_may_not_decide_by_any_way() -> None:
    house = House(groups={"all": ("a-service", "ana")})
    record = under_review(
        reviewers=("group:all",), escalate_after=HOUR, escalate_to=("a-service",), house=house, reminders=()
    )
    for one in (record, escalated(record)):
        assert why_refused(one, a_decision("a-service")).startswith("a-service requested this job")


def test_groups_that_join_do_not_take_the_place_of_those_before() -> None:
    record = under_review(reviewers=("group:legal",), escalate_after=HOUR, escalate_to=("group:leads",), house=HOUSE)
    assert able(escalated(record), "lea", "leo", "max") == ["lea", "leo", "max"]


def test_a_seat_of_an_escalation_is_not_one_of_the_next_draft_with_whomever_it_is() -> None:
    record = escalated(under_review(reviewers=("ana",), escalate_after=HOUR, escalate_to=("max",)))
    record = held_again(taken(handed(record, "max", "dan"), changes_asked()))
    assert able(record, "ana", "max", "dan") == ["ana"]
