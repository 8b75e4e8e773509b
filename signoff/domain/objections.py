"""Why a decision or an arrangement is refused: the rules that each meets, however it arrives."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from signoff.domain.arrangement import ARRANGEMENTS_KEPT, Arrangement, ArrangementKind
from signoff.domain.decision import NEEDS_COMMENT, UNEXAMINED, Decision, DecisionKind, Examined
from signoff.domain.model import identity
from signoff.domain.review import EDITS_KEPT, LONGEST_REVIEW, Review, group_in

_CHANGES: Final = frozenset({DecisionKind.REQUEST_CHANGES, DecisionKind.APPROVE_EDITED})
_NAMED: Final = 10
"""How many people a refusal names."""


def objection(
    review: Review, decision: Decision, now: datetime, examined: Examined = UNEXAMINED, rounds: int = 0
) -> str:
    """Say why a decision is refused, in words that tell what to do; empty when it is taken.

    `rounds` is how often changes were asked for before.
    """
    return next(_to_decision(review, decision, now, examined, rounds), "")


def arrangement_objection(review: Review, arrangement: Arrangement, now: datetime, examined: Examined) -> str:
    """Say why an arrangement is refused; empty when it is made."""
    return next(_to_arrangement(review, arrangement, now, examined), "")


def _to_decision(review: Review, decision: Decision, now: datetime, examined: Examined, rounds: int) -> Iterator[str]:
    who, policy = decision.reviewer, review.policy
    if decision.digest != review.digest:
        yield f"the result held for review is {review.digest}, not {decision.digest}; look at it again"
    if decision.redirect != review.redirect:
        yield f"where it goes has changed; look at it again, and decide with redirect {review.redirect}"
    if review.redirect and decision.kind in _CHANGES:
        yield "these bytes are approved, and only where they go is asked; approve or reject that"
    yield from _about_person(review, who, now)
    # What forbids takes names that look alike for one person.
    if identity(who) in review.decided:
        yield f"{who} has decided already"
    if decision.kind in NEEDS_COMMENT and not decision.comment.strip():
        what = "a rejection" if decision.kind is DecisionKind.REJECT else "a request for changes"
        yield f"{what} needs a comment that says why"
    if examined.objection:
        yield examined.objection
    if decision.kind is DecisionKind.REQUEST_CHANGES and rounds >= policy.rework_rounds:
        yield f"changes were asked for {rounds} times, as often as they may be; approve, edit or reject it"
    if decision.kind is DecisionKind.APPROVE_EDITED:
        yield from _to_edit(review, decision, examined)


def _to_edit(review: Review, decision: Decision, examined: Examined) -> Iterator[str]:
    if decision.edited_digest == review.digest:
        yield "nothing was changed; approve it as it is"
    if review.edits >= EDITS_KEPT:
        yield f"it was edited {EDITS_KEPT} times, as often as it may be; approve or reject it"
    if examined.edit is None or examined.edit.digest != decision.edited_digest:
        yield f"the archive holds no {decision.edited_digest}; put the changed deliverable there first"


def _about_person(review: Review, who: str, now: datetime) -> Iterator[str]:
    if now >= review.due_at:
        yield f"the review ended at {review.due_at:%Y-%m-%d %H:%M:%S} UTC, so this comes too late"
    if not review.panel.admits(who):
        able = review.panel.people
        told = ", ".join(able[:_NAMED]) + (f" or {len(able) - _NAMED} others" if len(able) > _NAMED else "")
        yield f"{who} is not a reviewer of this job; ask {told or 'an operator, since nobody is'}"
    if _is_own(review, who):
        yield f"{who} requested this job, so somebody else must decide on it"


def _to_arrangement(review: Review, arrangement: Arrangement, now: datetime, examined: Examined) -> Iterator[str]:
    by = arrangement.by
    yield from _about_person(review, by, now)
    if sum(1 for line in review.arrangements if line.is_accepted) >= ARRANGEMENTS_KEPT:
        yield f"{ARRANGEMENTS_KEPT} arrangements were made, as many as a review has room for; decide on it"
    if examined.objection:
        yield examined.objection
    match arrangement.kind:
        case ArrangementKind.CLAIM if review.claimed_by == by:
            yield f"{by} has claimed it already"
        case ArrangementKind.RELEASE if review.claimed_by != by:
            yield f"{by} has not claimed it"
        case ArrangementKind.DELEGATE:
            yield from _to_delegation(review, by, str(arrangement.to))
        case ArrangementKind.EXTEND if arrangement.due_at:
            yield from _to_extension(review, arrangement.due_at)


def _to_delegation(review: Review, by: str, to: str) -> Iterator[str]:
    permitted, groups = review.policy.delegates, review.house.groups
    members = {name for each in permitted for name in groups.get(group_in(each), ())}
    if review.panel.is_open:
        yield "anyone may decide on this job, so there is no seat to hand over"
    if identity(by) in review.decided:
        yield f"{by} has decided already, so the seat is used"
    if permitted and to not in permitted and to not in members:
        yield f"{to} may not be handed a seat; it may go to {', '.join(permitted[:_NAMED])}"
    if identity(to) in map(identity, review.panel.people):
        yield f"{to} has a seat already"
    if identity(to) in review.decided:
        yield f"{to} has decided already, so the seat must go to somebody else"
    if _is_own(review, to):
        yield f"{to} requested this job, so the seat must go to somebody else"
    if group_in(to):
        yield "a seat goes to one person, not to a group"


def _to_extension(review: Review, due_at: datetime) -> Iterator[str]:
    if due_at <= review.due_at:
        yield f"the review goes on until {review.due_at:%Y-%m-%d %H:%M:%S} UTC already; name a later time"
    if due_at > review.opened_at + LONGEST_REVIEW:
        yield f"a review is open for {LONGEST_REVIEW.days} days at most"


def _is_own(review: Review, who: str) -> bool:
    return identity(who) == identity(review.requester) and not review.policy.allow_self_approval
