"""A job as its workflow plays it: each step that workflow makes, and what was counted beside it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis.stateful import RuleBasedStateMachine, precondition

from signoff.domain import adoption, progress, reviewing
from signoff.domain.arrangement import ArrangementAnswer
from signoff.domain.attempt import Ended
from signoff.domain.change import refusal_noted
from signoff.domain.decision import DecisionLine
from signoff.domain.deployment import DeploymentPolicy, Failed
from signoff.domain.failures import Failure, Stage
from signoff.domain.job import JobRequest
from signoff.domain.judging import judged
from signoff.domain.policies import VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import RepairLine
from signoff.domain.status import JobStatus, ResponseStatus
from signoff.domain.usage import Usage
from tests.domain.making import (
    AT,
    a_draft,
    a_failure,
    a_request,
    a_snapshot,
    a_stray,
    an_end,
)
from tests.domain.reckoning import Reckoning

S = JobStatus
DIGESTS: Final = [f"sha256:{digit * 64}" for digit in "abc"]
OPEN: Final = {S.QUEUED, S.RUNNING, S.AWAITING_REVIEW, S.DELIVERING, S.NEEDS_ATTENTION}
FOREIGN, COPIED = "resp_foreign", "resp_copied"
"""A response of another job, and one whose metadata names this job and an attempt that it never made."""


def in_status(*statuses: JobStatus) -> Callable[[Any], Any]:
    return precondition(lambda machine: machine.record.status in statuses)


class Played(RuleBasedStateMachine):
    """The state of one job, and the steps of its workflow; what may happen when is for the rules.

    What was approved, what was sent to OpenAI and what it used is counted here a second time, on its own terms, so
    that the record can be held against it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = AT
        self.deployment = DeploymentPolicy()
        self.request: JobRequest = a_request()
        self.record: JobRecord = progress.opened(self.request, job_id="a-job", at=self.now)
        self.lost: Failed | None = None
        self.sent: dict[int, str] = {}
        """For each attempt whose create may have been accepted, the response that came of it; empty where none did."""
        self.used: dict[str, int] = {}
        self.begun = 0
        self.is_paid_twice = False
        self.review: Reckoning | None = None
        self.drafts: list[str] = []
        self.answers: dict[str, DecisionLine] = {}
        self.arrangements: dict[str, ArrangementAnswer] = {}
        self.repairs: dict[tuple[str, ...], RepairLine] = {}

    @property
    def may_create(self) -> bool:
        return self.record.status is S.QUEUED and self.lost is None

    def begin_attempt(self) -> None:
        """Wait for the moment of the next attempt, stop what still runs, and write the create down."""
        assert self.review is None or not self.review.is_approved, "an approved result is never generated again"
        self.now = max(self.now, self.record.not_before or self.now)
        self.stop_upstream(an_end(ResponseStatus.CANCELLED))
        assert not self.record.is_working_upstream
        known = {attempt.response_id for attempt in self.record.attempts}
        lost = {response_id for number, response_id in self.sent.items() if response_id not in known or not response_id}
        self.is_paid_twice = self.is_paid_twice or bool(lost)
        self.record = progress.attempt_begun(self.record, self.now)
        self.begun += 1

    def create(self, status: ResponseStatus) -> None:
        self.begin_attempt()
        self.sent[self.begun] = f"resp_{self.begun}"
        snapshot = a_snapshot(status, response_id=self.sent[self.begun])
        self.record = progress.response_created(self.record, snapshot, self.now)

    def take_announced(self, response_id: str, attempt: int, tokens: int) -> None:
        is_known = self.record.knows(response_id)
        if response_id == FOREIGN:
            self.record = refusal_noted(self.record, "announcement", f"{response_id} is not of this job", self.now)
        elif not is_known and adoption.may_adopt(self.record, attempt):
            self.lost = None
            self.record = adoption.adopted(self.record, a_snapshot(response_id=response_id), self.now)
        else:
            stray = a_stray(response_id, tokens=tokens, attempt=attempt)
            self.record = adoption.strayed(self.record, stray, self.now)
            self.used |= {} if is_known else {response_id: tokens}

    def hold(self, status: ResponseStatus, digest: str, tokens: int) -> None:
        draft = a_draft(digest)
        self.end(an_end(status, deliverable=draft), tokens)
        policy = self.request.review
        self.record = reviewing.held(self.record, draft, policy, self.now, self.deployment.house(policy.groups))
        self.review = Reckoning(policy, digest, self.now, self.review)
        self.drafts.append(digest)

    def end(self, ended: Ended, tokens: int) -> None:
        usage = Usage(input_tokens=tokens, output_tokens=0, total_tokens=tokens)
        snapshot = ended.snapshot.model_copy(update={"usage": usage})
        self.used[self.record.response_id] = tokens
        self.record = progress.response_ended(self.record, ended.model_copy(update={"snapshot": snapshot}), self.now)

    def stop_upstream(self, stopped: Ended | None) -> None:
        if not self.record.is_working_upstream:
            return
        if stopped is None:
            failed = self.failed(a_failure(stage=Stage.CANCEL))
            self.record = progress.upstream_stopped(self.record, failed, self.now)
            return
        self.used[self.record.response_id] = 0
        self.record = progress.upstream_stopped(self.record, stopped, self.now)

    def failed(self, failure: Failure) -> Failed:
        terms = self.deployment.terms(failure.failure_class, failure.stage, self.request.policy)
        return Failed(failure=failure.model_copy(update={"at": self.now}), terms=terms)

    def stop(self, failure: Failure) -> None:
        """Judge a failure as the workflow does; a job that tries again by itself must have something left to spend."""
        failed = self.failed(failure)
        verdict = judged(self.record, failed, self.now, chance=0.5)
        if verdict.kind is VerdictKind.RETRY:
            assert not self.record.is_working_upstream, "no attempt is paid beside a run that may still end well"
            maximum = self.request.policy.maximum.within(self.deployment.maximum)
            assert maximum.attempts
            assert len(self.sent) < maximum.attempts
            assert maximum.tokens is None or sum(self.used.values()) < maximum.tokens
            assert maximum.wall_time is None or self.now + verdict.delay - AT < maximum.wall_time
            assert failure.may_retry is not False
            assert verdict.delay >= (failure.retry_after or timedelta(0))
        self.record = progress.stopped(self.record, failed, verdict, self.now)
        self.lost = None
