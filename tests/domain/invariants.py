"""What must hold of a job after every step, whatever happened."""

from typing import Any, Final

from hypothesis.stateful import invariant

from signoff.domain.change import REASON_LIMIT_BYTES
from signoff.domain.handover import DeliveryState
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.review import LONGEST_REVIEW
from signoff.domain.status import Actor, NextAction
from signoff.domain.verification import State, of_record
from tests.domain.making import AT
from tests.domain.played import OPEN, Played, S
from tests.domain.reckoning import person

WHAT_MAY_FOLLOW: Final = {
    "stray.found",
    "decision.refused",
    "arrangement.refused",
    "repair.refused",
    "announcement.refused",
}
"""The lines that a closed job may still get."""

STAYS: Final = {"strays", "strays_omitted", "repairs", "review", "timeline"}
"""What such a line may change beside the timeline; all else stays as it is."""


def decided_in(record: JobRecord) -> list[Any]:
    """Give all of the reviews that counts: everything but what was refused."""
    return [
        review.model_dump(exclude={"lines", "arrangements"})
        | {"decisions": [line for line in review.lines if line.is_accepted]}
        | {"arrangements": [line for line in review.arrangements if line.is_accepted]}
        for review in record.reviews
    ]


class Invariants(Played):
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
            assert self.review
            assert self.review.is_approved
            assert self.record.approved_digest == self.review.held == self.drafts[-1]
            assert {person(who) for who in self.record.approvers} == self.review.approved_by
            assert len(self.record.approvers) == len(self.review.approved_by) >= self.request.review.approvals

    @invariant()
    def the_record_agrees_with_itself(self) -> None:
        differing = [check for check in of_record(self.record) if check.state is State.DIFFERS]
        assert not differing

    @invariant()
    def a_rejection_is_the_end(self) -> None:
        assert (self.review is not None and self.review.is_rejected) == (self.record.status is S.REJECTED)

    @invariant()
    def every_draft_is_kept_and_each_but_an_edit_has_its_review(self) -> None:
        assert [draft.digest for draft in self.record.drafts] == self.drafts
        made = [draft.digest for draft in self.record.drafts if not draft.author]
        redirects = sum(1 for review in self.record.reviews if review.redirect)
        assert len(self.record.reviews) == len(made) + redirects
        assert self.record.rework_rounds == (self.review.rounds if self.review else 0)
        assert self.record.rework_rounds <= self.request.review.rework_rounds

    @invariant()
    def an_open_review_names_who_can_act_and_when_it_ends(self) -> None:
        if self.record.status is not S.AWAITING_REVIEW:
            return
        review, reckoned = self.record.opened_review, self.review
        assert reckoned
        assert review.panel.is_open == (reckoned.seated is None)
        assert len(review.waits_for) == len(set(review.waits_for))
        assert set(review.waits_for) == reckoned.able
        assert (review.digest, review.due_at, review.claimed_by) == (reckoned.held, reckoned.due_at, reckoned.claimant)
        assert review.next_moment <= review.due_at <= review.opened_at + LONGEST_REVIEW
        assert {person(who) for who in review.approvers} == reckoned.approved_by
        assert not review.is_approved

    @invariant()
    def closed_means_closed(self) -> None:
        if self.closed_as is None:
            if self.record.status not in OPEN:
                self.closed_as, self.sent_when_closed = self.record, self.begun
            return
        assert self.record.model_dump(exclude=STAYS) == self.closed_as.model_dump(exclude=STAYS)
        assert decided_in(self.record) == decided_in(self.closed_as)
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
        is_partly_stopped = any(one.state is DeliveryState.STOPPED for one in record.handovers)
        if record.status is S.DELIVERING and is_partly_stopped and len(record.handovers) > 1:
            assert (record.next_action, record.actor) == (NextAction.RETRY_DELIVERY, Actor.OPERATOR)
        elif record.status in {S.QUEUED, S.RUNNING, S.DELIVERING}:
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
        about = {"attempt.failed", "job.stopped", "create.unknown", "response.unconfirmed", "delivery.stopped"}
        for entry in self.record.timeline:
            assert (entry.failure_class is not None) == (entry.event in about)

    @invariant()
    def a_receipt_is_of_what_was_approved(self) -> None:
        assert (self.record.receipt is not None) == (self.record.status is S.COMPLETED)
        assert self.record.receipt is None or self.record.receipt.digest == self.record.approved_digest
        assert {receipt.digest for receipt in self.record.receipts} <= {self.review.held if self.review else ""}

    @invariant()
    def the_reason_is_short(self) -> None:
        assert self.record.reason
        assert len(self.record.reason.encode()) <= REASON_LIMIT_BYTES
