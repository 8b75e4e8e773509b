"""What people arrange around a review without deciding: who is on it, whose seat it is, until when."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from signoff.domain.decision import ATTESTATION_LIMIT, MessageId
from signoff.domain.failures import BoundedText
from signoff.domain.model import Input, Name, Value
from signoff.domain.status import JobStatus

ARRANGEMENTS_KEPT: Final = 100
"""How many accepted arrangements one review has room for."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        msg = "no calendar has this moment; name an earlier one"
        raise ValueError(msg) from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment in whatever zone it was said, kept in UTC as all others are."""


class ArrangementKind(StrEnum):
    """The verbs."""

    CLAIM = "claim"
    """Tell the others that somebody is on it."""

    RELEASE = "release"
    """Take a claim back."""

    DELEGATE = "delegate"
    """Hand one's seat to somebody else."""

    EXTEND = "extend"
    """Move the end of the review."""


class Arrangement(Input):
    """A person's word about a review that decides nothing.

    `arrangement_id` makes it safe to send again. `to` is who gets the seat of a `delegate`, `due_at` the new end of
    an `extend`. `attestation` is as in a decision.
    """

    arrangement_id: MessageId
    kind: ArrangementKind
    by: Name
    to: Name | None = None
    due_at: Moment | None = None
    reason: str = Field(default="", max_length=1_000)
    attestation: str = Field(default="", max_length=ATTESTATION_LIMIT)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        needed = {ArrangementKind.DELEGATE: "to", ArrangementKind.EXTEND: "due_at"}.get(self.kind)
        for field, what in (("to", "who gets the seat"), ("due_at", "when the review ends then")):
            is_given = getattr(self, field) is not None
            if is_given != (field == needed):
                msg = f"{field}: " + (f"{self.kind} does not take it" if is_given else f"say {what}")
                raise ValueError(msg)
        return self


class ArrangementLine(Value):
    """An arrangement as the record keeps it: taken, or refused with the reason."""

    arrangement_id: str
    kind: str
    by: str
    to: str | None = None
    due_at: AwareDatetime | None = None
    reason: BoundedText = ""
    at: AwareDatetime
    is_accepted: bool
    refusal: str = ""

    def is_of(self, arrangement: Arrangement) -> bool:
        """Whether it is about this arrangement, rather than about another one under the same id."""
        mine = (self.arrangement_id, self.kind, self.by, self.to, self.due_at)
        theirs = (arrangement.arrangement_id, arrangement.kind, arrangement.by, arrangement.to, arrangement.due_at)
        return mine == theirs


class ArrangementAnswer(Value):
    """What a person is told: whether it is arranged, else why not, and where the job stands now."""

    is_accepted: bool
    reason: str = ""
    status: JobStatus
    at: AwareDatetime
