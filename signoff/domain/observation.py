"""What a step saw, before anyone says what it means."""

from datetime import timedelta
from enum import StrEnum

from signoff.domain.failures import BoundedText, Stage
from signoff.domain.model import Value
from signoff.domain.status import ResponseStatus


class NetworkFault(StrEnum):
    """How a call failed that brought no HTTP answer."""

    REFUSED = "refused"
    """Nothing was sent: no connection came about."""

    LOST = "lost"
    """The connection broke after it was made: the request may have been carried out."""

    TIMEOUT = "timeout"
    """No answer in time after the request was sent: it may have been carried out."""


class FindingKind(StrEnum):
    """What a reviewer must know of a result that ended, beside its content."""

    REFUSAL = "refusal"
    EMPTY_TEXT = "empty_text"
    PARTIAL_OUTPUT = "partial_output"
    TOOL_FAILED = "tool_failed"
    TOOL_CALLS_CLIPPED = "tool_calls_clipped"
    APPROVAL_REQUESTED = "approval_requested"
    UNKNOWN_ITEM = "unknown_item"
    SCHEMA_MISMATCH = "schema_mismatch"
    TOO_FEW_CITATIONS = "too_few_citations"
    UNBACKED_CITATION = "unbacked_citation"
    LENGTH = "length"
    FORBIDDEN_TEXT = "forbidden_text"
    CHECK_FAILED = "check_failed"
    CHECK_UNANSWERED = "check_unanswered"


class Finding(Value):
    """One thing that the product noticed in a result. It informs a person; it decides nothing."""

    kind: FindingKind
    message: BoundedText


class Observation(Value):
    """Everything that the classifier may look at, and nothing else.

    `age` is the time since the response was created, or since it was first not found, whichever is shorter.
    `error_type` and `error_code` are the words of an error answer, or of a response that failed. `retry_after` and
    `may_retry` are the provider's own hints; the classifier reads the second one alone, and only where it knows no
    code. `message` and `evidence` are carried along for people; the classifier never reads them.
    """

    stage: Stage
    http_status: int | None = None
    network: NetworkFault | None = None
    error_type: str = ""
    error_code: str = ""
    response_status: ResponseStatus | None = None
    incomplete_reason: str = ""
    findings: tuple[Finding, ...] = ()
    age: timedelta | None = None
    message: BoundedText = ""
    evidence: BoundedText = ""
    retry_after: timedelta | None = None
    may_retry: bool | None = None
