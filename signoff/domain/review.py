"""What a review needs, and the review itself: what is held, for whom, until when, and what was said."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, Field, model_validator

from signoff.domain.arrangement import ArrangementLine
from signoff.domain.checks import Checks
from signoff.domain.decision import DecisionLine
from signoff.domain.model import Input, Name, Value, identity
from signoff.domain.panel import House, Panel

GROUP_PREFIX: Final = "group:"
DAY: Final = timedelta(days=1)
LONGEST_REVIEW: Final = timedelta(days=365)
EDITS_KEPT: Final = 20
"""How often the drafts of one review may be edited."""

People = Annotated[tuple[Name, ...], Field(max_length=100)]
"""Names of people, and of groups of the deployment's settings as `group:NAME`."""

Moment = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=LONGEST_REVIEW)]


class ReviewPolicy(Input):
    """What a review needs.

    `approvals` distinct people must approve the same bytes; `reject_after` rejections of them close the job. With
    `reviewers` only they may decide, otherwise anyone but the requester; `allow_self_approval` lifts that. A seat may
    be handed to `delegates`, or to anyone where there are none. After `window` without a decision the job expires;
    `reminders` say how long before that people are told again. After `escalate_after` the people of `escalate_to` are
    told, and may decide as well. `rework_rounds` is how often changes may be asked for. `checks` run before the review
    and give findings.
    """

    approvals: int = Field(default=1, ge=1, le=10)
    reject_after: int = Field(default=1, ge=1, le=10)
    reviewers: People = ()
    delegates: People = ()
    allow_self_approval: bool = False
    window: Moment = timedelta(days=7)
    reminders: Annotated[tuple[Moment, ...], Field(max_length=10)] = (DAY,)
    escalate_after: Moment | None = None
    escalate_to: People = ()
    rework_rounds: int = Field(default=3, ge=0, le=20)
    checks: Checks = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.escalate_to) != (self.escalate_after is not None):
            msg = "escalate_after, escalate_to: give both, when and to whom, or neither"
            raise ValueError(msg)
        if self.escalate_after and self.escalate_after >= self.window:
            msg = "escalate_after: the review is over by then; it must be shorter than window"
            raise ValueError(msg)
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it names, wherever it does."""
        named = (*self.reviewers, *self.delegates, *self.escalate_to)
        return tuple(dict.fromkeys(group for name in named if (group := group_in(name))))

    def impossible_for(self, requester: str) -> str:
        """Say why nobody could ever approve what this requester asks for; empty when somebody could.

        Who belongs to a group is not known here, so a policy that names one may always be possible.
        """
        barred = set() if self.allow_self_approval else {identity(requester)}
        able = {identity(name) for name in self.reviewers} - barred
        if not self.reviewers or any(map(group_in, (*self.reviewers, *self.escalate_to))):
            return ""
        able |= {identity(name) for name in self.escalate_to} - barred
        if len(able) < self.approvals:
            needed = "1 approval is" if self.approvals == 1 else f"{self.approvals} approvals are"
            return f"{needed} needed, but only {len(able)} of the reviewers may approve this job"
        if self.approvals + self.reject_after - 2 >= len(able):
            missed = f"{self.approvals} approvals or {self.reject_after} rejections"
            return f"{len(able)} reviewers could all decide without {missed}; name more, or ask for fewer"
        return ""


class Review(Value):
    """The review that is open, or was.

    `panel` is who may decide now, `house` what the deployment said when the draft was held. `digest` names what is
    held: the draft, or the last edit of it. `redirect` counts the changes of where it goes; where there is one, the
    bytes are approved, and only their new destination is asked for. `reminded_at` is when people were last told again.
    """

    policy: ReviewPolicy
    digest: str
    requester: str
    opened_at: AwareDatetime
    due_at: AwareDatetime
    lines: tuple[DecisionLine, ...] = ()
    panel: Panel = Panel()
    house: House = House()
    claimed_by: str = ""
    claimed_at: AwareDatetime | None = None
    arrangements: tuple[ArrangementLine, ...] = ()
    redirect: int = 0
    reminded_at: AwareDatetime | None = None
    escalated_at: AwareDatetime | None = None

    def when_over(self) -> Self:
        """Keep what was said, and leave out what only an open review needs: a record has room for many of them."""
        policy = self.policy.model_copy(update={"checks": ()})
        panel = self.panel.model_copy(update={"groups": {}})
        house = self.house.model_copy(update={"groups": {}})
        return self.model_copy(update={"policy": policy, "panel": panel, "house": house})

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved the held digest, each once."""
        people: dict[str, str] = {}
        for line in self.lines:
            if line.approves(self.digest):
                # Whoever edits a draft back to what it was may have approved the same bytes before.
                people.setdefault(identity(line.reviewer), line.reviewer)
        return tuple(people.values())

    @property
    def is_approved(self) -> bool:
        """Whether enough distinct people approved the held digest, and it is not rejected."""
        return not self.is_rejected and len(self.approvers) >= self.policy.approvals

    @property
    def is_rejected(self) -> bool:
        """Whether enough distinct people rejected the held digest."""
        against = {identity(line.reviewer) for line in self.lines if line.rejects(self.digest)}
        return len(against) >= self.policy.reject_after

    @property
    def has_approved_bytes(self) -> bool:
        """Whether enough people approved these bytes, whatever they say of where those go now."""
        return self.is_approved or bool(self.redirect)

    @property
    def decided(self) -> frozenset[str]:
        """Who decided on what is held, in the form in which look-alikes are equal."""
        held = (line for line in self.lines if line.approves(self.digest) or line.rejects(self.digest))
        return frozenset(identity(line.reviewer) for line in held)

    @property
    def edits(self) -> int:
        """How often what is held was edited."""
        return sum(1 for line in self.lines if line.is_accepted and line.edited_digest)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The people who may still decide; nobody in particular where anybody may."""
        barred = self.decided if self.policy.allow_self_approval else self.decided | {identity(self.requester)}
        return tuple(name for name in self.panel.people if identity(name) not in barred)

    @property
    def next_moment(self) -> datetime:
        """When something happens to this review if nobody says anything."""
        return min(moment for moment in (self.due_at, self.escalates_at, self.reminds_at) if moment)

    @property
    def escalates_at(self) -> datetime | None:
        """When others are to join, if that is still to come."""
        after = self.policy.escalate_after
        return self.opened_at + after if after and self.escalated_at is None else None

    @property
    def reminds_at(self) -> datetime | None:
        """When people are told again, if that is still to come."""
        reminded = self.reminded_at or self.opened_at
        moments = (self.due_at - before for before in self.policy.reminders)
        return min((moment for moment in moments if moment > reminded), default=None)


def group_in(name: str) -> str:
    """Give the group that a name stands for; empty where it is a person's."""
    return name.removeprefix(GROUP_PREFIX).strip() if name.startswith(GROUP_PREFIX) else ""


def people_in(names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names that are people's."""
    return tuple(name for name in names if not group_in(name))


def members_of(names: tuple[str, ...], house: House) -> dict[str, tuple[str, ...]]:
    """Give the members of each group among the names. One that the deployment does not know has none."""
    groups = (group for name in names if (group := group_in(name)))
    return {group: house.groups.get(group, ()) for group in groups}


def panel_for(policy: ReviewPolicy, house: House) -> Panel:
    """Say who may decide when a review is opened."""
    return Panel(
        is_open=not policy.reviewers,
        seats=people_in(policy.reviewers),
        groups=members_of(policy.reviewers, house),
    )
