"""What each class permits, and what `judge` makes of it."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.failures import FailureClass, Stage
from signoff.domain.policies import POLICIES, ClassPolicy, VerdictKind, judge, policy_for
from signoff.domain.status import NextAction
from tests.domain.making import DAY, HOUR, MINUTE, SECOND, a_failure

C = FailureClass
NOW: Final = timedelta(0)
AUTOMATIC: Final = (C.TRANSIENT, C.RATE_LIMITED, C.TIMEOUT)


def test_every_class_has_a_policy() -> None:
    assert set(POLICIES) == set(FailureClass)


@pytest.mark.parametrize("failure_class", list(C))
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.DELIVER])
def test_only_three_classes_are_retried_by_themselves(stage: Stage, failure_class: C) -> None:
    assert policy_for(failure_class, stage).is_automatic == (failure_class in AUTOMATIC)


@pytest.mark.parametrize("failure_class", list(C))
def test_a_delivery_of_unknown_outcome_is_repeated_too(failure_class: C) -> None:
    """Its idempotency key makes that harmless."""
    permitted = {*AUTOMATIC, C.OUTCOME_UNKNOWN}
    assert policy_for(failure_class, Stage.DELIVER).is_automatic == (failure_class in permitted)


@pytest.mark.parametrize(
    ("failure_class", "action"),
    [
        (C.TRANSIENT, NextAction.RETRY),
        (C.RATE_LIMITED, NextAction.RETRY),
        (C.TIMEOUT, NextAction.RETRY),
        (C.OUTCOME_UNKNOWN, NextAction.INSPECT),
        (C.QUOTA, NextAction.RESTORE_QUOTA),
        (C.CONFIGURATION, NextAction.FIX_CONFIGURATION),
        (C.MALFORMED_INPUT, NextAction.AMEND_REQUEST),
        (C.POLICY, NextAction.INSPECT),
        (C.REVIEW_REQUIRED, NextAction.INSPECT),
        (C.RESULT_LOST, NextAction.INSPECT),
        (C.UNCLASSIFIED, NextAction.INSPECT),
    ],
)
def test_a_class_without_budget_left_parks_with_its_next_action(failure_class: C, action: NextAction) -> None:
    verdict = judge(a_failure(failure_class), failures=1_000, since_first=NOW)
    assert (verdict.kind, verdict.next_action, verdict.delay) == (VerdictKind.PARK, action, NOW)


@pytest.mark.parametrize("failure_class", [one for one in C if one not in AUTOMATIC])
def test_any_other_class_parks_at_its_first_failure(failure_class: C) -> None:
    assert judge(a_failure(failure_class), failures=1, since_first=NOW).kind is VerdictKind.PARK


@pytest.mark.parametrize(
    ("failure_class", "failures", "delay"),
    [
        (C.TRANSIENT, 1, 2 * SECOND),
        (C.TRANSIENT, 2, 4 * SECOND),
        (C.TRANSIENT, 8, 256 * SECOND),  # 2 s * 2 ** 7
        (C.TRANSIENT, 9, 5 * MINUTE),  # 512 s is above the cap
        (C.TRANSIENT, 99, 5 * MINUTE),  # 2 s * 2 ** 98 would not fit into a timedelta
        (C.RATE_LIMITED, 1, 5 * SECOND),
        (C.RATE_LIMITED, 7, 320 * SECOND),  # 5 s * 2 ** 6
        (C.RATE_LIMITED, 8, 10 * MINUTE),  # 640 s is above the cap
        (C.TIMEOUT, 1, 30 * SECOND),
        (C.TIMEOUT, 2, 60 * SECOND),
    ],
)
def test_delays_grow_to_their_cap(failure_class: C, failures: int, delay: timedelta) -> None:
    verdict = judge(a_failure(failure_class), failures=failures, since_first=NOW)
    assert (verdict.kind, verdict.delay) == (VerdictKind.RETRY, delay)


@pytest.mark.parametrize("failure_class", AUTOMATIC)
def test_a_delay_never_shrinks_and_never_passes_its_cap(failure_class: C) -> None:
    policy = POLICIES[failure_class]
    delays = [policy.delay(failures) for failures in range(1, 10_000, 7)]
    assert all(first <= second for first, second in pairwise(delays))
    assert delays[-1] == policy.longest_delay


def test_a_policy_without_delays_waits_for_nothing() -> None:
    assert ClassPolicy().delay(5) == NOW


@pytest.mark.parametrize(
    ("hint", "delay"),
    [
        (timedelta(0), 5 * SECOND),  # never sooner than the class's own delay
        (4 * SECOND, 5 * SECOND),
        (11.054 * SECOND, 11.054 * SECOND),
        (3 * HOUR, 3 * HOUR),  # no cap of ten minutes on the provider's word
    ],
)
def test_a_hint_is_the_shortest_delay(hint: timedelta, delay: timedelta) -> None:
    verdict = judge(a_failure(C.RATE_LIMITED, retry_after=hint), failures=1, since_first=NOW)
    assert (verdict.kind, verdict.delay) == (VerdictKind.RETRY, delay)


def test_a_hint_beyond_the_window_parks() -> None:
    """8 h is the window: a wait that ends after it is a person's decision."""
    verdict = judge(a_failure(C.RATE_LIMITED, retry_after=9 * HOUR), failures=1, since_first=NOW)
    assert verdict.kind is VerdictKind.PARK


