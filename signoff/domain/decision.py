"""What a reviewer decides on the exact bytes that were seen, and what the record keeps of it."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from signoff.domain.deliverable import DeliverableRef, Digest
from signoff.domain.model import Input, Name, Value, clipped
from signoff.domain.status import JobStatus

COMMENT_LIMIT: Final = 4_000
ATTESTATION_LIMIT: Final = 200
REDIRECT_LIMIT: Final = 1_000
REFUSED_LIMIT_BYTES: Final = 500
"""How much is kept of the comment and the reason of a refused message, since anybody can send many."""

MessageId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
"""The id that makes a message safe to send again."""


class DecisionKind(StrEnum):
    """What a reviewer can say."""

    APPROVE = "approve"
    """Deliver these bytes."""

    REJECT = "reject"
    """Deliver nothing; the job closes."""

    REQUEST_CHANGES = "request_changes"
    """Make another draft, with the comment as a new turn."""

    APPROVE_EDITED = "approve_edited"
    """Deliver these bytes as the reviewer changed them."""


NEEDS_COMMENT: Final = frozenset({DecisionKind.REJECT, DecisionKind.REQUEST_CHANGES})


class Decision(Input):
    """A person's act on the exact bytes that the digest names.

    `decision_id` makes it safe to send again: the first answer is returned, and nothing happens twice.
    `edited_digest` names the changed deliverable, which lies in the archive already; only `approve_edited` has one.
    `redirect` says which change of the destination was seen, 0 for none: an approval of the same bytes for one
    destination is none for another. `attestation` is the gateway's word that this person decided this, where the
    deployment asks for it.
    """

    decision_id: MessageId
    kind: DecisionKind
    digest: Digest
    reviewer: Name
    comment: str = Field(default="", max_length=COMMENT_LIMIT)
    edited_digest: Digest | None = None
    redirect: int = Field(default=0, ge=0, le=REDIRECT_LIMIT)
    attestation: str = Field(default="", max_length=ATTESTATION_LIMIT)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        is_edited = self.kind is DecisionKind.APPROVE_EDITED
        if is_edited != (self.edited_digest is not None):
            told = "name the changed deliverable, which must lie in the archive" if is_edited else "leave it out"
            msg = f"edited_digest: {told}; only approve_edited has one"
            raise ValueError(msg)
        return self


class Examined(Value):
    """What a look beyond the workflow found out about a message.

    `objection` says why it can't be taken; `edit` is the changed deliverable, where there is one.
    """

    objection: str = ""
    edit: DeliverableRef | None = None


UNEXAMINED: Final = Examined()


class DecisionLine(Value):
    """A decision as the record keeps it: taken, or refused with the reason."""

    decision_id: str
    kind: str
    digest: str
    reviewer: str
    comment: str = ""
    edited_digest: str | None = None
    redirect: int = 0
    at: AwareDatetime
    is_accepted: bool
    reason: str = ""

    def is_of(self, decision: Decision) -> bool:
        """Whether it is about this decision, rather than about another one under the same id."""
        said = decision.model_dump(include={"decision_id", "kind", "digest", "reviewer", "edited_digest", "redirect"})
        return all(getattr(self, name) == value for name, value in said.items())

    def approves(self, digest: str) -> bool:
        """Whether it counts as an approval of these bytes."""
        is_plain = self.kind == DecisionKind.APPROVE and self.digest == digest
        is_edit = self.kind == DecisionKind.APPROVE_EDITED and self.edited_digest == digest
        return self.is_accepted and (is_plain or is_edit)

    def rejects(self, digest: str) -> bool:
        """Whether it counts as a rejection of these bytes."""
        return self.is_accepted and self.kind == DecisionKind.REJECT and self.digest == digest


class LateDecision(Value):
    """A decision that came when its job had closed: refused, and to be written into the archived record."""

    job_id: str
    decision: Decision


class DecisionAnswer(Value):
    """What a reviewer is told: whether the decision counts, else why not, and where the job stands now.

    `is_pending` says that no worker answered in time: the decision is left with the job and will be applied, under
    the same rules, so nobody knows yet whether it counts.
    """

    is_accepted: bool
    reason: str = ""
    status: JobStatus
    at: AwareDatetime
    is_pending: bool = False


def line_for(decision: Decision, now: AwareDatetime, reason: str) -> DecisionLine:
    """Write a decision down, refused where there is a reason; of a refused one only the start of its comment."""
    return DecisionLine(
        decision_id=decision.decision_id,
        kind=decision.kind,
        digest=decision.digest,
        reviewer=decision.reviewer,
        comment=clipped(decision.comment, limit_bytes=REFUSED_LIMIT_BYTES) if reason else decision.comment,
        edited_digest=decision.edited_digest,
        redirect=decision.redirect,
        at=now,
        is_accepted=not reason,
        reason=clipped(reason, limit_bytes=REFUSED_LIMIT_BYTES),
    )
