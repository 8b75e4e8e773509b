"""What each failure class permits, and the pure function that decides after a failure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.model import Value
from signoff.domain.status import NextAction

_seconds = timedelta(seconds=1)
_minutes = timedelta(minutes=1)
_hours = timedelta(hours=1)


class ClassPolicy(Value):
    """What a failure class permits.

    Delays grow from `first_delay` by the factor `growth` up to `longest_delay`. `attempts` bounds how often
    the same step is begun in all, `window` how long after its first failure; whichever is spent first parks
    the job. A class that is not `is_automatic` is never retried by itself.
    """

    is_automatic: bool = False
    first_delay: timedelta = 0 * _seconds
    growth: float = 2.0
    longest_delay: timedelta = 0 * _seconds
    attempts: int = 1
    window: timedelta = 0 * _seconds
    next_action: NextAction = NextAction.INSPECT

    def delay(self, failures: int) -> timedelta:
        """Say how long to wait after so many failures in a row (1 for the first)."""
        # In seconds, as a `timedelta` overflows long before the cap is applied.
        grown = self.first_delay.total_seconds() * self.growth ** min(failures - 1, 64)
        return timedelta(seconds=min(grown, self.longest_delay.total_seconds()))


POLICIES: Final[dict[FailureClass, ClassPolicy]] = {
    FailureClass.TRANSIENT: ClassPolicy(
        is_automatic=True,
        first_delay=2 * _seconds,
        longest_delay=5 * _minutes,
        attempts=100,
        window=8 * _hours,
        next_action=NextAction.RETRY,
    ),
    FailureClass.RATE_LIMITED: ClassPolicy(
        is_automatic=True,
        first_delay=5 * _seconds,
        longest_delay=10 * _minutes,
        attempts=100,
        window=8 * _hours,
        next_action=NextAction.RETRY,
    ),
    FailureClass.TIMEOUT: ClassPolicy(
        is_automatic=True,
        first_delay=30 * _seconds,
        longest_delay=5 * _minutes,
        attempts=3,
        window=48 * _hours,
        next_action=NextAction.RETRY,
    ),
    FailureClass.OUTCOME_UNKNOWN: ClassPolicy(next_action=NextAction.INSPECT),
    FailureClass.QUOTA: ClassPolicy(next_action=NextAction.RESTORE_QUOTA),
    FailureClass.CONFIGURATION: ClassPolicy(next_action=NextAction.FIX_CONFIGURATION),
    FailureClass.MALFORMED_INPUT: ClassPolicy(next_action=NextAction.AMEND_REQUEST),
    FailureClass.POLICY: ClassPolicy(next_action=NextAction.INSPECT),
    FailureClass.REVIEW_REQUIRED: ClassPolicy(next_action=NextAction.INSPECT),
    FailureClass.RESULT_LOST: ClassPolicy(next_action=NextAction.INSPECT),
    FailureClass.UNCLASSIFIED: ClassPolicy(next_action=NextAction.INSPECT),
}
"""The defaults; complete, so that no class is ever without a rule."""

_DELIVERY: Final = ClassPolicy(
    is_automatic=True,
    first_delay=2 * _seconds,
    longest_delay=5 * _minutes,
    attempts=100,
    window=24 * _hours,
    next_action=NextAction.RETRY_DELIVERY,
)


class VerdictKind(StrEnum):
    """What follows a failure."""

    RETRY = "retry"
    PARK = "park"


class Verdict(Value):
    """What `judge` decided: another go after `delay`, or stop with `next_action` for a person."""

    kind: VerdictKind
    delay: timedelta = 0 * _seconds
    next_action: NextAction = NextAction.WAIT


def policy_for(failure_class: FailureClass, stage: Stage) -> ClassPolicy:
    """Look up the rule for a class at a stage.

    A delivery whose outcome is unknown may be repeated, since its idempotency key makes that harmless.
    """
    policy = POLICIES[failure_class]
    if stage is Stage.DELIVER and (policy.is_automatic or failure_class is FailureClass.OUTCOME_UNKNOWN):
        return _DELIVERY
    return policy


def judge(failure: Failure, *, failures: int, since_first: timedelta) -> Verdict:
    """Decide what follows a failure.

    Args:
        failure: The failure; its `retry_after` is honoured as the shortest delay, without a cap.
        failures: How many failures in a row the step has had, this one included.
        since_first: The time since the first of them.
    """
    policy = policy_for(failure.failure_class, failure.stage)
    delay = max(policy.delay(failures), failure.retry_after or timedelta(0))
    may_retry = policy.is_automatic and failures < policy.attempts and since_first + delay <= policy.window
    if may_retry:
        return Verdict(kind=VerdictKind.RETRY, delay=delay)
    return Verdict(kind=VerdictKind.PARK, next_action=policy.next_action)
