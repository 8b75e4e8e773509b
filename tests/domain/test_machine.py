"""The whole domain at once: anything that may happen, in any order, and what must hold after every step."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signoff.domain import deciding, progress
from signoff.domain.attempt import Ended
from signoff.domain.change import REASON_LIMIT_BYTES
from signoff.domain.deployment import Failed, default_terms
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.job import JobRequest
from signoff.domain.judging import judged
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.review import Decision, DecisionKind, DecisionLine
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.domain.making import (
    AT,
    DAY,
    DIGEST,
    HOUR,
    MINUTE,
    a_draft,
    a_failed,
    a_failure,
    a_receipt,
    a_request,
    a_snapshot,
    an_end,
)

S = JobStatus
OPEN = {S.QUEUED, S.RUNNING, S.AWAITING_REVIEW, S.DELIVERING, S.NEEDS_ATTENTION}
DIGESTS = [f"sha256:{digit * 64}" for digit in "abc"]
REQUESTER, LISTED, STRANGER = "a-service", ("ana", "bo", "cleo"), "eve"

failures = st.builds(
    a_failure,
    st.sampled_from(FailureClass),
    stage=st.sampled_from([Stage.CREATE, Stage.LOOK]),
    retry_after=st.none() | st.timedeltas(timedelta(0), 10 * HOUR),
    message=st.text(max_size=400),
)

RARELY = st.integers(0, 5).map(lambda number: number == 5)
"""What ends a job at once comes seldom, so that most lives are long."""


def in_status(*statuses: JobStatus) -> Callable[[Any], Any]:
    return precondition(lambda machine: machine.record.status in statuses)


class JobLife(RuleBasedStateMachine):
    """Plays the workflow, its activities, the people and the clock against the progress functions.

    What was approved is counted here a second time, on its own terms, so that the record can be held against it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = AT
        self.request: JobRequest = a_request()
        self.record: JobRecord = progress.opened(self.request, job_id="a-job", at=self.now)
        self.begun = 0
        self.due_at: datetime = AT
        self.approved_by: set[str] = set()
        self.is_rejected = False
        self.answers: dict[str, DecisionLine] = {}
        self.lines_before: tuple[TimelineEntry, ...] = ()
        self.closed_as: JobStatus | None = None

    @initialize(
        approvals=st.integers(1, 3),
        has_list=st.booleans(),
        allow_self=st.booleans(),
        hours=st.integers(1, 72),
        is_held=st.booleans(),
    )
    def begin(self, *, approvals: int, has_list: bool, allow_self: bool, hours: int, is_held: bool) -> None:
        """Half of the lives begin where a draft is held, so that many come as far as a delivery."""
        review = {
            "approvals": approvals,
            "reviewers": [*LISTED, REQUESTER] if has_list else [],
            "allow_self_approval": allow_self,
            "window": hours * 3_600,
        }
        self.request = a_request(review=review)
        self.record = progress.opened(self.request, job_id="a-job", at=self.now)
        if is_held:
            self.create_is_accepted(ResponseStatus.QUEUED)
            self.response_is_held(ResponseStatus.COMPLETED, DIGEST)

    @rule(passed=st.sampled_from([timedelta(0), MINUTE, HOUR, DAY]))
    def time_passes(self, passed: timedelta) -> None:
        self.now += passed

    @in_status(S.QUEUED)
    @rule(status=st.sampled_from(ResponseStatus))
    def create_is_accepted(self, status: ResponseStatus) -> None:
        self.begin_attempt()
        snapshot = a_snapshot(status, response_id=f"resp_{self.begun}")
        self.record = progress.response_created(self.record, snapshot, self.now)

    @in_status(S.QUEUED)
    @rule(failure=failures)
    def create_fails(self, failure: Failure) -> None:
        self.begin_attempt()
        self.stop(failure)

    @in_status(S.RUNNING)
    @rule(status=st.sampled_from(ResponseStatus), digest=st.sampled_from(DIGESTS))
    def response_is_held(self, status: ResponseStatus, digest: str) -> None:
        draft = a_draft(digest)
        self.record = progress.response_ended(self.record, an_end(status, deliverable=draft), self.now)
        self.record = progress.held(self.record, draft, self.request.review, self.now)
        self.due_at = self.now + self.request.review.window

    @in_status(S.RUNNING)
    @rule(status=st.sampled_from(ResponseStatus), failure=failures)
    def response_fails(self, status: ResponseStatus, failure: Failure) -> None:
        self.record = progress.response_ended(self.record, an_end(status, failure=failure), self.now)
        self.stop(failure)

    @in_status(S.RUNNING)
    @rule(failure=failures)
    def look_fails(self, failure: Failure) -> None:
        self.stop(failure)

    @rule(
        who=st.sampled_from([*LISTED, REQUESTER, STRANGER]),
        kind=st.sampled_from([DecisionKind.APPROVE, DecisionKind.APPROVE, DecisionKind.REJECT]),
        digest=st.sampled_from([None, None, *DIGESTS]),
        number=st.integers(0, 20),
        comment=st.sampled_from(["", "seen"]),
    )
    def someone_decides(self, who: str, kind: DecisionKind, digest: str | None, number: int, comment: str) -> None:
        """Without a digest it is on what is held; numbers come again, so some are repeats or share an id.

        Before anything is held, no decision is remembered: its repeat is refused anew.
        """
        digest = digest or (self.record.deliverable.digest if self.record.deliverable else DIGEST)
        decision = Decision(decision_id=f"d{number}", kind=kind, digest=digest, reviewer=who, comment=comment)
        before = self.record
        self.record, line = deciding.decided(before, decision, self.now)
        key = decision.model_dump_json(exclude={"comment"})
        assert self.answers.get(key, line) == line
        assert (self.record == before) == (key in self.answers)
        if key in self.answers:
            return
        if self.record.review:
            self.answers[key] = line
        if line.is_accepted:
            self.count(before, decision)
        else:
            assert line.reason
            assert self.record.status is before.status

    @in_status(S.DELIVERING)
    @rule(failure_class=st.none() | st.sampled_from(FailureClass))
    def delivery_ends(self, failure_class: FailureClass | None) -> None:
        if failure_class is None:
            self.record = progress.delivered(self.record, a_receipt(self.record.approved_digest), self.now)
        else:
            self.stop(a_failure(failure_class, stage=Stage.DELIVER))

    @in_status(S.AWAITING_REVIEW, S.NEEDS_ATTENTION)
    @rule(is_alone=RARELY)
    def nobody_comes(self, *, is_alone: bool) -> None:
        if is_alone:
            self.record = progress.expired(self.record, "nobody came", self.now)

    @in_status(*OPEN)
    @rule(stopped=st.sampled_from([None, a_failed(), an_end(ResponseStatus.CANCELLED), an_end()]), is_sure=RARELY)
    def someone_cancels(self, stopped: Ended | Failed | None, *, is_sure: bool) -> None:
        if not is_sure:
            return
        if self.record.is_working_upstream and stopped:
            self.record = progress.upstream_stopped(self.record, stopped, self.now)
        self.record = progress.cancelled(self.record, "cancelled by bo", self.now)

    def begin_attempt(self) -> None:
        self.record = progress.attempt_begun(self.record, self.now)
        self.begun += 1

    def stop(self, failure: Failure) -> None:
        failure = failure.model_copy(update={"at": self.now})
        failed = Failed(failure=failure, terms=default_terms(failure.failure_class, failure.stage))
        verdict = judged(self.record, failed, self.now)
        self.record = progress.stopped(self.record, failed, verdict, self.now)

    def count(self, before: JobRecord, decision: Decision) -> None:
        """Hold an accepted decision against the rules once more, in other words than the code's."""
        policy = self.request.review
        assert before.status is S.AWAITING_REVIEW
        assert before.deliverable
        assert decision.digest == before.deliverable.digest
        assert self.now < self.due_at
        assert decision.reviewer not in self.approved_by
        assert decision.reviewer != REQUESTER or policy.allow_self_approval
        assert not policy.reviewers or decision.reviewer != STRANGER
        if decision.kind is DecisionKind.APPROVE:
            self.approved_by.add(decision.reviewer)
        else:
            self.is_rejected = True

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
        assert self.closed_as in {None, self.record.status}
        if self.record.status not in OPEN:
            self.closed_as = self.record.status
        assert (self.record.closed_at is None) == (self.closed_as is None)

    @invariant()
    def every_attempt_that_was_begun_is_in_the_record(self) -> None:
        assert [attempt.number for attempt in self.record.attempts] == list(range(1, self.begun + 1))

    @invariant()
    def an_open_status_names_what_comes_next(self) -> None:
        assert (self.record.next_action is NextAction.NONE) == (self.record.status not in OPEN)
        if self.record.status is S.NEEDS_ATTENTION:
            assert self.record.next_action is not NextAction.WAIT
            assert self.record.attention_due_at
            assert self.record.failure

    @invariant()
    def the_timeline_only_grows(self) -> None:
        kept = self.record.timeline[: len(self.lines_before)]
        assert kept == self.lines_before
        self.lines_before = self.record.timeline

    @invariant()
    def a_receipt_is_of_what_was_approved(self) -> None:
        assert (self.record.receipt is not None) == (self.record.status is S.COMPLETED)
        assert self.record.receipt is None or self.record.receipt.digest == self.record.approved_digest

    @invariant()
    def the_reason_is_short(self) -> None:
        assert self.record.reason
        assert len(self.record.reason.encode()) <= REASON_LIMIT_BYTES


JobLife.TestCase.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
TestJobLife = JobLife.TestCase


def test_the_machine_can_reach_every_end() -> None:
    """Random rules that never came far would prove little, so they are driven by hand once."""
    reached = set()
    for end in ("completed", "rejected", "expired", "cancelled"):
        life = JobLife()
        life.create_is_accepted(ResponseStatus.QUEUED)
        life.response_is_held(ResponseStatus.COMPLETED, DIGEST)
        match end:
            case "completed":
                life.someone_decides("ana", DecisionKind.APPROVE, DIGEST, 1, "")
                life.delivery_ends(None)
            case "rejected":
                life.someone_decides("ana", DecisionKind.REJECT, DIGEST, 1, "no")
            case "expired":
                life.nobody_comes(is_alone=True)
            case _:
                life.someone_cancels(None, is_sure=True)
        reached.add(life.record.status.value)
    assert reached == {"completed", "rejected", "expired", "cancelled"}