@pytest.mark.parametrize(
    ("failure_class", "attempts"),
    [(C.TRANSIENT, 100), (C.RATE_LIMITED, 100), (C.TIMEOUT, 3)],
)
def test_attempts_are_counted_in_all(failure_class: C, attempts: int) -> None:
    """With three attempts, two failures lead to another one and the third parks."""
    failure = a_failure(failure_class)
    assert judge(failure, failures=attempts - 1, since_first=NOW).kind is VerdictKind.RETRY
    assert judge(failure, failures=attempts, since_first=NOW).kind is VerdictKind.PARK


@pytest.mark.parametrize(
    ("failure_class", "since_first", "kind"),
    [
        # The delay counts: the next try must begin within the window.
        (C.TRANSIENT, 8 * HOUR - 2 * SECOND, VerdictKind.RETRY),
        (C.TRANSIENT, 8 * HOUR - 1 * SECOND, VerdictKind.PARK),
        (C.TIMEOUT, 48 * HOUR - 30 * SECOND, VerdictKind.RETRY),
        (C.TIMEOUT, 48 * HOUR - 29 * SECOND, VerdictKind.PARK),
    ],
)
def test_the_window_ends_the_tries(failure_class: C, since_first: timedelta, kind: VerdictKind) -> None:
    assert judge(a_failure(failure_class), failures=1, since_first=since_first).kind is kind


def test_a_delivery_is_tried_for_a_day_and_then_parks_for_a_repeat_of_it() -> None:
    failure = a_failure(C.OUTCOME_UNKNOWN, stage=Stage.DELIVER)
    assert judge(failure, failures=50, since_first=23 * HOUR).kind is VerdictKind.RETRY
    parked = judge(failure, failures=50, since_first=DAY)
    assert (parked.kind, parked.next_action) == (VerdictKind.PARK, NextAction.RETRY_DELIVERY)


@given(
    st.sampled_from(C),
    st.sampled_from(Stage),
    st.integers(1, 10**9),
    st.timedeltas(min_value=NOW, max_value=10_000 * DAY),
    st.none() | st.timedeltas(min_value=NOW, max_value=10_000 * DAY),
)
def test_a_verdict_names_a_delay_or_somebody_who_acts(
    failure_class: C, stage: Stage, failures: int, since_first: timedelta, hint: timedelta | None
) -> None:
    failure = a_failure(failure_class, stage=stage, retry_after=hint)
    verdict = judge(failure, failures=failures, since_first=since_first)
    if verdict.kind is VerdictKind.RETRY:
        assert verdict.delay > NOW
        assert verdict.delay >= (hint or NOW)
    else:
        assert verdict.next_action not in {NextAction.NONE, NextAction.WAIT}
