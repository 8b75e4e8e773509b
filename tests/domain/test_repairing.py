"""Repairs: which are taken where, and where a job goes on."""

import pytest

from signoff.domain import progress
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.judging import ATTEMPTS_KEPT, judged
from signoff.domain.repair import Repair, RepairKind
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus
from tests.domain.making import (
    AT,
    HOUR,
    MINUTE,
    SECOND,
    a_failed,
    a_record,
    a_repair,
    an_end,
)
from tests.domain.stopping import (
    ABANDON,
    AMEND,
    ANEW,
    RETRY,
    STOPPED,
    VERBS,
    create_failed,
    full,
    look_failed,
    repaired,
)

S, K = JobStatus, RepairKind


@pytest.mark.parametrize("how", STOPPED)
def test_a_retry_goes_on_where_the_job_stopped(how: str) -> None:
    before, goes_on, _ = STOPPED[how]
    record, answer = repaired(before, RETRY)
    assert (answer.is_accepted, answer.status, record.status) == (True, goes_on, goes_on)


@pytest.mark.parametrize("how", STOPPED)
@pytest.mark.parametrize("repair", [ANEW, AMEND], ids=["anew", "amend"])
def test_a_retry_anew_and_an_amendment_make_a_new_attempt_unless_a_result_is_approved(how: str, repair: Repair) -> None:
    before, _, goes_on = STOPPED[how]
    record, answer = repaired(before, repair)
    if goes_on:
        assert (answer.is_accepted, record.status) == (True, goes_on)
    else:
        assert (
            answer.reason == "an approved result waits for its delivery, so none is generated again; retry delivers it"
        )
        assert (record.status, record.attempts) == (before.status, before.attempts)


@pytest.mark.parametrize("how", STOPPED)
def test_a_job_that_goes_on_has_nothing_left_of_its_stop(how: str) -> None:
    record, _ = repaired(STOPPED[how][0], RETRY)
    assert (record.next_action, record.actor, record.since) == (NextAction.WAIT, Actor.NOBODY, AT + HOUR)
    assert (record.failure, record.not_before, record.attention_due_at) == (None, None, None)
    assert record.timeline[-1].event == "repair.taken"
    assert record.reason.startswith("retry by olga; ")


@pytest.mark.parametrize("how", STOPPED)
def test_whoever_gives_a_job_up_does_so_whatever_stopped_it(how: str) -> None:
    before = STOPPED[how][0]
    record, answer = repaired(before, ABANDON)
    # It is closed once what still runs upstream was stopped.
    assert (answer.is_accepted, record.status, record.abandoned) == (
        True,
        S.NEEDS_ATTENTION,
        "given up by olga: too late",
    )
    assert record.reason == "given up by olga: too late; what still runs at OpenAI is stopped first"
    closed = progress.given_up(record, AT + 2 * HOUR)
    assert (closed.status, closed.reason, closed.closed_at) == (S.FAILED, "given up by olga: too late", AT + 2 * HOUR)
    assert (closed.next_action, closed.actor) == (NextAction.NONE, Actor.NOBODY)
    assert closed.failure == before.failure


@pytest.mark.parametrize("status", [status for status in S if status is not S.NEEDS_ATTENTION])
@pytest.mark.parametrize("repair", VERBS.values(), ids=VERBS)
def test_a_job_that_has_not_stopped_takes_no_repair_and_says_why(status: JobStatus, repair: Repair) -> None:
    before = a_record(status)
    record, answer = repaired(before, repair)
    why = f"the job is closed ({status}: {before.reason})"
    if not status.is_closed:
        why = f"there is nothing to repair: the job is {status} ({before.reason})"
    assert (answer.is_accepted, answer.reason, answer.status) == (False, why, status)
    kept = {"repairs", "timeline"}
    assert record.model_dump(exclude=kept) == before.model_dump(exclude=kept)
    assert [(line.is_accepted, line.refusal) for line in record.repairs[len(before.repairs) :]] == [(False, why)]
    assert record.timeline[-1].text == f"{repair.kind} by olga, refused: {why}"


@pytest.mark.parametrize("repair", [RETRY, ANEW, AMEND], ids=["retry", "anew", "amend"])
def test_a_job_with_as_many_attempts_as_it_may_have_can_only_be_given_up(repair: Repair) -> None:
    _, answer = repaired(full(), repair)
    assert answer.reason == "the job has begun 300 attempts, as many as it may; abandon it and submit another"
    assert repaired(full(), ABANDON)[1].is_accepted


def test_a_response_that_is_known_can_be_looked_at_again_however_many_attempts_there_were() -> None:
    last = look_failed(C.TRANSIENT).attempts[-1].model_copy(update={"number": ATTEMPTS_KEPT})
    record = full()
    record = record.model_copy(update={"attempts": (*record.attempts[:-1], last)})
    assert repaired(record, RETRY)[1].status is S.RUNNING


def test_failures_before_a_repair_count_no_more() -> None:
    """Three timeouts are the most; after a person acted there are three again."""
    record = a_record()
    for number in range(3):
        failed = a_failed(C.TIMEOUT, stage=Stage.CREATE, at=AT + number * MINUTE)
        record = progress.attempt_begun(record, failed.failure.at)
        record = progress.stopped(record, failed, judged(record, failed, failed.failure.at), failed.failure.at)
    assert record.status is S.NEEDS_ATTENTION
    record, _ = repaired(record, RETRY)
    failed = a_failed(C.TIMEOUT, stage=Stage.CREATE, at=AT + HOUR)
    assert judged(progress.attempt_begun(record, AT + HOUR), failed, AT + HOUR).delay == MINUTE


def test_what_a_known_response_ends_with_after_a_repair_is_the_first_failure() -> None:
    """Two creates failed before it in the same way, so without the repair the next delay would be 8 s."""
    before = create_failed(C.TRANSIENT).attempts[-1]
    record = look_failed(C.TRANSIENT)
    record = record.model_copy(update={"attempts": (before, before, *record.attempts)})
    record, _ = repaired(record, a_repair())
    assert record.status is S.RUNNING
    record = progress.response_ended(record, an_end(ResponseStatus.FAILED), AT)
    assert judged(record, a_failed(C.TRANSIENT), AT).delay == 2 * SECOND
