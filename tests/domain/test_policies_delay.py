"""How long a job waits before it tries again: the provider's hint, the spread by chance, and a long outage."""

from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.failures import FailureClass
from signoff.domain.policies import POLICIES, ClassPolicy, VerdictKind, judge
from tests.domain.making import HOUR, MINUTE, SECOND, a_failure

C = FailureClass
NOW: Final = timedelta(0)
AUTOMATIC: Final = (C.TRANSIENT, C.RATE_LIMITED, C.TIMEOUT)
chances: Final = st.floats(0, 1)
# Any rule that retries and never runs out, so that every verdict has a delay.
rules: Final = st.builds(
    ClassPolicy,
    is_automatic=st.just(value=True),
    first_delay=st.timedeltas(NOW, 10 * HOUR),
    growth=st.floats(1, 100),
    longest_delay=st.timedeltas(NOW, 10 * HOUR),
    jitter=st.floats(0, 1),
    attempts=st.just(10**9),
    window=st.just(timedelta(days=10_000)),
)


def delay(policy: ClassPolicy, hint: timedelta | None, *, failures: int = 1, chance: float = 0.0) -> timedelta:
    failure = a_failure(C.RATE_LIMITED, retry_after=hint)
    verdict = judge(failure, policy, failures=failures, since_first=NOW, chance=chance)
    assert verdict.kind is VerdictKind.RETRY
    return verdict.delay


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (NOW, 5 * SECOND),  # never sooner than the class's own delay
        (4 * SECOND, 5 * SECOND),
        (11.054 * SECOND, 11.054 * SECOND),
        (3 * HOUR, 3 * HOUR),  # no cap of ten minutes on the provider's word
    ],
)
def test_a_hint_is_the_shortest_delay(hint: timedelta, expected: timedelta) -> None:
    assert delay(POLICIES[C.RATE_LIMITED], hint) == expected


@pytest.mark.parametrize(("hint", "kind"), [(12 * HOUR, VerdictKind.RETRY), (12 * HOUR + SECOND, VerdictKind.PARK)])
def test_a_hint_beyond_the_window_parks(hint: timedelta, kind: VerdictKind) -> None:
    """12 h is the window: a wait that ends after it is a person's decision."""
    failure = a_failure(C.RATE_LIMITED, retry_after=hint)
    assert judge(failure, POLICIES[C.RATE_LIMITED], failures=1, since_first=NOW).kind is kind


@pytest.mark.parametrize(
    ("failures", "chance", "expected"),
    [
        (1, 0.0, 5 * SECOND),
        (1, 0.5, 4.5 * SECOND),  # half of the jitter of 20 %
        (1, 1.0, 4 * SECOND),
        (8, 0.0, 600 * SECOND),  # at the cap the spread goes on, downwards
        (8, 1.0, 480 * SECOND),
    ],
)
def test_chance_shortens_a_delay_by_up_to_the_jitter(failures: int, chance: float, expected: timedelta) -> None:
    assert delay(POLICIES[C.RATE_LIMITED], None, failures=failures, chance=chance) == expected


@pytest.mark.parametrize(
    ("hint", "chance", "expected"),
    [
        (100 * SECOND, 0.0, 100 * SECOND),
        (100 * SECOND, 0.5, 110 * SECOND),  # 100 s + half of 20 %
        (100 * SECOND, 1.0, 120 * SECOND),
        (3 * HOUR, 1.0, 3 * HOUR + MINUTE),  # 20 % of it would be 36 min; a minute is enough to spread
    ],
)
def test_chance_stretches_a_hint_by_up_to_the_jitter_or_a_minute(
    hint: timedelta, chance: float, expected: timedelta
) -> None:
    assert delay(POLICIES[C.RATE_LIMITED], hint, chance=chance) == expected


@given(rules, st.integers(1, 10**6), st.none() | st.timedeltas(NOW, 100 * HOUR), chances)
def test_a_delay_is_never_above_the_cap_unless_the_hint_is_and_never_below_the_hint(
    policy: ClassPolicy, failures: int, hint: timedelta | None, chance: float
) -> None:
    given_hint = hint or NOW
    found = delay(policy, hint, failures=failures, chance=chance)
    assert found >= given_hint
    assert found <= max(policy.longest_delay, given_hint + min(given_hint * policy.jitter, MINUTE))


@given(rules, st.integers(1, 10**6), chances)
def test_a_delay_is_never_shorter_than_the_jitter_permits(policy: ClassPolicy, failures: int, chance: float) -> None:
    # A microsecond is what a `timedelta` is rounded to.
    least = policy.delay(failures) * (1 - policy.jitter) - timedelta(microseconds=1)
    assert least <= policy.delay(failures, chance) <= policy.delay(failures)


@pytest.mark.parametrize("hint", [None, MINUTE, 3 * HOUR])
def test_jobs_that_failed_together_do_not_come_back_together(hint: timedelta | None) -> None:
    spread = {delay(POLICIES[C.TRANSIENT], hint, failures=5, chance=step / 100) for step in range(100)}
    assert len(spread) == 100


def survived(failure_class: C, chance: float) -> tuple[timedelta, int]:
    """Say when the last try begins while every one fails at once, and how many there were."""
    after, failures = NOW, 1
    while True:
        failure = a_failure(failure_class)
        verdict = judge(failure, POLICIES[failure_class], failures=failures, since_first=after, chance=chance)
        if verdict.kind is VerdictKind.PARK:
            return after, failures
        after, failures = after + verdict.delay, failures + 1


@pytest.mark.parametrize("failure_class", [C.TRANSIENT, C.RATE_LIMITED])
@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_an_outage_of_six_hours_is_survived_whatever_chance_brings(failure_class: C, chance: float) -> None:
    """The shortest delays: 0.8 * (2 + 4 + ... + 512) s = 818 s, then 480 s each; 6 h are over after some 54 tries.

    So neither the 100 attempts nor the window of 12 h ends before the outage does; and the provider is back for up
    to ten minutes before the next try is made.
    """
    last, tries = survived(failure_class, chance)
    assert last >= 6 * HOUR + 10 * MINUTE
    assert last <= 12 * HOUR
    assert tries <= 100


def test_a_timeout_is_tried_three_times_in_all() -> None:
    """60 s and 120 s apart, since each try runs to its own deadline anyway."""
    assert survived(C.TIMEOUT, 0.0) == (180 * SECOND, 3)
