"""What people say about a draft at any moment, and what time does to it while they say nothing."""

from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from signoff.domain import deciding, reviewing
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.decision import UNEXAMINED, Decision, DecisionKind, Examined
from signoff.domain.review import ReviewPolicy
from tests.domain.making import DAY, DIGEST, HOUR, MINUTE, a_draft
from tests.domain.played import DIGESTS, Played, S, in_status
from tests.domain.reckoning import REQUESTER

LISTED, STRANGER, LOOK_ALIKE = ("ana", "bo", "cleo"), "eve", "ANA"
ANYBODY: Final = st.sampled_from([*LISTED, "lea", "max", "dan", REQUESTER, STRANGER, LOOK_ALIKE])
KINDS: Final = [DecisionKind.APPROVE, DecisionKind.APPROVE, *DecisionKind, DecisionKind.REQUEST_CHANGES]
LATER: Final = [-HOUR, timedelta(0), 5 * HOUR, 2 * DAY, 365 * DAY]

reviews: Final = st.fixed_dictionaries(
    {
        "approvals": st.sampled_from([1, 2, 3, 3]),
        "reject_after": st.sampled_from([1, 2]),
        "reviewers": st.sampled_from([[], [*LISTED, REQUESTER], ["ana", "cleo", "group:legal"]]),
        "delegates": st.sampled_from([[], ["dan", "group:leads"]]),
        "allow_self_approval": st.booleans(),
        "window": st.sampled_from([2, 30, 72]).map(lambda hours: hours * 3_600),
        "reminders": st.sampled_from([[], [86_400], [3_600, 100_000]]),
        "rework_rounds": st.integers(0, 3),
        "escalate_after": st.sampled_from([3_600, 7_200, 86_400]),
        "escalate_to": st.sampled_from([[], ["max"], ["group:leads", "ana", "dan"]]),
    }
)


def policy_of(drawn: dict[str, Any]) -> dict[str, Any]:
    """Make a review that somebody could decide of what was drawn."""
    is_escalated = drawn["escalate_to"] and drawn["escalate_after"] < drawn["window"]
    policy = drawn | ({} if is_escalated else {"escalate_after": None, "escalate_to": []})
    impossible = ReviewPolicy.model_validate(policy).impossible_for(REQUESTER)
    return policy | {"approvals": 2, "reject_after": 1} if impossible else policy


