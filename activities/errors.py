"""From faults to Temporal errors: the only place that builds an `ApplicationError`.

What is built here is raised `from None`: the server keeps 4 kB of the last failure of a pending activity. What stands
behind a fault, traceback by traceback, takes more, and an operator would read of that limit alone.
"""

import random
from datetime import datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from signoff.domain.classifier import classify
from signoff.domain.deployment import DeploymentPolicy, Failed, JobPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import Failure, FailureClass
from signoff.domain.policies import VerdictKind, judge

NOT_YET = "not_yet"
"""The error type of a look that found the response still under way: news, not a failure."""


REFUSED = "refused"
"""The error type of a step that was asked for what can't be done now."""


def failure_of(fault: FaultError, at: datetime, *, age: timedelta | None = None) -> Failure:
    """Classify what an adapter saw. `age` is the age of the response, which decides what a 404 means."""
    seen = fault.seen.model_copy(update={"age": age})
    return Failure(
        stage=seen.stage,
        failure_class=classify(seen) or FailureClass.UNCLASSIFIED,
        code=seen.error_code or (str(seen.http_status) if seen.http_status else str(seen.network or "")),
        message=seen.message,
        evidence=seen.evidence,
        at=at,
        retry_after=seen.retry_after,
        may_retry=seen.may_retry,
    )


def under(deployment: DeploymentPolicy, job: JobPolicy, failure: Failure, *, is_repeatable: bool = True) -> Failed:
    """Send the terms along that this deployment has for such a failure of such a job."""
    terms = deployment.terms(failure.failure_class, failure.stage, job, is_repeatable=is_repeatable)
    return Failed(failure=failure, terms=terms)


def final(failed: Failed) -> ApplicationError:
    """End the activity with a failure; what follows is the workflow's decision."""
    failure = failed.failure
    return ApplicationError(str(failure), failure, failed.terms, type=failure.failure_class, non_retryable=True)


def repeated(failed: Failed, *, failures: int, since_first: timedelta) -> ApplicationError:
    """Let the server repeat the activity as the failure's class permits, or end it."""
    failure, terms = failed.failure, failed.terms
    chance = random.random()  # noqa: S311  it spreads load, it keeps no secret
    verdict = judge(failure, terms.rule, failures=failures, since_first=since_first, chance=chance)
    if verdict.kind is VerdictKind.PARK:
        return final(failed)
    return ApplicationError(str(failure), failure, terms, type=failure.failure_class, next_retry_delay=verdict.delay)


def insisted(failure: Failure) -> ApplicationError:
    """Let the server repeat the activity whatever the class, as long as its time lasts."""
    return ApplicationError(str(failure), failure, type=failure.failure_class)


def refused(message: str) -> ApplicationError:
    """End a step that no workflow waits for, since what it was asked for can't be done now."""
    return ApplicationError(message, type=REFUSED, non_retryable=True)


def malformed(message: str) -> ApplicationError:
    """Refuse a workflow that was started with something that is no request."""
    return ApplicationError(message, type=FailureClass.MALFORMED_INPUT, non_retryable=True)


def not_yet(message: str, delay: timedelta) -> ApplicationError:
    """Let the server look again after a delay, without calling it an error anywhere."""
    return ApplicationError(message, type=NOT_YET, next_retry_delay=delay, category=ApplicationErrorCategory.BENIGN)
