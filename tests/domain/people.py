"""What people do to a job at any moment: they ask for it, decide, repair, cancel, or don't come."""

from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from signoff.domain import delivering, progress, repairing, reviewing
from signoff.domain.attempt import Ended
from signoff.domain.decision import DecisionKind
from signoff.domain.delivery import DeliverySpec
from signoff.domain.deployment import DeploymentPolicy, OnUnknown
from signoff.domain.repair import Repair, RepairKind
from signoff.domain.status import JobStatus, ResponseStatus
from tests.domain.couriers import PLACES, Couriers
from tests.domain.life import Life
from tests.domain.making import (
    DAY,
    DIGEST,
    HOUR,
    a_repair,
    a_request,
    an_end,
)
from tests.domain.played import OPEN, S, in_status
from tests.domain.reckoning import GROUPS
from tests.domain.reviewers import LISTED, STRANGER, policy_of, reviews

REPAIRS: Final = st.sampled_from([RepairKind.RETRY, RepairKind.RETRY, RepairKind.AMEND, RepairKind.ABANDON])
PATCHES: Final = [{"max_output_tokens": 8_000}, {"temperature": 1}, {"stream": True}, {"seed": 2**60}]
BROKEN: Final = PATCHES[2:]

RARELY: Final = st.integers(0, 5).map(lambda number: number == 3)
HARDLY: Final = st.integers(0, 20).map(lambda number: number == 13)
"""What ends a job at once comes seldom, so that most lives are long."""

budgets: Final = st.fixed_dictionaries(
    {},
    optional={
        "attempts": st.integers(1, 4),
        "wall_time": st.sampled_from([HOUR, DAY]),
        "tokens": st.integers(1, 3_000),
    },
)


class People(Couriers, Life):
    """Anybody may say anything; what is to be taken is reckoned here once more, in other words than the code's."""

    @initialize(
        review=reviews,
        maximum=budgets,
        on_unknown=st.sampled_from(OnUnknown),
        own=st.sampled_from([{}, {"maximum": {"attempts": 2}}, {"on_unknown": "park"}]),
        begins=st.sampled_from([S.QUEUED, S.QUEUED, S.AWAITING_REVIEW, S.DELIVERING]),
        places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique_by=str),
    )
    def begin(  # noqa: PLR0913  what a job may differ in
        self,
        *,
        review: dict[str, Any],
        maximum: dict[str, Any],
        on_unknown: OnUnknown,
        own: Any,
        begins: JobStatus,
        places: list[DeliverySpec],
    ) -> None:
        """Half of the lives begin with a draft that is held or approved, so that many come as far as a delivery."""
        rules = {"maximum": maximum, "on_unknown": on_unknown, "groups": GROUPS}
        self.deployment = DeploymentPolicy.model_validate(rules)
        self.request = a_request(review=policy_of(review), policy=own, delivery=places)
        self.record = progress.opened(self.request, job_id="a-job", at=self.now)
        if begins is not S.QUEUED:
            self.create_is_accepted(ResponseStatus.QUEUED)
            self.response_is_held(ResponseStatus.COMPLETED, DIGEST, 100)
        if begins is S.DELIVERING:
            assert self.review
            while not self.review.is_approved:
                who = next(who for who in (*LISTED, "lea") if self.is_able(who))
                self.someone_decides(who, DecisionKind.APPROVE, None, 61 + len(self.answers), "")

    @rule(
        kind=REPAIRS,
        patch=st.sampled_from(PATCHES),
        is_anew=st.booleans(),
        number=st.integers(0, 12),
        who=st.sampled_from(["olga", STRANGER]),
        is_sure=RARELY,
    )
    def someone_repairs(  # noqa: PLR0913  what a repair has
        self, *, kind: RepairKind, patch: dict[str, Any], is_anew: bool, number: int, who: str, is_sure: bool
    ) -> None:
        """Anybody, at any moment; numbers come again, so some are repeats or share an id."""
        if kind is RepairKind.ABANDON and not is_sure:
            return
        facts: dict[RepairKind, dict[str, Any]] = {
            RepairKind.RETRY: {"is_anew": is_anew},
            RepairKind.AMEND: {"response": patch},
        }
        repair = a_repair(kind, repair_id=f"r{number}", by=who, **facts.get(kind, {}))
        key = (repair.repair_id, kind, who, repair.digest)
        expected, before, asked = self.may_repair(repair), self.record, self.request
        self.record, self.request, answer = repairing.repaired(before, asked, repair, self.now)
        if known := self.repairs.get(key):
            assert (answer.is_accepted, answer.reason, answer.at) == (known.is_accepted, known.refusal, known.at)
            assert (self.record, self.request) == (before, asked)
            return
        self.repairs[key] = self.record.repairs[-1]
        assert answer.is_accepted == expected, answer.reason
        assert answer.is_accepted or (answer.reason and self.request == asked)
        assert answer.is_accepted or self.record.status is before.status

    @in_status(S.NEEDS_ATTENTION)
    @rule(kind=REPAIRS, is_anew=st.booleans(), number=st.integers(13, 40), is_sure=st.booleans())
    def operator_repairs(self, kind: RepairKind, number: int, *, is_anew: bool, is_sure: bool) -> None:
        self.someone_repairs(kind=kind, patch=PATCHES[0], is_anew=is_anew, number=number, who="olga", is_sure=is_sure)

    @precondition(lambda self: self.record.abandoned and self.record.status in OPEN)
    @rule(stopped=st.sampled_from([None, an_end(ResponseStatus.CANCELLED)]))
    def abandoned_job_is_closed(self, stopped: Ended | None) -> None:
        self.stop_upstream(stopped)
        self.record = progress.given_up(self.record, self.now)

    @in_status(S.AWAITING_REVIEW, S.NEEDS_ATTENTION)
    @precondition(lambda self: not self.record.abandoned)
    @rule(is_alone=RARELY)
    def nobody_comes(self, *, is_alone: bool) -> None:
        if not is_alone:
            return
        if self.record.status is S.AWAITING_REVIEW:
            self.now = max(self.now, self.record.decision_due_at)
            self.workflow_wakes(is_timely=False, late=timedelta(0))
            return
        assert self.record.attention_due_at
        self.now = max(self.now, self.record.attention_due_at)
        self.stop_upstream(an_end(ResponseStatus.CANCELLED))
        self.record = reviewing.expired(self.record, "nobody came", self.now)

    @in_status(*OPEN)
    @rule(stopped=st.sampled_from([None, an_end(ResponseStatus.CANCELLED), an_end()]), is_sure=HARDLY)
    def someone_cancels(self, stopped: Ended | None, *, is_sure: bool) -> None:
        if not is_sure:
            return
        self.stop_upstream(stopped)
        self.lost = None
        self.record = delivering.halted(self.record, self.now)
        self.record = progress.cancelled(self.record, "cancelled by bo", self.now)

    def is_able(self, who: str) -> bool:
        return self.review is not None and self.review.may_speak(who) and not self.review.has_spoken(who)

    def may_repair(self, repair: Repair) -> bool:
        """Say whether a repair that is not known yet is to be taken, in other words than the code's."""
        record = self.record
        is_open = record.status is S.NEEDS_ATTENTION and not record.abandoned
        if not is_open or repair.repair_id in {key[0] for key in self.repairs}:
            return False
        assert record.attention_due_at
        if self.now >= record.attention_due_at:
            return False
        is_approved = self.review is not None and self.review.is_approved
        generates = repair.kind is RepairKind.AMEND or repair.is_anew
        return not (generates and is_approved) and repair.response not in BROKEN
