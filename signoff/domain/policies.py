"""What each failure class permits, and the pure function that decides after a failure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.model import Value, in_words
from signoff.domain.status import Actor, NextAction

_seconds = timedelta(seconds=1)
_minutes = timedelta(minutes=1)
_hours = timedelta(hours=1)

_HINT_SPREAD: Final = timedelta(minutes=1)
"""The most by which a provider's hint is stretched, so that all who were given it do not come back at once."""


class ClassPolicy(Value):
    """What a failure class permits.

    Delays grow from `first_delay` by the factor `growth` up to `longest_delay`; each is shortened by up to the
    share `jitter`. `attempts` bounds how often the same step is begun in all, `window` how long after its first
    failure; whichever is spent first parks the job with `next_action` for `actor`. A class that is not
    `is_automatic` is never retried by itself.
    """

    is_automatic: bool = False
    first_delay: timedelta = 0 * _seconds
    growth: float = 2.0
    longest_delay: timedelta = 0 * _seconds
    jitter: float = 0.2
    attempts: int = 1
    window: timedelta = 0 * _seconds
    next_action: NextAction = NextAction.INSPECT
    actor: Actor = Actor.OPERATOR

    def delay(self, failures: int, chance: float = 0.0) -> timedelta:
        """Say how long to wait after so many failures in a row (1 for the first); `chance` is from 0 to 1."""
        # In seconds, as a `timedelta` overflows long before the cap is applied.
        grown = self.first_delay.total_seconds() * self.growth ** min(failures - 1, 64)
        capped = min(grown, self.longest_delay.total_seconds())
        return timedelta(seconds=capped * (1 - self.jitter * chance))


POLICIES: Final[dict[FailureClass, ClassPolicy]] = {
    FailureClass.TRANSIENT: ClassPolicy(
        is_automatic=True,
        first_delay=2 * _seconds,
        longest_delay=10 * _minutes,
        attempts=100,
        window=12 * _hours,
        next_action=NextAction.RETRY,
    ),
    FailureClass.RATE_LIMITED: ClassPolicy(
        is_automatic=True,
        first_delay=5 * _seconds,
        longest_delay=10 * _minutes,
        attempts=100,
        window=12 * _hours,
        next_action=NextAction.RETRY,
    ),
    FailureClass.TIMEOUT: ClassPolicy(
        is_automatic=True,
        first_delay=60 * _seconds,
        longest_delay=5 * _minutes,
        attempts=3,
        window=72 * _hours,
        next_action=NextAction.RETRY,
    ),
    FailureClass.OUTCOME_UNKNOWN: ClassPolicy(
        first_delay=5 * _seconds,
        longest_delay=10 * _minutes,
        attempts=3,
        window=12 * _hours,
        next_action=NextAction.INSPECT,
    ),
    FailureClass.QUOTA: ClassPolicy(next_action=NextAction.RESTORE_QUOTA),
    FailureClass.CONFIGURATION: ClassPolicy(next_action=NextAction.FIX_CONFIGURATION),
    FailureClass.MALFORMED_INPUT: ClassPolicy(next_action=NextAction.AMEND_REQUEST, actor=Actor.REQUESTER),
    FailureClass.POLICY: ClassPolicy(next_action=NextAction.INSPECT),
    FailureClass.REVIEW_REQUIRED: ClassPolicy(next_action=NextAction.INSPECT, actor=Actor.REVIEWER),
    FailureClass.RESULT_LOST: ClassPolicy(next_action=NextAction.INSPECT),
    FailureClass.UNCLASSIFIED: ClassPolicy(next_action=NextAction.INSPECT),
}
"""The defaults; complete, so that no class is ever without a rule.

Whether an unknown outcome leads to another create is not decided by its class alone, see `OnUnknown`; its delays
and attempts hold where it may.
"""

DELIVERY: Final = ClassPolicy(
    is_automatic=True,
    first_delay=2 * _seconds,
    longest_delay=5 * _minutes,
    attempts=400,
    window=24 * _hours,
    next_action=NextAction.RETRY_DELIVERY,
)
"""What holds for a delivery in place of its class's rule, where it may be repeated at all."""


class VerdictKind(StrEnum):
    """What follows a failure."""

    RETRY = "retry"
    PARK = "park"


class Verdict(Value):
    """What was decided after a failure: another go after `delay`, or stop with `next_action` for `actor`.

    `because` says what made it a stop where the class would have permitted another go.
    """

    kind: VerdictKind
    delay: timedelta = 0 * _seconds
    next_action: NextAction = NextAction.WAIT
    actor: Actor = Actor.NOBODY
    because: str = ""


def is_redeliverable(
    policy: ClassPolicy, failure_class: FailureClass, stage: Stage, *, is_repeatable: bool = True
) -> bool:
    """Whether it is a delivery that may be tried again by itself.

    After an unknown outcome only a destination may be that knows a repeat: there its key makes it harmless.
    """
    is_unknown = failure_class is FailureClass.OUTCOME_UNKNOWN
    return stage is Stage.DELIVER and (is_repeatable if is_unknown else policy.is_automatic)


def judge(
    failure: Failure, policy: ClassPolicy, *, failures: int, since_first: timedelta, chance: float = 0.0
) -> Verdict:
    """Decide what follows a failure.

    Args:
        failure: The failure. Its `retry_after` is honoured as the shortest delay, without a cap, and a
            `may_retry` that is false ends the tries.
        policy: The rule of its class.
        failures: How many failures in a row the step has had, this one included.
        since_first: The time since the first of them.
        chance: A number from 0 to 1 that spreads the delays of many jobs.
    """
    hint = failure.retry_after or timedelta(0)
    delay = max(policy.delay(failures, chance), hint + min(hint * policy.jitter, _HINT_SPREAD) * chance)
    because = _end_of(policy, failure, failures, since_first + delay) if policy.is_automatic else ""
    if policy.is_automatic and not because:
        return Verdict(kind=VerdictKind.RETRY, delay=delay)
    return parked(policy, because)


def parked(policy: ClassPolicy, because: str = "") -> Verdict:
    """Stop for the person whom the rule names."""
    return Verdict(kind=VerdictKind.PARK, next_action=policy.next_action, actor=policy.actor, because=because)


def _end_of(policy: ClassPolicy, failure: Failure, failures: int, then: timedelta) -> str:
    if failure.may_retry is False:
        return "the provider says that a retry is of no use"
    if failures >= policy.attempts:
        return f"{failures} of at most {policy.attempts} tries failed"
    if then > policy.window:
        return f"the next try would come later than {in_words(policy.window)} after the first failure"
    return ""
