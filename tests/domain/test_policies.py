"""What each class permits, and what `judge` makes of it."""

from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.failures import FailureClass, Stage
from signoff.domain.policies import POLICIES, ClassPolicy, Verdict, VerdictKind, judge
from signoff.domain.status import Actor, NextAction
from tests.domain.making import HOUR, MINUTE, SECOND, a_failed, terms

C = FailureClass
NOW: Final = timedelta(0)
AUTOMATIC: Final = (C.TRANSIENT, C.RATE_LIMITED, C.TIMEOUT)

# Who acts and how, once a class is not, or no longer, retried by itself. Written from the design, not from the code.
WHO: Final = {
    C.TRANSIENT: (Actor.OPERATOR, NextAction.RETRY),
    C.RATE_LIMITED: (Actor.OPERATOR, NextAction.RETRY),
    C.TIMEOUT: (Actor.OPERATOR, NextAction.RETRY),
    C.OUTCOME_UNKNOWN: (Actor.OPERATOR, NextAction.INSPECT),
    C.QUOTA: (Actor.OPERATOR, NextAction.RESTORE_QUOTA),
    C.CONFIGURATION: (Actor.OPERATOR, NextAction.FIX_CONFIGURATION),
    C.MALFORMED_INPUT: (Actor.REQUESTER, NextAction.AMEND_REQUEST),
    C.POLICY: (Actor.OPERATOR, NextAction.INSPECT),
    C.REVIEW_REQUIRED: (Actor.REVIEWER, NextAction.INSPECT),
    C.RESULT_LOST: (Actor.OPERATOR, NextAction.INSPECT),
    C.UNCLASSIFIED: (Actor.OPERATOR, NextAction.INSPECT),
}


def judged(failure_class: C, failures: int = 1, since_first: timedelta = NOW, **facts: Any) -> Verdict:
    """Judge a failure under the defaults; without more, at a look."""
    failed = a_failed(failure_class, **facts)
    return judge(failed.failure, failed.terms.rule, failures=failures, since_first=since_first)


def test_every_class_has_a_policy() -> None:
    assert set(POLICIES) == set(FailureClass) == set(WHO)


@pytest.mark.parametrize("failure_class", list(C))
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.DELIVER])
def test_only_three_classes_are_retried_by_themselves(stage: Stage, failure_class: C) -> None:
    rule = terms(failure_class, stage).rule
    assert rule == POLICIES[failure_class]
    assert rule.is_automatic == (failure_class in AUTOMATIC)


@pytest.mark.parametrize("failure_class", list(C))
def test_a_delivery_of_unknown_outcome_is_repeated_too(failure_class: C) -> None:
    """Its idempotency key makes that harmless."""
    permitted = {*AUTOMATIC, C.OUTCOME_UNKNOWN}
    assert terms(failure_class, Stage.DELIVER).rule.is_automatic == (failure_class in permitted)


@pytest.mark.parametrize(("failure_class", "who"), WHO.items())
def test_a_class_without_tries_left_parks_with_its_next_action_for_its_actor(
    failure_class: C, who: tuple[Actor, NextAction]
) -> None:
    verdict = judged(failure_class, failures=1_000)
    assert (verdict.kind, verdict.actor, verdict.next_action, verdict.delay) == (VerdictKind.PARK, *who, NOW)


@pytest.mark.parametrize("failure_class", [one for one in C if one not in AUTOMATIC])
def test_any_other_class_parks_at_its_first_failure_for_no_other_reason_than_itself(failure_class: C) -> None:
    verdict = judged(failure_class)
    assert (verdict.kind, verdict.because) == (VerdictKind.PARK, "")


@pytest.mark.parametrize(
    ("failure_class", "failures", "delay"),
    [
        (C.TRANSIENT, 1, 2 * SECOND),
        (C.TRANSIENT, 2, 4 * SECOND),
        (C.TRANSIENT, 9, 512 * SECOND),  # 2 s * 2 ** 8
        (C.TRANSIENT, 10, 10 * MINUTE),  # 1024 s is above the cap
        (C.TRANSIENT, 99, 10 * MINUTE),  # 2 s * 2 ** 98 would not fit into a timedelta
        (C.RATE_LIMITED, 1, 5 * SECOND),
        (C.RATE_LIMITED, 7, 320 * SECOND),  # 5 s * 2 ** 6
        (C.RATE_LIMITED, 8, 10 * MINUTE),  # 640 s is above the cap
        (C.TIMEOUT, 1, 60 * SECOND),
        (C.TIMEOUT, 2, 120 * SECOND),
    ],
)
def test_delays_grow_to_their_cap(failure_class: C, failures: int, delay: timedelta) -> None:
    verdict = judged(failure_class, failures=failures)
    assert (verdict.kind, verdict.delay) == (VerdictKind.RETRY, delay)


