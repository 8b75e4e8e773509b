"""Who may decide on which bytes: the rules that every decision meets, however it arrives."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field, StringConstraints

from signoff.domain.deliverable import Digest
from signoff.domain.model import Input, Name, Value, clipped, identity
from signoff.domain.status import JobStatus

COMMENT_LIMIT: Final = 4_000
REFUSED_LIMIT_BYTES: Final = 500
"""How much is kept of the comment and the reason of a refused decision, since anybody can send many."""


class ReviewPolicy(Input):
    """What a review needs.

    `approvals` distinct people must approve. With `reviewers` only they may decide, otherwise anyone but the
    requester; `allow_self_approval` lifts that. After `window` without a decision the job expires.
    """

    approvals: int = Field(default=1, ge=1, le=10)
    reviewers: tuple[Name, ...] = Field(default=(), max_length=100)
    allow_self_approval: bool = False
    window: timedelta = Field(default=timedelta(days=7), ge=timedelta(seconds=1), le=timedelta(days=365))

    def impossible_for(self, requester: str) -> str:
        """Say why nobody could ever approve what this requester asks for; empty when somebody could."""
        barred = set() if self.allow_self_approval else {identity(requester)}
        able = {identity(name) for name in self.reviewers} - barred
        if not self.reviewers or len(able) >= self.approvals:
            return ""
        return f"{self.approvals} approvals are needed, but only {len(able)} of the reviewers may approve this job"


class DecisionKind(StrEnum):
    """What a reviewer can say."""

    APPROVE = "approve"
    REJECT = "reject"


class Decision(Input):
    """A person's act on the exact bytes that the digest names.

    `decision_id` makes it safe to send again: the first answer is returned, and nothing happens twice.
    """

    decision_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
    kind: DecisionKind
    digest: Digest
    reviewer: Name
    comment: str = Field(default="", max_length=COMMENT_LIMIT)


class DecisionLine(Value):
    """A decision as the record keeps it: taken, or refused with the reason."""

    decision_id: str
    kind: str
    digest: str
    reviewer: str
    comment: str = ""
    at: AwareDatetime
    is_accepted: bool
    reason: str = ""

    def is_of(self, decision: Decision) -> bool:
        """Whether it is about this decision, rather than about another one under the same id."""
        mine = (self.decision_id, self.kind, self.digest, self.reviewer)
        return mine == (decision.decision_id, decision.kind, decision.digest, decision.reviewer)


class DecisionAnswer(Value):
    """What a reviewer is told: whether the decision counts, else why not, and where the job stands now."""

    is_accepted: bool
    reason: str = ""
    status: JobStatus
    at: AwareDatetime


class Review(Value):
    """The review that is open, or was: what is held, for whom, until when, and what was said."""

    policy: ReviewPolicy
    digest: str
    requester: str
    opened_at: AwareDatetime
    due_at: AwareDatetime
    lines: tuple[DecisionLine, ...] = ()

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved the held digest, each once."""
        return tuple(
            line.reviewer
            for line in self.lines
            if line.is_accepted and line.kind == DecisionKind.APPROVE and line.digest == self.digest
        )

    @property
    def is_approved(self) -> bool:
        """Whether enough distinct people approved the held digest, and nobody rejected it."""
        return not self.is_rejected and len({identity(name) for name in self.approvers}) >= self.policy.approvals

    @property
    def is_rejected(self) -> bool:
        """Whether somebody rejected it."""
        return any(line.is_accepted and line.kind == DecisionKind.REJECT for line in self.lines)


def objection(review: Review, decision: Decision, now: datetime) -> str:
    """Say why a decision is refused, in words that tell what to do; empty when it is taken."""
    return next(_objections(review, decision, now), "")


def _objections(review: Review, decision: Decision, now: datetime) -> Iterator[str]:
    who, policy = decision.reviewer, review.policy
    # What permits compares letter by letter; what forbids takes names that look alike for one person.
    person = identity(who)
    if decision.digest != review.digest:
        yield f"the result held for review is {review.digest}, not {decision.digest}; look at it again"
    if now >= review.due_at:
        yield f"the review ended at {review.due_at:%Y-%m-%d %H:%M:%S} UTC without this decision"
    if policy.reviewers and who not in policy.reviewers:
        yield f"{who} is not a reviewer of this job; ask {', '.join(policy.reviewers)}"
    if person == identity(review.requester) and not policy.allow_self_approval:
        yield f"{who} requested this job, so somebody else must decide on it"
    if any(line.is_accepted and identity(line.reviewer) == person for line in review.lines):
        yield f"{who} has decided already"
    if decision.kind is DecisionKind.REJECT and not decision.comment.strip():
        yield "a rejection needs a comment that says why"


def line_for(decision: Decision, now: datetime, reason: str) -> DecisionLine:
    """Write a decision down, refused where there is a reason; of a refused one only the start of its comment."""
    return DecisionLine(
        decision_id=decision.decision_id,
        kind=decision.kind,
        digest=decision.digest,
        reviewer=decision.reviewer,
        comment=clipped(decision.comment, limit_bytes=REFUSED_LIMIT_BYTES) if reason else decision.comment,
        at=now,
        is_accepted=not reason,
        reason=clipped(reason, limit_bytes=REFUSED_LIMIT_BYTES),
    )
