"""What can go wrong, as one closed set of classes and one value."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime

from signoff.domain.model import Value, clipped

TEXT_LIMIT_BYTES: Final = 2_000
BoundedText = Annotated[str, AfterValidator(lambda text: clipped(text, limit_bytes=TEXT_LIMIT_BYTES))]


POSSIBLY_SENT: Final = "possibly_sent"
"""The code of a delivery of unknown outcome to where a repeat would be another delivery."""


class Stage(StrEnum):
    """Which step saw the failure."""

    CREATE = "create"
    LOOK = "look"
    FIND = "find"
    CANCEL = "cancel"
    DELIVER = "deliver"
    ARCHIVE = "archive"
    NOTIFY = "notify"


class FailureClass(StrEnum):
    """Why something failed, as far as it decides what may happen next."""

    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    OUTCOME_UNKNOWN = "outcome_unknown"
    QUOTA = "quota"
    CONFIGURATION = "configuration"
    MALFORMED_INPUT = "malformed_input"
    POLICY = "policy"
    REVIEW_REQUIRED = "review_required"
    RESULT_LOST = "result_lost"
    UNCLASSIFIED = "unclassified"


class Failure(Value):
    """One failure of one step, in the same words wherever it is shown.

    `message` and `evidence` are cut to 2 kB each. `retry_after` and `may_retry` are the provider's hints, where it
    gave any.
    """

    stage: Stage
    failure_class: FailureClass
    code: str = ""
    message: BoundedText
    evidence: BoundedText = ""
    attempt: int = 0
    at: AwareDatetime
    retry_after: timedelta | None = None
    may_retry: bool | None = None

    def __str__(self) -> str:
        """Say it in one line."""
        code = f" ({self.code})" if self.code else ""
        return f"{self.failure_class} at {self.stage}{code}: {self.message}"


def failure_at(stage: Stage, failure_class: FailureClass, message: str, at: datetime, *, code: str = "") -> Failure:
    """Make a failure that the product itself found, without anything observed outside."""
    return Failure(stage=stage, failure_class=failure_class, code=code, message=message, at=at)
