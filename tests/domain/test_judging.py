"""What follows a failure, given what a job has been through: which failures count, and what is not asked at all."""

from datetime import timedelta

import pytest

from signoff.domain import progress
from signoff.domain.deployment import Failed, OnUnknown
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.judging import judged
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction
from tests.domain.making import AT, HOUR, MINUTE, SECOND, a_failed, a_record, lost_reply

S = JobStatus
NOTHING = timedelta(0)
ROOMY = {"attempts": 1_000, "wall_time": "P365D", "tokens": 10**12}


def create_fails(record: JobRecord, failed: Failed, after: timedelta) -> tuple[JobRecord, Verdict]:
    """Begin an attempt whose create fails at once, and take what follows."""
    at = AT + after
    failed = failed.model_copy(update={"failure": failed.failure.model_copy(update={"at": at})})
    record = progress.attempt_begun(record, at)
    verdict = judged(record, failed, at)
    return progress.stopped(record, failed, verdict, at), verdict


def failing(failure_class: C, **deployment: object) -> Failed:
    return a_failed(failure_class, stage=Stage.CREATE, under=deployment)


@pytest.mark.parametrize(
    ("before", "delay"),
    [
        ([], 2 * SECOND),
        ([C.TRANSIENT], 4 * SECOND),
        ([C.TRANSIENT, C.TRANSIENT], 8 * SECOND),
        ([C.RATE_LIMITED], 2 * SECOND),  # failures of another class are none of this one
        # Two classes that take turns each keep their own count, so neither hides the other.
        ([C.TRANSIENT, C.RATE_LIMITED], 4 * SECOND),
        ([C.TRANSIENT, C.RATE_LIMITED, C.TRANSIENT, C.RATE_LIMITED], 8 * SECOND),
    ],
)
def test_delays_grow_with_the_failures_of_the_class(before: list[C], delay: timedelta) -> None:
    record = a_record()
    for number, failure_class in enumerate(before):
        record, _ = create_fails(record, failing(failure_class), number * SECOND)
    _, verdict = create_fails(record, failing(C.TRANSIENT), MINUTE)
    assert verdict == Verdict(kind=VerdictKind.RETRY, delay=delay)


def test_an_attempt_that_went_well_ends_the_row() -> None:
    """A job that was sent back by a reviewer starts with a fresh count."""
    record, _ = create_fails(a_record(), failing(C.TRANSIENT), NOTHING)
    record, _ = create_fails(record, failing(C.TRANSIENT), SECOND)
    record = progress.attempt_begun(record, AT)
    _, verdict = create_fails(record, failing(C.TRANSIENT), MINUTE)
    assert verdict.delay == 2 * SECOND


def test_failures_before_a_person_acted_count_no_more() -> None:
    record = a_record()
    for number in range(2):
        record, _ = create_fails(record, failing(C.TIMEOUT), number * MINUTE)
    assert create_fails(record, failing(C.TIMEOUT), HOUR)[1].kind is VerdictKind.PARK
    record = record.model_copy(update={"judged_from": 2})
    _, verdict = create_fails(record, failing(C.TIMEOUT), HOUR)
    assert (verdict.kind, verdict.delay) == (VerdictKind.RETRY, MINUTE)


@pytest.mark.parametrize(("failures", "kind"), [(1, VerdictKind.RETRY), (2, VerdictKind.PARK)])
def test_a_timeout_has_three_attempts(failures: int, kind: VerdictKind) -> None:
    record = a_record()
    for number in range(failures):
        record, _ = create_fails(record, failing(C.TIMEOUT), number * HOUR)
    assert create_fails(record, failing(C.TIMEOUT), 5 * HOUR)[1].kind is kind


@pytest.mark.parametrize(("after", "kind"), [(11 * HOUR, VerdictKind.RETRY), (12 * HOUR, VerdictKind.PARK)])
def test_the_window_counts_from_the_first_failure_of_the_row(after: timedelta, kind: VerdictKind) -> None:
    record, _ = create_fails(a_record(), failing(C.TRANSIENT), NOTHING)
    record, _ = create_fails(record, failing(C.TRANSIENT), 10 * HOUR)
    assert create_fails(record, failing(C.TRANSIENT), after)[1].kind is kind


def test_classes_that_take_turns_run_out_of_tries_too() -> None:
    record, after = a_record(), NOTHING
    for number in range(1_000):
        failure_class = (C.TRANSIENT, C.RATE_LIMITED)[number % 2]
        record, verdict = create_fails(record, failing(failure_class), after)
        if verdict.kind is VerdictKind.PARK:
            break
        after += verdict.delay
    assert 12 * HOUR - 10 * MINUTE <= after <= 12 * HOUR
    assert len(record.attempts) < 200


@pytest.mark.parametrize("failure_class", list(C))
def test_no_attempt_is_paid_beside_a_run_that_may_still_end_well(failure_class: C) -> None:
    parked = judged(a_record(S.RUNNING), a_failed(failure_class), AT)
    assert parked.kind is VerdictKind.PARK
    assert parked.because == "the response may still be running, so another one is not begun beside it"


@pytest.mark.parametrize("failure_class", list(C))
def test_a_delivery_that_the_server_gave_up_parks_for_a_repeat_of_it(failure_class: C) -> None:
    parked = judged(a_record(S.DELIVERING), a_failed(failure_class, stage=Stage.DELIVER), AT)
    assert (parked.kind, parked.next_action) == (VerdictKind.PARK, NextAction.RETRY_DELIVERY)
    assert parked.actor is Actor.OPERATOR


@pytest.mark.parametrize(
    ("on_unknown", "expected"),
    [
        (OnUnknown.RECREATE, Verdict(kind=VerdictKind.RETRY, delay=5 * SECOND)),
        (
            OnUnknown.PARK,
            Verdict(kind=VerdictKind.PARK, next_action=NextAction.INSPECT, actor=Actor.OPERATOR),
        ),
    ],
)
def test_the_policy_decides_what_follows_a_create_of_which_no_sign_came(
    on_unknown: OnUnknown, expected: Verdict
) -> None:
    _, verdict = create_fails(a_record(), lost_reply(under={"on_unknown": on_unknown}), NOTHING)
    assert verdict == expected


def test_an_unknown_create_is_repeated_twice_and_then_parks() -> None:
    """Three attempts in all, 5 s and 10 s apart."""
    record, delays = a_record(), []
    for number in range(3):
        record, verdict = create_fails(record, lost_reply(), number * MINUTE)
        delays.append(verdict.delay)
    assert delays == [5 * SECOND, 10 * SECOND, NOTHING]
    assert (record.status, record.next_action) == (S.NEEDS_ATTENTION, NextAction.INSPECT)
    assert record.reason.startswith("3 of at most 3 tries failed; the last failure: outcome_unknown at create")


@pytest.mark.parametrize("stage", [Stage.LOOK, Stage.FIND, Stage.CANCEL, Stage.ARCHIVE])
def test_only_a_create_is_made_again_when_its_outcome_is_unknown(stage: Stage) -> None:
    failed = a_failed(C.OUTCOME_UNKNOWN, stage=stage)
    assert not failed.is_unknown_create
    assert judged(progress.attempt_begun(a_record(), AT), failed, AT).kind is VerdictKind.PARK
