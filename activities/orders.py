"""What the workflow asks of each activity: one model per call, so that fields can be added."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, JsonValue

from signoff.domain.deliverable import Digest
from signoff.domain.delivery import DeliverySpec, Release
from signoff.domain.job import JobRequest
from signoff.domain.model import Value
from signoff.domain.parameters import evidence_includes
from signoff.domain.record import JobRecord
from signoff.domain.schedule import WaitMode


class CreateOrder(Value):
    """Make the response of one attempt, if it could be delivered at all."""

    job_id: str
    attempt: int
    parameters: dict[str, JsonValue]
    destination: DeliverySpec = Release()


class ResponseOrder(Value):
    """Look at the response of an attempt, or cancel it. `ends_at` is its deadline."""

    job_id: str
    attempt: int
    response_id: str
    created_at: AwareDatetime
    ends_at: AwareDatetime
    include: tuple[str, ...] = ()
    max_tool_calls: int | None = None
    wait: WaitMode = WaitMode.AUTO

    def until_end(self, at: datetime, delay: timedelta) -> timedelta:
        """Shorten a delay so that the last look falls on the deadline."""
        left = self.ends_at - at
        return min(delay, left) if left > timedelta(0) else delay

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
            ends_at=attempt.created_at + request.time_limit,
            include=tuple(evidence_includes(request.response)),
            max_tool_calls=limit if isinstance(limit, int) else None,
            wait=request.wait,
        )


class DeliverOrder(Value):
    """Deliver the bytes that were approved, and no others."""

    job_id: str
    digest: Digest
    approvers: tuple[str, ...]
    destination: DeliverySpec


class ArchiveOrder(Value):
    """Keep the record of a job that has closed."""

    record: JobRecord