class Reviewers(Played):
    """Anybody says anything, also what they may not; what is to be taken is reckoned beside the code."""

    @rule(
        who=ANYBODY,
        kind=st.sampled_from(KINDS),
        digest=st.sampled_from([None, None, *DIGESTS]),
        number=st.integers(0, 20),
        comment=st.sampled_from(["", "seen"]),
        edited=st.sampled_from(DIGESTS),
        is_archived=st.sampled_from([True, True, False]),
        redirect=st.sampled_from([None, None, None, 0, 1]),
    )
    def someone_decides(  # noqa: PLR0913  what a decision has
        self,
        who: str,
        kind: DecisionKind,
        digest: str | None,
        number: int,
        comment: str,
        *,
        edited: str = DIGESTS[-1],
        is_archived: bool = True,
        redirect: int | None = None,
    ) -> None:
        """Without a digest it is on what is held, without a redirect on where that goes now.

        Numbers come again, so some are repeats or share an id.
        """
        held = self.record.review
        redirect = (held.redirect if held else 0) if redirect is None else redirect
        digest = digest or (self.record.deliverable.digest if self.record.deliverable else DIGEST)
        edit = edited if kind is DecisionKind.APPROVE_EDITED else None
        self.decide(
            Decision(
                decision_id=f"d{number}",
                kind=kind,
                digest=digest,
                reviewer=who,
                comment=comment,
                edited_digest=edit,
                redirect=redirect,
            ),
            is_archived=is_archived,
        )

    def decide(self, decision: Decision, *, is_archived: bool) -> None:
        """Before anything is held, no decision is remembered: its repeat is refused anew."""
        edit = decision.edited_digest if is_archived else None
        examined = Examined(edit=a_draft(edit)) if edit else UNEXAMINED
        expected, before = self.may_decide(decision, is_archived=is_archived), self.record
        self.record, line = deciding.decided(before, decision, self.now, examined)
        key = decision.model_dump_json(exclude={"comment"})
        assert self.answers.get(key, line) == line
        assert (self.record == before) == (key in self.answers)
        if key in self.answers:
            return
        if self.record.review:
            self.answers[key] = line
        assert line.is_accepted == expected, line.reason
        if line.is_accepted:
            assert self.review
            self.review.take(decision)
            self.drafts += [decision.edited_digest] if decision.edited_digest else []
        else:
            assert line.reason
            assert self.record.status is before.status

    def may_decide(self, decision: Decision, *, is_archived: bool) -> bool:
        used = {line.decision_id for line in self.answers.values()}
        if self.record.status is not S.AWAITING_REVIEW or decision.decision_id in used:
            return False
        return self.review is not None and self.review.may_decide(decision, self.now, is_archived=is_archived)

    @in_status(S.AWAITING_REVIEW)
    @rule(who=ANYBODY, number=st.integers(21, 40), kind=st.sampled_from(KINDS))
    def reviewer_decides(self, who: str, number: int, kind: DecisionKind) -> None:
        """Say what is most likely taken, so that reviews come to an end, an edit or another round."""
        able = sorted(self.review.able) if self.review else []
        digest = next(one for one in DIGESTS if one != self.record.opened_review.digest)
        self.someone_decides(able[number % len(able)] if able else who, kind, None, number, "seen", edited=digest)

    @in_status(S.AWAITING_REVIEW)
    @precondition(lambda self: self.review and self.review.approved_by)
    @rule(who=ANYBODY, number=st.integers(41, 60))
    def another_approves(self, who: str, number: int) -> None:
        self.reviewer_decides(who, number, DecisionKind.APPROVE)

    @rule(
        kind=st.sampled_from(ArrangementKind),
        by=ANYBODY,
        to=ANYBODY | st.just("group:legal"),
        later=st.sampled_from(LATER),
        number=st.integers(0, 12),
    )
    def someone_arranges(self, kind: ArrangementKind, by: str, to: str, later: timedelta, number: int) -> None:
        facts: dict[ArrangementKind, dict[str, Any]] = {
            ArrangementKind.DELEGATE: {"to": to},
            ArrangementKind.EXTEND: {"due_at": (self.review.due_at if self.review else self.now) + later},
        }
        said = Arrangement(arrangement_id=f"a{number}", kind=kind, by=by, **facts.get(kind, {}))
        key, before = said.model_dump_json(), self.record
        used = {Arrangement.model_validate_json(one).arrangement_id for one in self.arrangements}
        is_new = before.status is S.AWAITING_REVIEW and said.arrangement_id not in used
        expected = is_new and self.review is not None and self.review.may_arrange(said, self.now)
        self.record, answer = reviewing.arranged(before, said, self.now)
        assert answer.status is self.record.status is before.status
        if known := self.arrangements.get(key):
            assert (answer.is_accepted, answer.reason, answer.at) == (known.is_accepted, known.reason, known.at)
            assert self.record == before
            return
        assert answer.is_accepted == expected, answer.reason
        assert bool(answer.reason) != answer.is_accepted
        if self.record.review:
            self.arrangements[key] = answer
        if answer.is_accepted and self.review:
            self.review.arrange(said)

    @in_status(S.AWAITING_REVIEW)
    @rule(kind=st.sampled_from(ArrangementKind), to=ANYBODY, number=st.integers(13, 40))
    def reviewer_arranges(self, kind: ArrangementKind, to: str, number: int) -> None:
        """Say what is likely made."""
        able = sorted(self.review.able) if self.review else []
        by = able[number % len(able)] if able else LISTED[0]
        self.someone_arranges(kind, by, to, 5 * HOUR, number)

    @in_status(S.AWAITING_REVIEW)
    @rule(is_timely=st.booleans(), late=st.sampled_from([timedelta(0), timedelta(0), MINUTE, DAY]))
    def workflow_wakes(self, *, is_timely: bool, late: timedelta) -> None:
        """Either when something is due, or too early, or too late; what is due is done once."""
        assert self.review
        if is_timely and self.record.opened_review.next_moment < self.review.due_at:
            self.now = max(self.now, self.record.opened_review.next_moment)
        before, self.now = self.record, self.now + late
        self.record = reviewing.time_passed(before, self.now)
        brought = [entry.event for entry in self.record.timeline[len(before.timeline) :]]
        assert brought == list(self.review.pass_time(self.now))
        assert self.record.status is (S.EXPIRED if "job.expired" in brought else S.AWAITING_REVIEW)
        assert reviewing.time_passed(self.record, self.now) == self.record
