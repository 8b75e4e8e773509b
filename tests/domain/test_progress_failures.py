"""Failures: another attempt while the budget lasts, else a stop that says who must act."""

from datetime import timedelta
from typing import Final

import pytest

from signoff.domain import change, progress
from signoff.domain.failures import Failure, Stage
from signoff.domain.failures import FailureClass as C
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.progress import ATTENTION_WINDOW
from signoff.domain.record import Ended, JobRecord
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.domain.making import (
    AT,
    HOUR,
    MINUTE,
    SECOND,
    a_draft,
    a_failure,
    a_record,
    a_snapshot,
    an_end,
)

S = JobStatus
RETRY: Final = Verdict(kind=VerdictKind.RETRY, delay=90 * SECOND)
PARK: Final = Verdict(kind=VerdictKind.PARK, next_action=NextAction.RESTORE_QUOTA)


def failed(record: JobRecord, failure_class: C, after: timedelta) -> JobRecord:
    """Begin an attempt whose create fails at once."""
    failure = a_failure(failure_class, stage=Stage.CREATE, at=AT + after)
    record = progress.attempt_begun(record, AT + after)
    return progress.stopped(record, failure, RETRY, AT + after)


def verdict(record: JobRecord, failure_class: C, after: timedelta) -> Verdict:
    """Judge one more attempt whose create fails."""
    record = progress.attempt_begun(record, AT + after)
    return progress.judged(record, a_failure(failure_class, stage=Stage.CREATE, at=AT + after), AT + after)


def test_a_retry_goes_back_into_the_queue_until_its_moment() -> None:
    record = progress.stopped(a_record(S.RUNNING), a_failure(code="server_error"), RETRY, AT + HOUR)
    assert (record.status, record.since, record.next_action) == (S.QUEUED, AT + HOUR, NextAction.WAIT)
    assert record.not_before == AT + HOUR + 90 * SECOND
    assert record.reason == "trying again in 90 s after transient at look (server_error): a fault"
    assert record.timeline[-1].event == "attempt.failed"


def test_a_create_that_failed_leaves_the_job_in_the_queue_it_never_left() -> None:
    record = failed(a_record(), C.RATE_LIMITED, HOUR)
    assert (record.status, record.since, record.next_action) == (S.QUEUED, AT, NextAction.WAIT)
    assert record.not_before == AT + HOUR + 90 * SECOND
    assert record.reason == "trying again in 90 s after rate_limited at create: a fault"


def test_a_create_that_works_forgets_the_wait_and_the_failure() -> None:
    record = progress.attempt_begun(failed(a_record(), C.TRANSIENT, 0 * SECOND), AT + HOUR)
    record = progress.response_created(record, a_snapshot(), AT + HOUR)
    assert (record.not_before, record.failure) == (None, None)
    assert [attempt.failure and attempt.failure.failure_class for attempt in record.attempts] == [C.TRANSIENT, None]


def test_a_failure_is_kept_with_the_attempt_that_met_it() -> None:
    record = failed(failed(a_record(), C.TRANSIENT, 0 * SECOND), C.RATE_LIMITED, MINUTE)
    kept = [(one.failure.failure_class, one.failure.attempt) for one in record.attempts if one.failure]
    assert kept == [(C.TRANSIENT, 1), (C.RATE_LIMITED, 2)]


@pytest.mark.parametrize("status", [S.QUEUED, S.RUNNING, S.DELIVERING])
def test_a_stop_names_who_must_act_and_until_when(status: JobStatus) -> None:
    record = progress.attempt_begun(a_record(), AT) if status is S.QUEUED else a_record(status)
    record = progress.stopped(record, a_failure(C.QUOTA, code="insufficient_quota"), PARK, AT + HOUR)
    assert (record.status, record.next_action) == (S.NEEDS_ATTENTION, NextAction.RESTORE_QUOTA)
    assert (record.since, record.attention_due_at) == (AT + HOUR, AT + HOUR + ATTENTION_WINDOW)
    assert record.reason == "quota at look (insufficient_quota): a fault"
    assert record.timeline[-1].text == f"{record.reason}; next action: restore_quota"


def test_a_delivery_that_failed_leaves_attempt_and_approval_as_they_are() -> None:
    before = a_record(S.DELIVERING)
    failure = a_failure(C.CONFIGURATION, stage=Stage.DELIVER)
    record = progress.stopped(before, failure, progress.judged(before, failure, AT), AT)
    assert (record.status, record.next_action) == (S.NEEDS_ATTENTION, NextAction.RETRY_DELIVERY)
    assert record.attempts == before.attempts
    assert record.approved_digest == before.approved_digest
    assert record.failure
    assert record.failure.stage is Stage.DELIVER


