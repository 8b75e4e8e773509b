"""What a review must come to, reckoned from what was said in it and in other words than the code's."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.review import ReviewPolicy
from tests.domain.making import DAY

REQUESTER: Final = "a-service"
GROUPS: Final = {"legal": ("lea", "bo"), "leads": ("max",)}


def named(names: Iterable[str]) -> set[str]:
    """Give the people behind names of people and groups."""
    return {who for name in names for who in GROUPS.get(name.removeprefix("group:"), (name,))}


def person(name: str) -> str:
    return name.lower()


class Reckoning:
    """One review: who may speak, who spoke on which bytes, and what time owes it."""

    def __init__(self, policy: ReviewPolicy, digest: str, opened_at: datetime, before: "Reckoning | None") -> None:
        self.policy = policy
        self.held = digest
        self.opened_at = opened_at
        self.due_at = opened_at + policy.window
        self.rounds: int = before.rounds if before else 0
        self.redirect = 0
        self.seated: set[str] | None = named(policy.reviewers) if policy.reviewers else None
        self.moves: list[tuple[str, str]] = []
        for by, to in before.moves if before else ():
            self._move_seat(by, to)
        self.votes: set[tuple[str, str, bool]] = set()
        """The bytes, the person, and whether for them."""
        self.claimant = ""
        self.reminded_at = opened_at
        self.is_escalated = False

    @property
    def approved_by(self) -> set[str]:
        return {who for digest, who, is_for in self.votes if digest == self.held and is_for}

    @property
    def is_rejected(self) -> bool:
        against = {who for digest, who, is_for in self.votes if digest == self.held and not is_for}
        return len(against) >= self.policy.reject_after

    @property
    def is_approved(self) -> bool:
        return len(self.approved_by) >= self.policy.approvals and not self.is_rejected

    @property
    def able(self) -> set[str]:
        """Those with a seat who have not spoken on what is held; nobody in particular where anybody may."""
        return {who for who in self.seated or () if self.may_speak(who) and not self.has_spoken(who)}

    def has_spoken(self, who: str) -> bool:
        return any(digest == self.held and whose == person(who) for digest, whose, _ in self.votes)

    def may_speak(self, who: str) -> bool:
        is_own = person(who) == REQUESTER and not self.policy.allow_self_approval
        return not is_own and (self.seated is None or who in self.seated)

    def may_decide(self, said: Decision, now: datetime, *, is_archived: bool) -> bool:
        """Say whether a new decision is to be taken."""
        changes = {DecisionKind.REQUEST_CHANGES, DecisionKind.APPROVE_EDITED} if self.redirect else {}
        is_about_this = (said.digest, said.redirect) == (self.held, self.redirect) and said.kind not in changes
        if not is_about_this or now >= self.due_at:
            return False
        if not self.may_speak(said.reviewer) or self.has_spoken(said.reviewer):
            return False
        match said.kind:
            case DecisionKind.APPROVE:
                return True
            case DecisionKind.REJECT:
                return bool(said.comment)
            case DecisionKind.REQUEST_CHANGES:
                return bool(said.comment) and self.rounds < self.policy.rework_rounds
            case DecisionKind.APPROVE_EDITED:
                return is_archived and said.edited_digest != self.held

    def take(self, said: Decision) -> None:
        if said.kind is DecisionKind.REQUEST_CHANGES:
            self.rounds += 1
            return
        self.held = said.edited_digest or self.held
        self.votes.add((self.held, person(said.reviewer), said.kind is not DecisionKind.REJECT))

    def may_arrange(self, said: Arrangement, now: datetime) -> bool:
        """Say whether a new arrangement is to be made."""
        if now >= self.due_at or not self.may_speak(said.by):
            return False
        match said.kind:
            case ArrangementKind.CLAIM:
                return self.claimant != said.by
            case ArrangementKind.RELEASE:
                return self.claimant == said.by
            case ArrangementKind.DELEGATE:
                return self._may_move_seat(said.by, said.to or "")
            case ArrangementKind.EXTEND:
                assert said.due_at
                return self.due_at < said.due_at <= self.opened_at + 365 * DAY

    def arrange(self, said: Arrangement) -> None:
        match said.kind:
            case ArrangementKind.CLAIM:
                self.claimant = said.by
            case ArrangementKind.RELEASE:
                self.claimant = ""
            case ArrangementKind.DELEGATE:
                self._move_seat(said.by, said.to or "")
                self.claimant = "" if self.claimant == said.by else self.claimant
            case ArrangementKind.EXTEND:
                self.due_at = said.due_at or self.due_at

    def pass_time(self, now: datetime) -> Iterator[str]:
        """Give what time brings by now."""
        if now >= self.due_at:
            yield "job.expired"
            return
        if any(self.reminded_at < self.due_at - before <= now for before in self.policy.reminders):
            self.reminded_at = now
            yield "review.reminded"
        after = self.policy.escalate_after
        if after and not self.is_escalated and now - self.opened_at >= after:
            self.is_escalated = True
            self.seated = None if self.seated is None else self.seated | named(self.policy.escalate_to)
            yield "review.escalated"

    def _move_seat(self, by: str, to: str) -> None:
        """Move a seat, also for later reviews in which there is one to move."""
        self.moves.append((by, to))
        if self.seated and by in self.seated:
            self.seated = self.seated - {by} | {to}

    def _may_move_seat(self, by: str, to: str) -> bool:
        if self.seated is None or self.has_spoken(by) or self.has_spoken(to) or to.startswith("group:"):
            return False
        may_have_it = not self.policy.delegates or to in named(self.policy.delegates)
        is_own = person(to) == REQUESTER and not self.policy.allow_self_approval
        return may_have_it and not is_own and person(to) not in {person(who) for who in self.seated}
