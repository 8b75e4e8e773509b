"""The whole domain at once: anything that may happen, in any order, and what must hold after every step."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from signoff.domain.change import REASON_LIMIT_BYTES
from signoff.domain.decision import DecisionKind
from signoff.domain.failures import FailureClass
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.repair import RepairKind
from signoff.domain.status import Actor, NextAction, ResponseStatus
from tests.domain.making import AT, DIGEST, a_failure
from tests.domain.people import People
from tests.domain.played import OPEN, S

WHAT_MAY_FOLLOW: Final = {"stray.found", "decision.refused", "repair.refused", "announcement.refused"}
"""The lines that a closed job may still get."""

STAYS: Final = {"strays", "strays_omitted", "repairs", "review", "timeline"}
"""What such a line may change beside the timeline; all else stays as it is."""


class JobLife(People):
    """Holds the record against what happened, after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.lines_before: tuple[TimelineEntry, ...] = ()
        self.closed_as: JobRecord | None = None
        self.sent_when_closed = 0

    @invariant()
    def delivery_needs_enough_approvals_of_those_bytes(self) -> None:
        if self.record.status in {S.DELIVERING, S.COMPLETED}:
            assert self.record.deliverable
            assert self.record.approved_digest == self.record.deliverable.digest
            assert len(self.approved_by) >= self.request.review.approvals
            assert set(self.record.approvers) == self.approved_by
            assert not self.is_rejected

    @invariant()
    def a_rejection_is_the_end(self) -> None:
        assert self.is_rejected == (self.record.status is S.REJECTED)

    @invariant()
    def closed_means_closed(self) -> None:
        if self.closed_as is None:
            if self.record.status not in OPEN:
                self.closed_as, self.sent_when_closed = self.record, self.begun
            return
        assert self.record.model_dump(exclude=STAYS) == self.closed_as.model_dump(exclude=STAYS)
        assert self.record.approvers == self.closed_as.approvers if self.record.review else True
        assert self.begun == self.sent_when_closed
        since = self.record.timeline[len(self.closed_as.timeline) :]
        assert {entry.event for entry in since} <= WHAT_MAY_FOLLOW

    @invariant()
    def a_closed_job_says_when_and_an_open_one_does_not(self) -> None:
        assert (self.record.closed_at is None) == (self.record.status in OPEN)

    @invariant()
    def every_create_that_may_have_been_accepted_is_in_the_record(self) -> None:
        """As an attempt with that response, as a stray, or as an attempt whose outcome is unknown."""
        assert [attempt.number for attempt in self.record.attempts] == list(range(1, self.begun + 1))
        strays = {stray.response_id for stray in self.record.strays}
        for number, response_id in self.sent.items():
            attempt = self.record.attempts[number - 1]
            is_known = response_id and response_id in {attempt.response_id, *strays}
            assert is_known or attempt.is_outcome_unknown
            assert attempt.may_have_cost
        assert sum(attempt.may_have_cost for attempt in self.record.attempts) == len(self.sent)

    @invariant()
    def what_was_possibly_paid_twice_is_said(self) -> None:
        assert self.record.possibly_paid_twice == self.is_paid_twice

    @invariant()
    def every_token_that_was_told_is_counted(self) -> None:
        assert self.record.tokens == sum(self.used.values())

    @invariant()
    def an_open_job_waits_for_somebody_or_for_something(self) -> None:
        record = self.record
        match record.status:
            case S.QUEUED:  # for a timer, or for its turn
                assert (self.lost is None) == (record.adoption_due_at is None)
            case S.RUNNING:
                assert record.response_id
            case S.AWAITING_REVIEW:
                assert (record.next_action, record.actor) == (NextAction.REVIEW, Actor.REVIEWER)
                assert record.decision_due_at > AT
            case S.DELIVERING:
                assert record.approved_digest
            case S.NEEDS_ATTENTION if record.abandoned:  # for what still runs upstream to be stopped
                assert (record.next_action, record.actor) == (NextAction.WAIT, Actor.NOBODY)
            case S.NEEDS_ATTENTION:
                assert record.failure
                assert record.attention_due_at
                assert record.actor in {Actor.OPERATOR, Actor.REQUESTER, Actor.REVIEWER}
                assert record.next_action not in {NextAction.WAIT, NextAction.NONE, NextAction.REVIEW}
        if record.status in {S.QUEUED, S.RUNNING, S.DELIVERING}:
            assert (record.next_action, record.actor) == (NextAction.WAIT, Actor.NOBODY)
        if record.status not in OPEN:
            assert (record.next_action, record.actor) == (NextAction.NONE, Actor.NOBODY)

    @invariant()
    def nothing_is_left_of_a_stop_that_is_over(self) -> None:
        if self.record.status in {S.RUNNING, S.AWAITING_REVIEW, S.DELIVERING, S.COMPLETED}:
            assert self.record.failure is None
        if self.record.status in OPEN - {S.NEEDS_ATTENTION}:
            assert self.record.attention_due_at is None
            assert not self.record.abandoned

    @invariant()
    def the_timeline_only_grows(self) -> None:
        kept = self.record.timeline[: len(self.lines_before)]
        assert kept == self.lines_before
        self.lines_before = self.record.timeline

    @invariant()
    def a_line_about_a_failure_says_its_class(self) -> None:
        about = {"attempt.failed", "job.stopped", "create.unknown", "response.unconfirmed"}
        for entry in self.record.timeline:
            assert (entry.failure_class is not None) == (entry.event in about)

    @invariant()
    def a_receipt_is_of_what_was_approved(self) -> None:
        assert (self.record.receipt is not None) == (self.record.status is S.COMPLETED)
        assert self.record.receipt is None or self.record.receipt.digest == self.record.approved_digest

    @invariant()
    def the_reason_is_short(self) -> None:
        assert self.record.reason
        assert len(self.record.reason.encode()) <= REASON_LIMIT_BYTES