def test_a_long_failure_makes_a_short_reason() -> None:
    record = progress.stopped(a_record(S.RUNNING), a_failure(message="ä" * 2_000), PARK, AT)
    assert len(record.reason.encode()) <= change.REASON_LIMIT_BYTES


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
        record = failed(record, failure_class, number * SECOND)
    assert verdict(record, C.TRANSIENT, MINUTE) == Verdict(kind=VerdictKind.RETRY, delay=delay)


def test_an_attempt_that_went_well_ends_the_row() -> None:
    """A job that was sent back by a reviewer starts with a fresh budget."""
    record = failed(failed(a_record(), C.TRANSIENT, 0 * SECOND), C.TRANSIENT, SECOND)
    record = progress.attempt_begun(record, AT)
    assert verdict(record, C.TRANSIENT, MINUTE).delay == 2 * SECOND


@pytest.mark.parametrize(("failures", "kind"), [(1, VerdictKind.RETRY), (2, VerdictKind.PARK)])
def test_a_timeout_has_three_attempts(failures: int, kind: VerdictKind) -> None:
    record = a_record()
    for number in range(failures):
        record = failed(record, C.TIMEOUT, number * HOUR)
    assert verdict(record, C.TIMEOUT, 5 * HOUR).kind is kind


@pytest.mark.parametrize(("after", "kind"), [(7 * HOUR, VerdictKind.RETRY), (8 * HOUR, VerdictKind.PARK)])
def test_the_window_counts_from_the_first_failure_of_the_row(after: timedelta, kind: VerdictKind) -> None:
    record = failed(failed(a_record(), C.TRANSIENT, 0 * SECOND), C.TRANSIENT, 6 * HOUR)
    assert verdict(record, C.TRANSIENT, after).kind is kind


def test_classes_that_take_turns_run_out_of_budget_too() -> None:
    record, after = a_record(), timedelta(0)
    for number in range(1_000):
        failure_class = (C.TRANSIENT, C.RATE_LIMITED)[number % 2]
        next_one = verdict(record, failure_class, after)
        if next_one.kind is VerdictKind.PARK:
            break
        record, after = failed(record, failure_class, after), after + next_one.delay
    assert 8 * HOUR - 10 * MINUTE <= after <= 8 * HOUR
    assert len(record.attempts) < 201


def test_no_attempt_is_paid_beside_a_run_that_may_still_end_well() -> None:
    parked = progress.judged(a_record(S.RUNNING), a_failure(C.TRANSIENT), AT)
    assert (parked.kind, parked.next_action) == (VerdictKind.PARK, NextAction.RETRY)


TIMEOUT: Final = a_failure(C.TIMEOUT, message="no answer in time")
OWN: Final = a_failure(C.POLICY, message="refused")


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        (an_end(ResponseStatus.CANCELLED, failure=a_failure(C.UNCLASSIFIED)), TIMEOUT),
        (an_end(ResponseStatus.COMPLETED, deliverable=a_draft()), None),  # late, but there
        (an_end(ResponseStatus.INCOMPLETE, deliverable=a_draft()), None),
        # It ended by itself: a retry that a timeout would permit is not one that this class permits.
        (an_end(ResponseStatus.FAILED, failure=OWN), OWN),
        (an_end(ResponseStatus.COMPLETED, failure=OWN), OWN),
        (an_end(ResponseStatus.INCOMPLETE, failure=OWN), OWN),
    ],
)
def test_at_the_time_limit_the_responses_own_end_counts_first(
    stopped: Ended | Failure, expected: Failure | None
) -> None:
    seen = progress.at_time_limit(stopped, TIMEOUT)
    assert (seen.failure if isinstance(seen, Ended) else seen) == expected


def test_a_stop_that_could_not_be_confirmed_is_told() -> None:
    seen = progress.at_time_limit(a_failure(C.TRANSIENT, stage=Stage.CANCEL), TIMEOUT)
    assert isinstance(seen, Failure)
    assert seen.failure_class is TIMEOUT.failure_class
    assert "could not be confirmed: transient at cancel" in seen.message


def test_the_facts_of_a_response_that_was_stopped_are_kept() -> None:
    stopped = an_end(ResponseStatus.CANCELLED)
    seen = progress.at_time_limit(stopped, TIMEOUT)
    assert seen == stopped.model_copy(update={"failure": TIMEOUT})
