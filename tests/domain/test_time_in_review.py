"""What time does to a review: it reminds, brings others in, ends it, and decides nothing."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain import reviewing
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction
from tests.domain.at_review import (
    EXTEND,
    REJECT,
    an_arrangement,
    arranged,
    events,
    taken,
    under_review,
)
from tests.domain.making import AT, DAY, DIGEST, HOUR, MINUTE, SECOND, a_decision, a_record

S = JobStatus
MICROSECOND = timedelta(microseconds=1)


def lived(record: JobRecord) -> list[tuple[timedelta, str]]:
    """Let a review go on by itself, as its workflow does: each line with its moment."""
    for _ in range(20):  # far more than any of them has moments
        if record.status is S.AWAITING_REVIEW:
            record = reviewing.time_passed(record, record.opened_review.next_moment)
    begun = record.opened_review.opened_at
    return [(entry.at - begun, entry.event) for entry in record.timeline if entry.event in TIMED]


TIMED = {"review.reminded", "review.escalated", "job.expired"}
REMINDED, ESCALATED, EXPIRED = "review.reminded", "review.escalated", "job.expired"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, [(6 * DAY, REMINDED), (7 * DAY, EXPIRED)]),
        ({"reminders": ()}, [(7 * DAY, EXPIRED)]),
        ({"reminders": (HOUR, 2 * DAY)}, [(5 * DAY, REMINDED), (7 * DAY - HOUR, REMINDED), (7 * DAY, EXPIRED)]),
        ({"reminders": (DAY, DAY)}, [(6 * DAY, REMINDED), (7 * DAY, EXPIRED)]),
        # Nobody is reminded of what was opened just now, or was not open yet.
        ({"window": DAY}, [(DAY, EXPIRED)]),
        ({"window": HOUR}, [(HOUR, EXPIRED)]),
        ({"window": DAY + SECOND}, [(SECOND, REMINDED), (DAY + SECOND, EXPIRED)]),
        (
            {"escalate_after": 2 * DAY, "escalate_to": ("max",)},
            [(2 * DAY, ESCALATED), (6 * DAY, REMINDED), (7 * DAY, EXPIRED)],
        ),
        # One moment for both: those who join are not those who are reminded.
        (
            {"escalate_after": 6 * DAY, "escalate_to": ("max",)},
            [(6 * DAY, REMINDED), (6 * DAY, ESCALATED), (7 * DAY, EXPIRED)],
        ),
    ],
)
def test_a_review_that_nobody_decides_on_goes_its_way(
    policy: dict[str, Any], expected: list[tuple[timedelta, str]]
) -> None:
    assert lived(under_review(**policy)) == expected


def test_a_review_expires_at_its_exact_end_and_not_before() -> None:
    record = under_review(reminders=())
    assert reviewing.time_passed(record, AT + 7 * DAY - MICROSECOND) == record
    record = reviewing.time_passed(record, AT + 7 * DAY)
    assert (record.status, record.reason, record.closed_at) == (S.EXPIRED, "nobody decided in time", AT + 7 * DAY)
    assert (record.next_action, record.actor) == (NextAction.NONE, Actor.NOBODY)


@pytest.mark.parametrize("kind", [None, a_decision(), a_decision(kind=REJECT)])
def test_an_expired_review_was_neither_approved_nor_rejected(kind: Any) -> None:
    """Also where some had their say, but too few."""
    record = under_review(approvals=2, reject_after=2)
    record = reviewing.time_passed(taken(record, kind) if kind else record, AT + 7 * DAY)
    assert record.status is S.EXPIRED
    assert (record.opened_review.is_approved, record.opened_review.is_rejected) == (False, False)
    assert not record.has_approved_result


def test_of_time_between_two_moments_the_record_keeps_nothing() -> None:
    record = under_review()
    assert reviewing.time_passed(record, AT + DAY) == record


def test_a_reminder_says_how_long_is_left_and_moves_no_job() -> None:
    before = under_review()
    record = reviewing.time_passed(before, AT + 6 * DAY + HOUR)
    assert (record.timeline[-1].event, record.timeline[-1].text) == (REMINDED, "23 h are left to decide")
    assert (record.status, record.reason, record.since) == (before.status, before.reason, before.since)
    assert record.opened_review.reminded_at == AT + 6 * DAY + HOUR
    assert record.opened_review.next_moment == AT + 7 * DAY


def test_reminders_that_were_slept_through_are_one() -> None:
    record = reviewing.time_passed(under_review(reminders=(3 * DAY, 2 * DAY, DAY)), AT + 6 * DAY)
    assert events(record).count(REMINDED) == 1
    assert lived(record) == [(6 * DAY, REMINDED), (7 * DAY, EXPIRED)]


def test_a_review_that_goes_on_longer_is_reminded_of_again() -> None:
    record = reviewing.time_passed(under_review(), AT + 6 * DAY)
    record = arranged(record, an_arrangement(EXTEND), at=AT + 6 * DAY + HOUR)
    assert record.opened_review.next_moment == AT + 9 * DAY
    assert lived(record) == [(6 * DAY, REMINDED), (9 * DAY, REMINDED), (10 * DAY, EXPIRED)]


def test_an_escalation_says_who_may_decide_as_well_and_comes_once() -> None:
    record = under_review(reviewers=("ana",), escalate_after=HOUR, escalate_to=("max", "group:legal"))
    record = reviewing.time_passed(record, AT + HOUR + MINUTE)
    told = "nobody decided in 1 h 1 min; it also goes to max, group:legal"
    assert (record.timeline[-1].event, record.timeline[-1].text, record.reason) == (ESCALATED, told, told)
    assert record.opened_review.escalated_at == AT + HOUR + MINUTE
    assert record.opened_review.reminded_at is None
    assert record.opened_review.escalates_at is None
    assert reviewing.time_passed(record, AT + 2 * HOUR) == record
    assert (record.status, record.next_action) == (S.AWAITING_REVIEW, NextAction.REVIEW)


def test_an_escalation_is_not_moved_by_a_longer_review() -> None:
    record = under_review(escalate_after=DAY, escalate_to=("max",))
    assert arranged(record, an_arrangement(EXTEND)).opened_review.escalates_at == AT + DAY


def test_a_review_that_was_slept_through_altogether_only_expires() -> None:
    record = reviewing.time_passed(under_review(escalate_after=DAY, escalate_to=("max",)), AT + 8 * DAY)
    assert events(record)[-1] == EXPIRED
    assert not {REMINDED, ESCALATED} & set(events(record))


@pytest.mark.parametrize("status", [status for status in S if status is not S.AWAITING_REVIEW])
def test_time_does_nothing_to_a_job_that_holds_nothing(status: JobStatus) -> None:
    assert reviewing.time_passed(a_record(status), AT + 400 * DAY) == a_record(status)


moments = st.integers(1, 400).map(lambda hours: hours * HOUR)


@given(
    window=moments,
    reminders=st.lists(moments, max_size=10),
    escalate_after=moments,
    steps=st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=20),
)
def test_time_always_makes_progress(
    window: timedelta, reminders: list[timedelta], escalate_after: timedelta, steps: list[tuple[int, bool]]
) -> None:
    """Or a workflow would turn in circles at one moment: whatever is due is done, and something later comes next."""
    escalation: dict[str, Any] = (
        {"escalate_after": escalate_after, "escalate_to": ("max",)} if escalate_after < window else {}
    )
    record, now = under_review(window=window, reminders=tuple(reminders), **escalation), AT
    for number, (hours, is_extended) in enumerate(steps):
        if is_extended and now < record.decision_due_at and hours:
            later = an_arrangement(EXTEND, arrangement_id=f"a{number}", due_at=record.decision_due_at + hours * MINUTE)
            record = arranged(record, later, at=now)
        else:
            now += hours * MINUTE * 10
        record = reviewing.time_passed(record, now)
        assert record.status is (S.EXPIRED if now >= record.decision_due_at else S.AWAITING_REVIEW)
        if record.status is S.EXPIRED:
            return
        assert now < record.opened_review.next_moment <= record.decision_due_at
        assert reviewing.time_passed(record, now) == record
        assert (ESCALATED in events(record)) == bool(escalation and now >= AT + escalate_after)
    assert record.opened_review.digest == DIGEST
