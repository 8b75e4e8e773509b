"""Creates whose reply was lost: their response is waited for, adopted when it turns up, and else written down."""

from typing import Any

import pytest

from signoff.domain import adoption, progress, repairing
from signoff.domain.adoption import STRAYS_KEPT
from signoff.domain.attempt import Attempt
from signoff.domain.deployment import OnUnknown
from signoff.domain.failures import Failure, Stage
from signoff.domain.failures import FailureClass as C
from signoff.domain.judging import judged
from signoff.domain.policies import VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import RepairKind
from signoff.domain.search import Found
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus
from tests.domain.making import (
    AT,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    a_failed,
    a_failure,
    a_record,
    a_repair,
    a_request,
    a_snapshot,
    a_stray,
    an_end,
    lost_reply,
    terms,
)

S = JobStatus
FOUND = a_snapshot(response_id="resp_found")


def waiting() -> JobRecord:
    """Bring a job to where it waits for a sign of the response of attempt 1."""
    record = progress.attempt_begun(a_record(), AT)
    return adoption.sign_awaited(adoption.reply_lost(record, lost_reply(), AT), lost_reply().terms, AT)


def no_sign_came(on_unknown: OnUnknown, at: Any = AT + 2 * MINUTE) -> JobRecord:
    """Let the adoption window pass without a sign."""
    failed = lost_reply(under={"on_unknown": on_unknown})
    record = waiting()
    return progress.stopped(record, failed, judged(record, failed, at), at)


def test_a_lost_reply_is_in_the_record_at_once_and_moves_no_job() -> None:
    begun = progress.attempt_begun(a_record(), AT)
    record = adoption.reply_lost(begun, lost_reply(), AT + SECOND)
    assert (record.status, record.since, record.next_action) == (S.QUEUED, AT, NextAction.WAIT)
    assert record.reason.startswith("the reply to the create was lost, so its response is looked for")
    assert record.attempts[-1].is_outcome_unknown
    assert record.failure
    assert (record.failure.attempt, record.attempts[-1].failure) == (1, record.failure)
    line = record.timeline[-1]
    assert (line.event, line.at, line.failure_class) == ("create.unknown", AT + SECOND, C.OUTCOME_UNKNOWN)


@pytest.mark.parametrize(("window", "said"), [(120, "2 min"), ("PT1H30M", "1 h 30 min")])
def test_a_sign_is_waited_for_as_long_as_the_deployment_says(window: Any, said: str) -> None:
    held = terms(C.OUTCOME_UNKNOWN, Stage.CREATE, adoption_window=window)
    record = adoption.sign_awaited(waiting(), held, AT + HOUR)
    assert record.adoption_due_at == AT + HOUR + held.adoption_window
    assert record.reason == f"the reply to the create was lost; a sign of its response is waited for {said}"
    assert (record.timeline[-1].event, record.status) == ("create.awaited", S.QUEUED)


@pytest.mark.parametrize(
    "record",
    [waiting(), no_sign_came(OnUnknown.RECREATE), no_sign_came(OnUnknown.PARK)],
    ids=["while a sign is waited for", "before the next create", "after it stopped"],
)
def test_a_response_that_turns_up_before_the_next_create_is_adopted(record: JobRecord) -> None:
    assert adoption.may_adopt(record, 1)
    record = adoption.adopted(record, FOUND, AT + HOUR)
    assert (record.status, record.since, record.next_action) == (S.RUNNING, AT + HOUR, NextAction.WAIT)
    assert (record.actor, record.failure, record.not_before) == (Actor.NOBODY, None, None)
    assert (record.adoption_due_at, record.attention_due_at) == (None, None)
    attempt = record.attempts[-1]
    assert (len(record.attempts), attempt.response_id, attempt.is_adopted) == (1, "resp_found", True)
    # Its age counts from when its create was sent; when it was really made nobody knows.
    assert (attempt.created_at, attempt.failure, record.possibly_paid_twice) == (AT, None, False)
    assert record.timeline[-1].text == "found again and adopted: resp_found"