JobLife.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestJobLife = JobLife.TestCase


def held() -> JobLife:
    life = JobLife()
    life.create_is_accepted(ResponseStatus.QUEUED)
    life.response_is_held(ResponseStatus.COMPLETED, DIGEST, 100)
    return life


def completed() -> JobLife:
    life = held()
    life.someone_decides("ana", DecisionKind.APPROVE, DIGEST, 1, "")
    life.delivery_ends(FailureClass.CONFIGURATION)
    repair(life, RepairKind.RETRY)
    life.delivery_ends(None)
    return life


def rejected() -> JobLife:
    life = held()
    life.someone_decides("ana", DecisionKind.REJECT, DIGEST, 1, "no")
    return life


def failed() -> JobLife:
    life = JobLife()
    life.create_is_accepted(ResponseStatus.QUEUED)
    life.response_fails(ResponseStatus.FAILED, a_failure(FailureClass.QUOTA), 10)
    repair(life, RepairKind.ABANDON)
    life.abandoned_job_is_closed(None)
    return life


def expired() -> JobLife:
    life = held()
    life.nobody_comes(is_alone=True)
    return life


def unattended() -> JobLife:
    life = JobLife()
    life.create_is_refused(a_failure(FailureClass.QUOTA))
    life.nobody_comes(is_alone=True)
    return life


def cancelled() -> JobLife:
    life = JobLife()
    life.reply_is_lost(was_accepted=True)
    life.someone_cancels(None, is_sure=True)
    life.response_is_announced(0, 50, 3)
    return life


def repair(life: JobLife, kind: RepairKind, number: int = 1) -> None:
    life.someone_repairs(kind=kind, patch={"temperature": 1}, is_anew=False, number=number, who="olga", is_sure=True)


def check(life: JobLife) -> None:
    """Hold every invariant once; by hand, as no engine does it here."""
    for one in life.invariants:
        one.function(life)


@pytest.mark.parametrize(
    ("live", "end"),
    [
        (completed, "completed"),
        (rejected, "rejected"),
        (failed, "failed"),
        (expired, "expired"),
        (unattended, "expired"),
        (cancelled, "cancelled"),
    ],
)
def test_the_rules_reach_every_end(live: Callable[[], JobLife], end: str) -> None:
    """Random rules that never came far would prove little, so they are driven by hand once."""
    life = live()
    assert life.record.status.value == end
    check(life)
