"""What was removed of a job after it had closed, as its record says."""

from enum import StrEnum

from pydantic import AwareDatetime

from signoff.domain.model import Value


class Kind(StrEnum):
    """What lies in the folder of a job, as far as it can be kept for different times."""

    REQUEST = "request"
    """The parameters of an attempt, and payloads that were too large for the job's history."""

    RESPONSE = "response"
    """The body of a response, a stray's too, and the evidence index of it."""

    DRAFT = "draft"
    """A deliverable that was not approved."""

    DELIVERABLE = "deliverable"
    """A deliverable that was approved."""

    OTHER = "other"
    """Whatever else lies there."""

    RECORD = "record"
    """The record itself."""


class Erased(Value):
    """Who had the content of a job removed, when and why. It is said in the record, and in the tombstone."""

    at: AwareDatetime
    by: str
    reason: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"erased by {self.by} at {self.at:%Y-%m-%d %H:%M} UTC: {self.reason}"


class Removal(Value):
    """What the retention of the deployment removed: how many objects of one kind, and when it first did."""

    kind: Kind
    at: AwareDatetime
    objects: int

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.kind} removed by retention on {self.at:%Y-%m-%d}"
