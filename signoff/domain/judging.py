"""What follows a failure of a job, given everything that happened to it before."""

from datetime import datetime, timedelta
from typing import Final

from signoff.domain.budget import Budget
from signoff.domain.deployment import Failed, OnUnknown
from signoff.domain.failures import Failure, FailureClass
from signoff.domain.policies import ClassPolicy, Verdict, VerdictKind, judge, parked
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction

ATTEMPTS_KEPT: Final = 300
"""How many attempts a record has room for, refused ones included."""


def judged(record: JobRecord, failed: Failed, at: datetime, chance: float = 0.0) -> Verdict:
    """Decide between another attempt, and a stop for a person.

    Args:
        record: The job so far; its last attempt, or its delivery, is what failed.
        failed: The failure, with the terms that hold after it.
        at: Now.
        chance: A number from 0 to 1 that spreads the delays of many jobs.
    """
    rule = _rule(failed)
    if record.status is JobStatus.DELIVERING:
        # The delivery was repeated for as long as its class permits.
        is_unknown = failed.failure.failure_class is FailureClass.OUTCOME_UNKNOWN
        # Where a repeat could do harm, these terms have somebody look first.
        action = rule.next_action if is_unknown else NextAction.RETRY_DELIVERY
        return Verdict(kind=VerdictKind.PARK, next_action=action, actor=Actor.OPERATOR)
    if record.is_working_upstream:
        # Another attempt would be paid beside a run that may still end well.
        return parked(rule, "the response may still be running, so another one is not begun beside it")
    failures, since = _in_a_row(record, failed.failure)
    verdict = judge(failed.failure, rule, failures=failures, since_first=at - since, chance=chance)
    if verdict.kind is VerdictKind.RETRY and (spent := _spent(record, failed.terms.maximum, at + verdict.delay)):
        return parked(rule, spent)
    return verdict


def _rule(failed: Failed) -> ClassPolicy:
    """Give the rule of the class; for an unknown create, what the policy for those makes of it."""
    may_recreate = failed.is_unknown_create and failed.terms.on_unknown is OnUnknown.RECREATE
    return failed.terms.rule.model_copy(update={"is_automatic": True}) if may_recreate else failed.terms.rule


def _in_a_row(record: JobRecord, failure: Failure) -> tuple[int, datetime]:
    """Count the attempts that failed in the same way since the last good one, or since a person acted."""
    count, since = 1, failure.at
    for attempt in reversed(record.attempts[record.judged_from : -1]):
        if attempt.failure is None:
            break
        # Two classes that take turns must not give each other a fresh budget.
        if attempt.failure.failure_class is failure.failure_class:
            count, since = count + 1, attempt.failure.at
    return count, since


def _spent(record: JobRecord, maximum: Budget, then: datetime) -> str:
    if len(record.attempts) >= ATTEMPTS_KEPT:
        return f"{ATTEMPTS_KEPT} attempts were begun, as many as a job may have"
    paid = sum(1 for attempt in record.attempts if attempt.may_have_cost)
    since_opened: timedelta = then - record.opened_at
    return maximum.spent(attempts=paid, wall_time=since_opened, tokens=record.tokens)
