"""Failures: another attempt while the budget lasts, else a stop that says who must act."""

from datetime import timedelta
from typing import Final

import pytest

from signoff.domain import change, progress
from signoff.domain.failures import TEXT_LIMIT_BYTES, Stage
from signoff.domain.failures import FailureClass as C
from signoff.domain.judging import ATTEMPTS_KEPT, judged
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction
from tests.domain.making import (
    AT,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    a_failed,
    a_record,
    a_snapshot,
)

S = JobStatus
RETRY: Final = Verdict(kind=VerdictKind.RETRY, delay=90 * SECOND)
PARK: Final = Verdict(kind=VerdictKind.PARK, next_action=NextAction.RESTORE_QUOTA, actor=Actor.OPERATOR)


def failed(record: JobRecord, failure_class: C, after: timedelta) -> JobRecord:
    """Begin an attempt whose create fails at once."""
    failure = a_failed(failure_class, stage=Stage.CREATE, at=AT + after)
    record = progress.attempt_begun(record, AT + after)
    return progress.stopped(record, failure, RETRY, AT + after)


def test_a_retry_goes_back_into_the_queue_until_its_moment() -> None:
    record = progress.stopped(a_record(S.RUNNING), a_failed(code="server_error"), RETRY, AT + HOUR)
    assert (record.status, record.since, record.next_action) == (S.QUEUED, AT + HOUR, NextAction.WAIT)
    assert record.not_before == AT + HOUR + 90 * SECOND
    assert record.reason == "trying again in 1 min 30 s after transient at look (server_error): a fault"
    assert record.timeline[-1].event == "attempt.failed"


def test_a_create_that_failed_leaves_the_job_in_the_queue_it_never_left() -> None:
    record = failed(a_record(), C.RATE_LIMITED, HOUR)
    assert (record.status, record.since, record.next_action) == (S.QUEUED, AT, NextAction.WAIT)
    assert record.not_before == AT + HOUR + 90 * SECOND
    assert record.reason == "trying again in 1 min 30 s after rate_limited at create: a fault"


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
    record = progress.stopped(record, a_failed(C.QUOTA, code="insufficient_quota"), PARK, AT + HOUR)
    assert (record.status, record.next_action) == (S.NEEDS_ATTENTION, NextAction.RESTORE_QUOTA)
    assert record.actor is Actor.OPERATOR
    assert (record.since, record.attention_due_at) == (AT + HOUR, AT + HOUR + 7 * DAY)
    assert record.reason == "quota at look (insufficient_quota): a fault"
    assert record.timeline[-1].text == f"{record.reason}; next action: restore_quota, by the operator"


def test_a_delivery_that_failed_leaves_attempt_and_approval_as_they_are() -> None:
    before = a_record(S.DELIVERING)
    failed = a_failed(C.CONFIGURATION, stage=Stage.DELIVER)
    record = progress.stopped(before, failed, judged(before, failed, AT), AT)
    assert (record.status, record.next_action) == (S.NEEDS_ATTENTION, NextAction.RETRY_DELIVERY)
    assert record.attempts == before.attempts
    assert record.approved_digest == before.approved_digest
    assert record.failure
    assert record.failure.stage is Stage.DELIVER


def test_a_long_failure_makes_a_short_reason() -> None:
    record = progress.stopped(a_record(S.RUNNING), a_failed(message="ä" * 2_000), PARK, AT)
    assert len(record.reason.encode()) <= change.REASON_LIMIT_BYTES


@pytest.mark.parametrize("failure_class", list(C))
def test_a_line_about_a_failure_says_its_class(failure_class: C) -> None:
    failed = a_failed(failure_class)
    for verdict in (RETRY, PARK):
        line = progress.stopped(a_record(S.RUNNING), failed, verdict, AT).timeline[-1]
        assert (line.failure_class, line.at) == (failure_class, AT)
    assert progress.upstream_stopped(a_record(S.RUNNING), failed, AT).timeline[-1].failure_class is failure_class


@pytest.mark.parametrize("status", [S.RUNNING, S.AWAITING_REVIEW, S.COMPLETED, S.REJECTED, S.EXPIRED, S.CANCELLED])
def test_a_line_about_anything_else_says_none(status: JobStatus) -> None:
    assert {entry.failure_class for entry in a_record(status).timeline} == {None}


def test_a_stop_says_why_the_class_was_not_tried_again() -> None:
    verdict = PARK.model_copy(update={"because": "the budget of 3 paid attempts is spent"})
    record = progress.stopped(a_record(S.RUNNING), a_failed(code="server_error"), verdict, AT)
    assert record.reason == (
        "the budget of 3 paid attempts is spent; the last failure: transient at look (server_error): a fault"
    )


@pytest.mark.parametrize("window", [MINUTE, 30 * DAY])
def test_a_stopped_job_waits_as_long_as_its_deployment_says(window: timedelta) -> None:
    failed = a_failed(C.QUOTA, under={"attention_window": window})
    assert progress.stopped(a_record(S.RUNNING), failed, PARK, AT + HOUR).attention_due_at == AT + HOUR + window


def test_a_record_of_as_many_attempts_as_there_may_be_fits_into_one_message() -> None:
    """Temporal takes 2 MB; every failure here has the longest texts, and each is in the timeline as well."""
    record = a_record()
    failed = a_failed(C.TRANSIENT, stage=Stage.CREATE, message="m" * 5_000, evidence="e" * 5_000)
    for _ in range(ATTEMPTS_KEPT):
        record = progress.stopped(progress.attempt_begun(record, AT), failed, RETRY, AT)
    assert len(record.model_dump_json().encode()) < 2_000_000
    assert record.failure
    assert len(record.failure.message.encode()) == TEXT_LIMIT_BYTES
