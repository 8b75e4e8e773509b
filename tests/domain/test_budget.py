"""What a job may spend by itself: what counts, what stops it, and how two budgets become one."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from signoff.domain import adoption, progress
from signoff.domain.budget import Budget
from signoff.domain.deployment import Failed
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.judging import ATTEMPTS_KEPT, judged
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, NextAction, ResponseStatus
from signoff.domain.usage import Usage
from tests.domain.making import (
    AT,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    a_failed,
    a_record,
    a_snapshot,
    a_stray,
    an_end,
    lost_reply,
)

NOTHING = timedelta(0)
WIDE = {"classes": {"transient": {"attempts": 1_000, "window": "P30D"}}}
RETRY = Verdict(kind=VerdictKind.RETRY)

budgets = st.builds(
    Budget,
    attempts=st.none() | st.integers(1, 1_000),
    wall_time=st.none() | st.timedeltas(SECOND, 365 * DAY),
    tokens=st.none() | st.integers(1, 10**12),
)


def with_maximum(failure_class: C = C.TRANSIENT, stage: Stage = Stage.LOOK, **maximum: Any) -> Failed:
    return a_failed(failure_class, stage=stage, under={**WIDE, "maximum": maximum})


def refused(record: JobRecord) -> JobRecord:
    """Add an attempt whose create was refused."""
    return progress.stopped(progress.attempt_begun(record, AT), a_failed(stage=Stage.CREATE), RETRY, AT)


def lost(record: JobRecord) -> JobRecord:
    """Add an attempt whose reply was lost."""
    return progress.stopped(progress.attempt_begun(record, AT), lost_reply(), RETRY, AT)


def ran(record: JobRecord, tokens: int = 0) -> JobRecord:
    """Add an attempt that ran, used so many tokens, and failed."""
    number = len(record.attempts) + 1
    record = progress.response_created(progress.attempt_begun(record, AT), a_snapshot(response_id=f"resp_{number}"), AT)
    usage = Usage(input_tokens=tokens, output_tokens=0, total_tokens=tokens)
    ended = an_end(ResponseStatus.FAILED)
    ended = ended.model_copy(update={"snapshot": ended.snapshot.model_copy(update={"usage": usage})})
    return progress.stopped(progress.response_ended(record, ended, AT), a_failed(), RETRY, AT)


def parked_because(record: JobRecord, failed: Failed, after: timedelta = NOTHING) -> str:
    """Give the reason for which a job is not tried again; empty when it is."""
    verdict = judged(record, failed, AT + after)
    assert (verdict.kind is VerdictKind.PARK) == bool(verdict.because)
    if verdict.kind is VerdictKind.PARK:
        assert (verdict.actor, verdict.next_action) == (Actor.OPERATOR, NextAction.RETRY)
    return verdict.because


@pytest.mark.parametrize(
    ("steps", "is_spent"),
    [
        ([ran, ran], False),
        ([ran, ran, ran], True),
        ([refused] * 20, False),  # what OpenAI refused was never paid
        ([refused, refused, ran, ran, refused], False),
        ([lost, ran, lost], True),  # what it may have taken was perhaps paid
    ],
)
def test_attempts_that_were_or_may_have_been_paid_are_bounded(steps: list[Any], *, is_spent: bool) -> None:
    record = a_record()
    for step in steps:
        record = step(record)
    because = parked_because(record, with_maximum(attempts=3))
    assert because == ("the budget of 3 paid attempts is spent" if is_spent else "")


def test_ten_paid_attempts_are_the_default() -> None:
    record = a_record()
    for number in range(10):
        assert parked_because(record, a_failed(under=WIDE)) == "", number
        record = ran(record)
    assert parked_because(record, a_failed(under=WIDE)) == "the budget of 10 paid attempts is spent"


@pytest.mark.parametrize(
    ("after", "because"),
    [
        # The next try is what must begin within the time: 2 s after the failure.
        (HOUR - 3 * SECOND, ""),
        (HOUR - 2 * SECOND, "the budget of wall time (1 h) is spent"),
        (2 * HOUR, "the budget of wall time (1 h) is spent"),
    ],
)
def test_wall_time_runs_from_the_jobs_acceptance_to_its_next_try(after: timedelta, because: str) -> None:
    failed = with_maximum(wall_time="PT1H")
    failed = failed.model_copy(update={"failure": failed.failure.model_copy(update={"at": AT + after})})
    assert parked_because(progress.attempt_begun(a_record(), AT + after), failed, after) == because


@pytest.mark.parametrize(
    ("used", "strays", "because"),
    [
        ([500, 499], [], ""),
        ([500, 500], [], "the budget of 1,000 tokens is spent (1,000 were used)"),
        ([500], [499], ""),
        ([500], [250, 250], "the budget of 1,000 tokens is spent (1,000 were used)"),  # strays were paid as well
        ([], [], ""),
    ],
)
def test_tokens_are_counted_over_all_responses_strays_included(
    used: list[int], strays: list[int], because: str
) -> None:
    record = refused(a_record())
    for tokens in used:
        record = ran(record, tokens)
    for number, tokens in enumerate(strays):
        record = adoption.strayed(record, a_stray(f"resp_s{number}", tokens=tokens), AT)
    assert record.tokens == sum(used) + sum(strays)
    assert parked_because(record, with_maximum(tokens=1_000)) == because


def test_a_response_whose_usage_openai_did_not_tell_counts_as_nothing() -> None:
    record = progress.response_ended(a_record_running(), an_end(ResponseStatus.FAILED), AT)
    assert record.tokens == 0


def a_record_running() -> JobRecord:
    return progress.response_created(progress.attempt_begun(a_record(), AT), a_snapshot(), AT)


@pytest.mark.parametrize("failure_class", [C.TRANSIENT, C.RATE_LIMITED, C.TIMEOUT, C.OUTCOME_UNKNOWN])
def test_a_spent_budget_stops_every_class_that_would_be_tried_again(failure_class: C) -> None:
    record = ran(ran(a_record()))
    verdict = judged(record, with_maximum(failure_class, Stage.CREATE, attempts=2), AT)
    assert (verdict.kind, verdict.because) == (VerdictKind.PARK, "the budget of 2 paid attempts is spent")


def test_a_class_that_is_never_tried_again_says_its_own_reason_and_not_the_budgets() -> None:
    assert judged(ran(ran(a_record())), with_maximum(C.QUOTA, attempts=1), AT).because == ""


@pytest.mark.parametrize(
    ("attempts", "because"),
    [(ATTEMPTS_KEPT - 1, ""), (ATTEMPTS_KEPT, "300 attempts were begun, as many as a job may have")],
)
def test_a_job_has_at_most_300_attempts_even_if_none_was_paid(attempts: int, because: str) -> None:
    record = refused(a_record())
    record = record.model_copy(update={"attempts": record.attempts * attempts})
    assert parked_because(record, with_maximum(attempts=1_000)) == because


@given(budgets, budgets)
def test_of_two_budgets_the_tighter_part_holds(one: Budget, other: Budget) -> None:
    both = one.within(other)
    assert both == other.within(one)
    for part in Budget.model_fields:
        bounds = [value for value in (getattr(one, part), getattr(other, part)) if value is not None]
        assert getattr(both, part) == (min(bounds) if bounds else None)


@given(budgets, st.integers(0, 2_000), st.timedeltas(NOTHING, 400 * DAY), st.integers(0, 10**13))
def test_a_budget_is_spent_exactly_when_a_part_of_it_is(
    budget: Budget, attempts: int, wall_time: timedelta, tokens: int
) -> None:
    parts = [(budget.attempts, attempts), (budget.wall_time, wall_time), (budget.tokens, tokens)]
    is_spent = any(bound is not None and used >= bound for bound, used in parts)  # type: ignore[operator]  # pairs of one kind
    assert bool(budget.spent(attempts=attempts, wall_time=wall_time, tokens=tokens)) == is_spent


@pytest.mark.parametrize(
    ("part", "value"),
    [
        *(("attempts", value) for value in (0, -1, 1_001, 1.5)),
        *(("wall_time", value) for value in (0, "PT0.5S", "P366D")),
        *(("tokens", value) for value in (0, 10**12 + 1)),
        ("tokns", 5),
    ],
)
def test_a_budget_out_of_bounds_is_refused_by_its_name(part: str, value: object) -> None:
    with pytest.raises(ValidationError, match=part):
        Budget.model_validate({part: value})


def test_the_smallest_budget_stops_after_one_paid_attempt() -> None:
    assert parked_because(ran(a_record()), with_maximum(attempts=1)) == "the budget of 1 paid attempt is spent"
    assert parked_because(refused(a_record()), with_maximum(attempts=1), MINUTE) == ""
