"""Claims, delegations and extensions: what people may arrange around a review, and what becomes of it."""

from datetime import datetime, timedelta, timezone

import pytest

from signoff.domain import deciding
from signoff.domain.arrangement import Arrangement
from signoff.domain.decision import Examined
from signoff.domain.status import JobStatus
from tests.domain.at_review import (
    CLAIM,
    DELEGATE,
    EXTEND,
    RELEASE,
    an_arrangement,
    arranged,
    taken,
    under_review,
    why_not_arranged,
)
from tests.domain.making import AT, DAY, HOUR, SECOND, a_decision

S = JobStatus
REVIEWERS = ("ana", "bo", "a-service")


@pytest.mark.parametrize(
    ("arrangement", "event", "told"),
    [
        (an_arrangement(CLAIM), "review.claimed", "ana is on it: later"),
        (an_arrangement(DELEGATE), "review.delegated", "ana handed the seat to dan: later"),
        (
            an_arrangement(EXTEND),
            "review.extended",
            "ana moved the end of the review to 2026-01-15 09:00:00 UTC: later",
        ),
    ],
)
def test_what_is_arranged_is_a_line_and_in_the_timeline(arrangement: Arrangement, event: str, told: str) -> None:
    arrangement = arrangement.model_copy(update={"reason": "later"})
    before = under_review(reviewers=REVIEWERS)
    record = arranged(before, arrangement, at=AT + HOUR)
    assert (record.timeline[-1].event, record.timeline[-1].text, record.timeline[-1].at) == (event, told, AT + HOUR)
    [line] = record.opened_review.arrangements
    assert (line.is_accepted, line.refusal, line.at, line.reason) == (True, "", AT + HOUR, "later")
    assert line.is_of(arrangement)
    assert (record.status, record.reason, record.since) == (before.status, before.reason, before.since)


def test_a_claim_tells_who_is_on_it_since_when_and_in_whose_place() -> None:
    record = arranged(under_review(), an_arrangement(CLAIM, "ana"), at=AT + HOUR)
    assert (record.opened_review.claimed_by, record.opened_review.claimed_at) == ("ana", AT + HOUR)
    record = arranged(record, an_arrangement(CLAIM, "bo"), at=AT + 2 * HOUR)
    assert (record.opened_review.claimed_by, record.opened_review.claimed_at) == ("bo", AT + 2 * HOUR)
    assert record.timeline[-1].text == "bo is on it, in place of ana"


def test_a_claim_is_released_by_who_made_it() -> None:
    record = arranged(under_review(), an_arrangement(CLAIM))
    assert why_not_arranged(record, an_arrangement(RELEASE, "bo")) == "bo has not claimed it"
    record = arranged(record, an_arrangement(RELEASE))
    assert (record.opened_review.claimed_by, record.opened_review.claimed_at) == ("", None)
    assert record.timeline[-1].text == "ana is on it no more"


def test_a_claim_keeps_nobody_from_deciding() -> None:
    assert taken(arranged(under_review(), an_arrangement(CLAIM)), a_decision("bo")).status is S.DELIVERING


@pytest.mark.parametrize(("claimant", "is_left"), [("ana", False), ("bo", True)])
def test_whoever_hands_the_seat_over_is_on_it_no_more(claimant: str, *, is_left: bool) -> None:
    record = arranged(under_review(reviewers=REVIEWERS), an_arrangement(CLAIM, claimant), an_arrangement(DELEGATE))
    assert record.opened_review.claimed_by == (claimant if is_left else "")
    assert (record.opened_review.claimed_at is not None) == is_left


def test_an_extended_review_takes_decisions_until_its_new_end() -> None:
    record = arranged(under_review(), an_arrangement(EXTEND))
    assert record.decision_due_at == AT + 10 * DAY
    assert taken(record, a_decision(), at=AT + 10 * DAY - SECOND).status is S.DELIVERING
    _, line = deciding.decided(record, a_decision(), AT + 10 * DAY)
    assert line.reason == "the review ended at 2026-01-15 09:00:00 UTC, so this comes too late"


def test_an_end_in_another_zone_is_told_in_utc() -> None:
    """Whoever reads that the review ended must not have to guess in which zone."""
    somewhere = datetime(2026, 1, 15, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    record = arranged(under_review(), an_arrangement(EXTEND, due_at=somewhere))
    assert record.timeline[-1].text.endswith("to 2026-01-15 09:00:00 UTC")
    assert record.decision_due_at.isoformat() == "2026-01-15T09:00:00+00:00"


@pytest.mark.parametrize(
    ("due_at", "why"),
    [
        (AT + 7 * DAY + SECOND, ""),
        (AT + 7 * DAY, "the review goes on until 2026-01-12 09:00:00 UTC already; name a later time"),
        (AT + DAY, "the review goes on until 2026-01-12 09:00:00 UTC already; name a later time"),
        (AT + 365 * DAY, ""),
        (AT + 365 * DAY + SECOND, "a review is open for 365 days at most"),
    ],
)
def test_a_review_is_only_made_longer_and_not_without_end(due_at: datetime, why: str) -> None:
    arrangement = an_arrangement(EXTEND, due_at=due_at)
    if why:
        assert why_not_arranged(under_review(), arrangement, AT + HOUR) == why
    else:
        assert arranged(under_review(), arrangement, at=AT + HOUR).decision_due_at == due_at


@pytest.mark.parametrize(
    ("arrangement", "late", "why"),
    [
        (an_arrangement(CLAIM, "eve"), timedelta(0), "eve is not a reviewer of this job; ask ana, bo"),
        (an_arrangement(EXTEND, "eve"), timedelta(0), "eve is not a reviewer of this job; ask ana, bo"),
        (an_arrangement(DELEGATE, "eve"), timedelta(0), "eve is not a reviewer of this job; ask ana, bo"),
        (an_arrangement(CLAIM, "a-service"), timedelta(0), "a-service requested this job, so somebody else must"),
        (an_arrangement(CLAIM), 7 * DAY, "the review ended at 2026-01-12 09:00:00 UTC, so this comes too late"),
        (an_arrangement(EXTEND), 7 * DAY, "the review ended at 2026-01-12 09:00:00 UTC, so this comes too late"),
        (an_arrangement(RELEASE), timedelta(0), "ana has not claimed it"),
    ],
)
def test_what_can_not_be_arranged_says_why_and_changes_nothing(
    arrangement: Arrangement, late: timedelta, why: str
) -> None:
    assert why_not_arranged(under_review(reviewers=REVIEWERS), arrangement, AT + late).startswith(why)


def test_what_was_found_outside_refuses_an_arrangement_too() -> None:
    told = why_not_arranged(under_review(), an_arrangement(), AT, Examined(objection="sign in at the gateway"))
    assert told == "sign in at the gateway"
