"""What the workflow asks of each activity: one model per call, so that fields can be added."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, JsonValue

from signoff.domain.arrangement import Arrangement
from signoff.domain.checks import Check
from signoff.domain.decision import Decision
from signoff.domain.deliverable import Digest
from signoff.domain.delivery import DeliverySpec, Release
from signoff.domain.deployment import SOONEST, DeploymentPolicy, JobPolicy
from signoff.domain.job import JobRequest
from signoff.domain.model import Value
from signoff.domain.notice import Notice
from signoff.domain.parameters import evidence_includes
from signoff.domain.record import JobRecord
from signoff.domain.rework import Rework
from signoff.domain.schedule import WaitMode


class CreateOrder(Value):
    """Make the response of one attempt, if it could be reviewed and delivered at all.

    `rework` says which turn it is after a reviewer asked for changes, `groups` which groups the review names.
    `destination` is all that an older version named.
    """

    job_id: str
    run_id: str = ""
    attempt: int
    parameters: dict[str, JsonValue]
    rework: Rework | None = None
    groups: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    destination: DeliverySpec = Release()
    destinations: tuple[DeliverySpec, ...] = ()
    policy: JobPolicy = JobPolicy()


class ResponseOrder(Value):
    """Look at the response of an attempt, or cancel it.

    `ends_at` is its deadline as an older version reckoned it. `opened_at` is when the job was accepted, where its
    budget of wall time bounds this attempt.
    """

    job_id: str
    attempt: int
    response_id: str
    created_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    deadline: timedelta | None = None
    completion_window: str = SOONEST
    opened_at: AwareDatetime | None = None
    include: tuple[str, ...] = ()
    max_tool_calls: int | None = None
    wait: WaitMode = WaitMode.AUTO
    groups: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    policy: JobPolicy = JobPolicy()

    def deadline_under(self, deployment: DeploymentPolicy) -> datetime:
        """Say when the attempt must have ended: at its own limit, or when the job's budget of time is spent."""
        if self.ends_at:
            return self.ends_at
        ends_at = self.created_at + deployment.deadline(self.completion_window, self.deadline)
        wall_time = self.policy.maximum.within(deployment.maximum).wall_time
        return min(ends_at, self.opened_at + wall_time) if wall_time and self.opened_at else ends_at

    def stuck_at(self, deployment: DeploymentPolicy) -> datetime:
        """Say from when on a response counts as stuck that is still queued."""
        return self.created_at + deployment.stuck(self.completion_window)

    @classmethod
    def for_attempt(cls, request: JobRequest, record: JobRecord) -> Self:
        """Ask for the response of the attempt under way.

        Raises:
            ValueError: There is no such response yet.
        """
        attempt = record.attempt
        if attempt is None or attempt.created_at is None:
            msg = "no response has been created yet"
            raise ValueError(msg)
        limit = request.response.get("max_tool_calls")
        return cls(
            job_id=record.job_id,
            attempt=attempt.number,
            response_id=attempt.response_id,
            created_at=attempt.created_at,
            deadline=request.deadline,
            completion_window=request.completion_window,
            # What a person allowed is not stopped by a budget that was spent before.
            opened_at=None if record.repairs or record.rework else record.opened_at,
            include=tuple(evidence_includes(request.response)),
            max_tool_calls=limit if isinstance(limit, int) else None,
            wait=request.wait,
            groups=request.review.groups,
            checks=request.review.checks,
            policy=request.policy,
        )


class FindOrder(Value):
    """Look in the provider's list for the response of an attempt whose create was not answered."""

    job_id: str
    attempt: int
    since: AwareDatetime
    policy: JobPolicy = JobPolicy()


class NamedOrder(Value):
    """Look at a response that somebody named, or settle it; it may be of any job.

    `attempt` is the one that it is of, where that is known.
    """

    job_id: str
    response_id: str
    attempt: int = 0
    policy: JobPolicy = JobPolicy()


class ExamineOrder(Value):
    """Find out what a message to an open review rests on.

    `body_digest` is that of the response body behind the draft, empty where it is not known.
    """

    job_id: str
    message: Decision | Arrangement
    must_be_attested: bool = False
    checks: tuple[Check, ...] = ()
    body_digest: str = ""


class DeliverOrder(Value):
    """Deliver the bytes that were approved, and no others, to one destination; `number` says which delivery it is."""

    job_id: str
    digest: Digest
    approvers: tuple[str, ...]
    number: int = 1
    destination: DeliverySpec
    policy: JobPolicy = JobPolicy()


class RedirectOrder(Value):
    """Say whether an approved result may go to another destination, and whether people have to approve that."""

    job_id: str
    destination: DeliverySpec


class ArchiveOrder(Value):
    """Keep the record of a job that has closed."""

    record: JobRecord


class NotifyOrder(Value):
    """Tell people of a job."""

    job_id: str
    notice: Notice