@pytest.mark.parametrize("failure_class", [*AUTOMATIC, C.OUTCOME_UNKNOWN])
def test_a_delay_never_shrinks_and_never_passes_its_cap(failure_class: C) -> None:
    policy = POLICIES[failure_class]
    delays = [policy.delay(failures) for failures in range(1, 10_000, 7)]
    assert all(first <= second for first, second in pairwise(delays))
    assert delays[-1] == policy.longest_delay


def test_a_policy_without_delays_waits_for_nothing() -> None:
    assert ClassPolicy().delay(5) == NOW


@pytest.mark.parametrize(
    ("failure_class", "attempts"),
    [(C.TRANSIENT, 100), (C.RATE_LIMITED, 100), (C.TIMEOUT, 3)],
)
def test_attempts_are_counted_in_all(failure_class: C, attempts: int) -> None:
    """With three attempts, two failures lead to another one and the third parks."""
    assert judged(failure_class, failures=attempts - 1).kind is VerdictKind.RETRY
    parked = judged(failure_class, failures=attempts)
    assert (parked.kind, parked.because) == (VerdictKind.PARK, f"{attempts} of at most {attempts} tries failed")


@pytest.mark.parametrize(
    ("failure_class", "since_first", "kind"),
    [
        # The delay counts: the next try must begin within the window.
        (C.TRANSIENT, 12 * HOUR - 2 * SECOND, VerdictKind.RETRY),
        (C.TRANSIENT, 12 * HOUR - 1 * SECOND, VerdictKind.PARK),
        (C.RATE_LIMITED, 12 * HOUR - 5 * SECOND, VerdictKind.RETRY),
        (C.RATE_LIMITED, 12 * HOUR - 4 * SECOND, VerdictKind.PARK),
        (C.TIMEOUT, 72 * HOUR - 60 * SECOND, VerdictKind.RETRY),
        (C.TIMEOUT, 72 * HOUR - 59 * SECOND, VerdictKind.PARK),
    ],
)
def test_the_window_ends_the_tries(failure_class: C, since_first: timedelta, kind: VerdictKind) -> None:
    verdict = judged(failure_class, since_first=since_first)
    assert verdict.kind is kind
    assert ("later than" in verdict.because) == (kind is VerdictKind.PARK)


def test_a_delivery_is_tried_for_a_day_and_then_parks_for_a_repeat_of_it() -> None:
    """50 failures in, its delay is 5 min: the last try of the day begins at 24 h sharp."""
    last = judged(C.OUTCOME_UNKNOWN, 50, 24 * HOUR - 5 * MINUTE, stage=Stage.DELIVER)
    assert (last.kind, last.delay) == (VerdictKind.RETRY, 5 * MINUTE)
    parked = judged(C.OUTCOME_UNKNOWN, 50, 24 * HOUR - 5 * MINUTE + SECOND, stage=Stage.DELIVER)
    assert (parked.kind, parked.next_action) == (VerdictKind.PARK, NextAction.RETRY_DELIVERY)


@pytest.mark.parametrize("failure_class", AUTOMATIC)
@pytest.mark.parametrize(
    ("may_retry", "kind"), [(None, VerdictKind.RETRY), (True, VerdictKind.RETRY), (False, VerdictKind.PARK)]
)
def test_a_provider_that_says_no_retry_ends_the_tries(
    failure_class: C, *, may_retry: bool | None, kind: VerdictKind
) -> None:
    verdict = judged(failure_class, may_retry=may_retry, retry_after=SECOND)
    assert verdict.kind is kind
    assert verdict.because == ("the provider says that a retry is of no use" if may_retry is False else "")


@pytest.mark.parametrize("failure_class", [one for one in C if one not in AUTOMATIC])
def test_a_provider_that_says_retry_changes_nothing_for_a_class_that_is_never_retried(failure_class: C) -> None:
    assert judged(failure_class, may_retry=True, retry_after=SECOND).kind is VerdictKind.PARK


@given(
    st.sampled_from(C),
    st.sampled_from(Stage),
    st.integers(1, 10**9),
    st.timedeltas(min_value=NOW, max_value=10_000 * HOUR),
    st.none() | st.timedeltas(min_value=NOW, max_value=10_000 * HOUR),
)
def test_a_verdict_names_a_delay_or_somebody_who_acts(
    failure_class: C, stage: Stage, failures: int, since_first: timedelta, hint: timedelta | None
) -> None:
    verdict = judged(failure_class, failures, since_first, stage=stage, retry_after=hint)
    if verdict.kind is VerdictKind.RETRY:
        assert verdict.delay > NOW
        assert verdict.delay >= (hint or NOW)
        assert verdict.actor is Actor.NOBODY
    else:
        assert verdict.next_action not in {NextAction.NONE, NextAction.WAIT}
        assert verdict.actor is not Actor.NOBODY
