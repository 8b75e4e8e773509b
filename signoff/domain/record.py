"""The record: everything that happened to a job, and where it stands."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from signoff.domain.deliverable import DeliverableRef
from signoff.domain.delivery import DeliverySpec, Receipt, Release
from signoff.domain.failures import BoundedText, Failure
from signoff.domain.model import Value
from signoff.domain.observation import Finding
from signoff.domain.response import ResponseSnapshot, Usage
from signoff.domain.review import Review
from signoff.domain.status import JobStatus, NextAction, ResponseStatus


class Attempt(Value):
    """One `responses.create` and what came of it. It is in the record before the request leaves."""

    number: int
    started_at: AwareDatetime
    response_id: str = ""
    created_at: AwareDatetime | None = None
    response_status: ResponseStatus | None = None
    ended_at: AwareDatetime | None = None
    model: str = ""
    usage: Usage | None = None
    looks: int = 0
    tool_calls: int = 0
    body_digest: str = ""
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None


class TimelineEntry(Value):
    """One line of a job's story. `status` is the status after it."""

    at: AwareDatetime
    event: str
    status: JobStatus
    text: BoundedText


class JobRecord(Value):
    """Everything that happened to a job; the whole state of its workflow, and what the archive keeps.

    `status`, `since`, `reason` and `next_action` say where the job stands as business; `response_status` and
    `generated_at` are the technical facts, and never mix with them. `not_before` is when
    a queued job may begin its next attempt. `refusals_omitted` counts the refused decisions beyond those that
    are listed.
    """

    version: Literal[1] = 1
    job_id: str
    title: str
    requester: str
    labels: dict[str, str] = Field(default_factory=dict)
    request_digest: str
    destination: DeliverySpec = Release()
    status: JobStatus
    since: AwareDatetime
    reason: str
    next_action: NextAction
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    response_status: ResponseStatus | None = None
    generated_at: AwareDatetime | None = None
    attempts: tuple[Attempt, ...] = ()
    deliverable: DeliverableRef | None = None
    review: Review | None = None
    refusals_omitted: int = 0
    receipt: Receipt | None = None
    failure: Failure | None = None
    not_before: AwareDatetime | None = None
    attention_due_at: AwareDatetime | None = None
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether the job has reached a closed status."""
        return self.status.is_closed

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is, or was last, under way."""
        return self.attempts[-1] if self.attempts else None

    @property
    def response_id(self) -> str:
        """The response of the last attempt, empty while there is none."""
        return self.attempt.response_id if self.attempt else ""

    @property
    def is_working_upstream(self) -> bool:
        """Whether OpenAI may still be working, and charging, on the last response."""
        status = self.attempt.response_status if self.attempt else None
        has_stopped = status is not None and status.is_terminal and status is not ResponseStatus.UNKNOWN
        return bool(self.response_id) and not has_stopped

    @property
    def decision_due_at(self) -> datetime:
        """When the open review ends."""
        return self._opened_review.due_at

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved what is held."""
        return self._opened_review.approvers

    @property
    def approved_digest(self) -> str:
        """The digest that may be delivered.

        Raises:
            ValueError: It was not approved by as many people as its policy asks for.
        """
        if not self._opened_review.is_approved:
            msg = f"{self.job_id} has no approved deliverable"
            raise ValueError(msg)
        return self._opened_review.digest

    @property
    def _opened_review(self) -> Review:
        if self.review is None:
            msg = f"{self.job_id} has never been held for review"
            raise ValueError(msg)
        return self.review

    def outcome(self) -> "JobOutcome":
        """Sum up a closed job."""
        return JobOutcome(
            job_id=self.job_id,
            status=self.status,
            reason=self.reason,
            digest=self.deliverable.digest if self.deliverable else None,
            receipt=self.receipt,
            closed_at=self.closed_at,
        )


class JobOutcome(Value):
    """How a job ended: the result of its workflow. The content lies in the archive."""

    job_id: str
    status: JobStatus
    reason: str
    digest: str | None = None
    receipt: Receipt | None = None
    closed_at: AwareDatetime | None = None


class Ended(Value):
    """What the look that saw the end of a response left behind.

    `deliverable` names the draft in the archive; it is absent when the response holds nothing to review.
    """

    snapshot: ResponseSnapshot
    body_digest: str
    looks: int
    findings: tuple[Finding, ...] = ()
    deliverable: DeliverableRef | None = None
    failure: Failure | None = None