@pytest.mark.parametrize(
    ("record", "attempt", "may"),
    [
        (waiting(), 1, True),
        (waiting(), 0, False),  # its metadata names no attempt
        (waiting(), 2, False),
        (progress.attempt_begun(waiting(), AT), 1, False),  # another create was sent meanwhile
        (progress.attempt_begun(waiting(), AT), 2, False),  # that one may still be answered
        (adoption.adopted(waiting(), FOUND, AT), 1, False),
        (waiting().model_copy(update={"abandoned": "given up by olga"}), 1, False),
        (progress.stopped(waiting(), a_failed(stage=Stage.CREATE), judged(waiting(), a_failed(), AT), AT), 1, False),
        (progress.cancelled(waiting(), "cancelled", AT), 1, False),
        *((a_record(status), 1, False) for status in JobStatus),
    ],
)
def test_only_the_last_attempt_of_an_open_job_is_waited_for(record: JobRecord, attempt: int, *, may: bool) -> None:
    assert adoption.may_adopt(record, attempt) == may


@pytest.mark.parametrize("kind", ["retry", "amend"])
def test_once_a_person_asked_for_another_attempt_the_lost_one_is_not_adopted(kind: str) -> None:
    """An amended job must not go on with what was asked before."""
    facts = {"response": {"input": "else"}} if kind == "amend" else {}
    stopped = no_sign_came(OnUnknown.PARK)
    record, _, answer = repairing.repaired(stopped, a_request(), a_repair(RepairKind(kind), **facts), AT + HOUR)
    assert answer.status is S.QUEUED
    assert adoption.may_adopt(stopped, 1)
    assert not adoption.may_adopt(record, 1)


@pytest.mark.parametrize("status", list(JobStatus))
def test_a_job_adopts_while_it_is_queued_or_stopped_and_in_no_other_status(status: JobStatus) -> None:
    record = waiting().model_copy(update={"status": status})
    assert adoption.may_adopt(record, 1) == (status in {S.QUEUED, S.NEEDS_ATTENTION})


def test_another_create_after_a_lost_reply_says_that_it_was_possibly_paid_twice() -> None:
    record = progress.attempt_begun(no_sign_came(OnUnknown.RECREATE), AT + HOUR)
    assert (record.possibly_paid_twice, record.adoption_due_at) == (True, None)
    assert record.timeline[-1].text == ("attempt 2: creating a response although one before it may have been accepted")


def test_that_it_was_possibly_paid_twice_is_said_for_good() -> None:
    record = progress.attempt_begun(no_sign_came(OnUnknown.RECREATE), AT + HOUR)
    record = adoption.strayed(record, a_stray("resp_found"), AT)
    record = progress.response_created(record, a_snapshot(response_id="resp_2"), AT)
    assert progress.attempt_begun(record, AT).possibly_paid_twice


@pytest.mark.parametrize("failure_class", [one for one in C if one is not C.OUTCOME_UNKNOWN])
def test_another_create_after_one_that_was_refused_is_paid_once(failure_class: C) -> None:
    failed = a_failed(failure_class, stage=Stage.CREATE)
    record = progress.attempt_begun(a_record(), AT)
    record = progress.stopped(record, failed, judged(record, failed, AT), AT)
    assert not progress.attempt_begun(record, AT).possibly_paid_twice


def test_a_job_that_is_to_stop_for_an_unknown_create_says_who_acts() -> None:
    record = no_sign_came(OnUnknown.PARK)
    assert (record.status, record.next_action, record.actor) == (S.NEEDS_ATTENTION, NextAction.INSPECT, Actor.OPERATOR)
    assert record.attention_due_at == AT + 2 * MINUTE + 7 * DAY
    assert (record.timeline[-1].event, record.timeline[-1].failure_class) == ("job.stopped", C.OUTCOME_UNKNOWN)


