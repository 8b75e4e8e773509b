"""The whole domain at once: anything that may happen, in any order, and what must hold after every step."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from signoff.domain import delivering, progress
from signoff.domain.decision import DecisionKind
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.failures import FailureClass
from signoff.domain.repair import RepairKind
from signoff.domain.status import ResponseStatus
from tests.domain.invariants import Invariants
from tests.domain.making import DIGEST, HOUR, MINUTE, a_failure, a_receipt, a_request
from tests.domain.people import People
from tests.domain.played import DIGESTS, S, in_status
from tests.domain.reckoning import GROUPS
from tests.domain.reviewers import Reviewers, policy_of, reviews


class JobLife(People, Invariants):
    """A whole job, and everybody who has to do with it."""


class ReviewLife(Reviewers, Invariants):
    """A job whose responses all go well, so that most of its life is in review."""

    @initialize(review=reviews, digest=st.sampled_from(DIGESTS))
    def begin(self, review: dict[str, Any], digest: str) -> None:
        self.deployment = DeploymentPolicy.model_validate({"groups": GROUPS})
        self.request = a_request(review=policy_of(review))
        self.record = progress.opened(self.request, job_id="a-job", at=self.now)
        self.another_draft_is_made(digest)

    @in_status(S.QUEUED)
    @rule(digest=st.sampled_from(DIGESTS))
    def another_draft_is_made(self, digest: str) -> None:
        self.create(ResponseStatus.QUEUED)
        self.hold(ResponseStatus.COMPLETED, digest, 100)

    @in_status(S.DELIVERING)
    @rule()
    def delivery_succeeds(self) -> None:
        self.record = delivering.taken(self.record, 1, a_receipt(self.record.approved_digest), self.now)

    @rule(passed=st.sampled_from([MINUTE, HOUR, 5 * HOUR]))
    def time_passes(self, passed: timedelta) -> None:
        self.now += passed


JobLife.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestJobLife = JobLife.TestCase
ReviewLife.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestReviewLife = ReviewLife.TestCase


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
