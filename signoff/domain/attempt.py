"""Attempts at a response: what was begun, what came of it, and what was left over."""

from pydantic import AwareDatetime

from signoff.domain.cost import Cost
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.deployment import Terms
from signoff.domain.evidence import EvidenceRef
from signoff.domain.failures import BoundedText, Failure, FailureClass, Stage
from signoff.domain.model import Value
from signoff.domain.observation import Finding
from signoff.domain.panel import House
from signoff.domain.response import ResponseSnapshot
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import Usage


class Attempt(Value):
    """One `responses.create` and what came of it. It is in the record before the request leaves.

    `is_adopted` says that the reply to the create was lost and its response found in another way. `cost` is what its
    response cost, absent where the worker that saw its end had no price table.
    """

    number: int
    started_at: AwareDatetime
    request_digest: str = ""
    response_id: str = ""
    is_adopted: bool = False
    created_at: AwareDatetime | None = None
    response_status: ResponseStatus | None = None
    ended_at: AwareDatetime | None = None
    model: str = ""
    usage: Usage | None = None
    looks: int = 0
    tool_calls: int = 0
    body_digest: str = ""
    evidence: EvidenceRef | None = None
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
    cost: Cost | None = None

    @property
    def is_outcome_unknown(self) -> bool:
        """Whether a response of it may exist of which nobody knows."""
        failure = self.failure
        is_lost = failure and failure.stage is Stage.CREATE and failure.failure_class is FailureClass.OUTCOME_UNKNOWN
        return bool(is_lost) and not self.response_id

    @property
    def may_have_cost(self) -> bool:
        """Whether OpenAI took its create, or may have."""
        return bool(self.response_id) or self.is_outcome_unknown


class Stray(Value):
    """A response of the job that is not the one it goes on with: its create was paid and its reply lost.

    `status` is what it was when it was last seen; one that still ran was cancelled.
    """

    response_id: str
    attempt: int
    found_at: AwareDatetime
    status: ResponseStatus
    usage: Usage | None = None
    model: str = ""
    note: BoundedText = ""
    cost: Cost | None = None
    evidence: EvidenceRef | None = None


class Ended(Value):
    """What the look that saw the end of a response left behind.

    `deliverable` names the draft in the archive; it is absent when the response holds nothing to review. Then
    `failure` says why, and `terms` what holds after it. `house` is what the deployment says of reviews, `cost` what the
    response cost by its price table.
    """

    snapshot: ResponseSnapshot
    body_digest: str
    looks: int
    evidence: EvidenceRef | None = None
    findings: tuple[Finding, ...] = ()
    deliverable: DeliverableRef | None = None
    failure: Failure | None = None
    terms: Terms | None = None
    house: House = House()
    cost: Cost | None = None