@pytest.mark.parametrize("status", list(JobStatus))
def test_a_stray_is_written_down_in_every_status_and_moves_no_job(status: JobStatus) -> None:
    """Closed means closed, except for the recording of strays."""
    before = a_record(status)
    record = adoption.strayed(before, a_stray(tokens=1_234), AT + HOUR)
    assert (record.strays, record.tokens) == ((a_stray(tokens=1_234),), before.tokens + 1_234)
    assert record.timeline[-1].text == "resp_s of attempt 1 turned up besides: cancelled, 1,234 tokens"
    untouched = {"strays", "timeline"}
    assert record.model_dump(exclude=untouched) == before.model_dump(exclude=untouched)


@pytest.mark.parametrize("response_id", ["resp_1", "resp_s"], ids=["of an attempt", "a stray"])
def test_a_response_that_the_record_knows_is_no_stray(response_id: str) -> None:
    record = adoption.strayed(a_record(S.RUNNING), a_stray("resp_s"), AT)
    assert adoption.strayed(record, a_stray(response_id, tokens=5), AT + HOUR) == record


def test_strays_are_listed_up_to_a_limit_and_counted_beyond_it() -> None:
    record = a_record(S.RUNNING)
    for number in range(STRAYS_KEPT + 7):
        record = adoption.strayed(record, a_stray(f"resp_s{number}"), AT)
    found = [entry for entry in record.timeline if entry.event == "stray.found"]
    assert (len(record.strays), len(found), record.strays_omitted) == (STRAYS_KEPT, STRAYS_KEPT, 7)


def test_a_stray_that_could_not_be_stopped_is_written_down_with_the_reason() -> None:
    found = Found(snapshot=a_snapshot(response_id="resp_s", model="a-model"), job_id="a-job", attempt=2)
    stray = adoption.unsettled(found, a_failure(C.TRANSIENT, stage=Stage.CANCEL), AT)
    assert (stray.response_id, stray.attempt, stray.found_at, stray.model) == ("resp_s", 2, AT, "a-model")
    assert stray.status is ResponseStatus.IN_PROGRESS
    told = adoption.strayed(a_record(), stray, AT).timeline[-1].text
    assert told.endswith("(that it was stopped could not be confirmed: transient at cancel: a fault)")


def test_an_adopted_response_that_fails_is_judged_like_any_other() -> None:
    record = adoption.adopted(waiting(), FOUND, AT)
    record = progress.response_ended(record, an_end(ResponseStatus.FAILED, failure=a_failure()), AT)
    verdict = judged(record, a_failed(), AT)
    assert (verdict.kind, record.attempts[-1].may_have_cost) == (VerdictKind.RETRY, True)
    assert not progress.attempt_begun(record, AT).possibly_paid_twice


@pytest.mark.parametrize(
    ("failure", "response_id", "is_unknown", "may_have_cost"),
    [
        (None, "", False, False),  # its create is under way
        (None, "resp_1", False, True),
        (lost_reply().failure, "", True, True),
        (lost_reply().failure, "resp_1", False, True),  # its response is known after all
        (a_failure(C.OUTCOME_UNKNOWN, stage=Stage.LOOK), "", False, False),
        (a_failure(C.TRANSIENT, stage=Stage.CREATE), "", False, False),
        (a_failure(C.TRANSIENT, stage=Stage.LOOK), "resp_1", False, True),
    ],
)
def test_an_attempt_may_have_cost_what_openai_took_or_may_have_taken(
    failure: Failure | None, response_id: str, *, is_unknown: bool, may_have_cost: bool
) -> None:
    attempt = Attempt(number=1, started_at=AT, response_id=response_id, failure=failure)
    assert (attempt.is_outcome_unknown, attempt.may_have_cost) == (is_unknown, may_have_cost)
