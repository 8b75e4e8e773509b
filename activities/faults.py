"""Counting the faults that a repeated activity meets in a row, in its heartbeat details."""

from datetime import datetime
from http import HTTPStatus

from temporalio import activity

from activities.errors import failure_of, repeated, under
from signoff.domain.deployment import DeploymentPolicy, JobPolicy
from signoff.domain.errors import FaultError
from signoff.domain.model import Value


class Faults(Value):
    """The faults in a row so far. `missing_since` is when the response was first not found, if it still is not."""

    count: int = 0
    since: datetime | None = None
    missing_since: datetime | None = None

    def after(self, fault: FaultError, at: datetime) -> "Faults":
        """Count one more."""
        is_missing = fault.seen.http_status == HTTPStatus.NOT_FOUND
        missing_since = self.missing_since or at if is_missing else None
        return Faults(count=self.count + 1, since=self.since or at, missing_since=missing_since)


class Patience(Value):
    """What decides how long a repeated activity bears faults: the two policies, and when the response was created."""

    deployment: DeploymentPolicy
    job: JobPolicy
    created_at: datetime | None = None


def counted_error(fault: FaultError, patience: Patience, at: datetime) -> Exception:
    """Count a fault, and make the error with which the server repeats the activity as its class permits.

    A response that was there may be missing for a while after it completed, as after its create.
    """
    faults = _known().after(fault, at)
    activity.heartbeat(faults)
    began_at = faults.missing_since or patience.created_at or at
    failed = under(patience.deployment, patience.job, failure_of(fault, at, age=at - began_at))
    return repeated(failed, failures=faults.count, since_first=at - (faults.since or at))


def forget() -> None:
    """Begin to count anew, after a call that met no fault."""
    if _known().count:
        activity.heartbeat(Faults())


def _known() -> Faults:
    details = activity.info().heartbeat_details
    return Faults.model_validate(details[0]) if details else Faults()
