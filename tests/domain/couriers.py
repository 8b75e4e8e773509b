"""What becomes of what was approved: deliveries end in any order, and operators send them again or elsewhere."""

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from signoff.domain import delivering, repairing
from signoff.domain.delivery import DeliverySpec, File, Release
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.handover import DeliveryState
from signoff.domain.repair import Redirect, Repair, RepairKind
from tests.domain.making import a_failure, a_receipt, a_repair
from tests.domain.played import S, in_status
from tests.domain.reckoning import Reckoning
from tests.domain.reviewers import Reviewers

PLACES: Final[list[DeliverySpec]] = [Release(), File(folder="a"), File(folder="b"), File(folder="c"), File(folder="d")]


class Couriers(Reviewers):
    """Each delivery is begun and ended as the workflow does it; what was handed over is counted here once more.

    `arrived` has where each delivery arrived, by its number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.arrived: dict[int, DeliverySpec] = {}

    @in_status(S.DELIVERING)
    @rule(failure_class=st.none() | st.sampled_from(FailureClass), which=st.integers(0, 9))
    def delivery_ends(self, failure_class: FailureClass | None, which: int = 0) -> None:
        assert self.review
        assert self.review.is_approved, "nothing is handed over that people did not approve, for where it goes"
        self.record = delivering.begun(self.record, self.now)
        under_way = [one for one in self.record.handovers if one.state is DeliveryState.UNDER_WAY]
        if under_way:
            number = under_way[which % len(under_way)].number
            self.end_delivery(number, failure_class)
        if self.record.status is S.DELIVERING and len(under_way) <= 1:
            failed = delivering.first_stop(self.record)
            assert failed
            self.stop(failed.failure)

    def end_delivery(self, number: int, failure_class: FailureClass | None) -> None:
        assert number not in self.arrived, "what a destination took is not handed over again"
        if failure_class:
            failure = a_failure(failure_class, stage=Stage.DELIVER)
            self.record = delivering.stopped(self.record, number, failure, self.now)
            return
        self.arrived[number] = delivering.delivery_of(self.record, number).destination
        self.record = delivering.taken(self.record, number, a_receipt(self.record.approved_digest), self.now)

    @rule(
        number=st.none() | st.integers(1, 4),
        place=st.none() | st.sampled_from(PLACES),
        repair=st.integers(41, 60),
        redirect=st.sampled_from([Redirect(), Redirect(is_reviewed=False), Redirect(objection="not allowed")]),
    )
    def someone_redelivers(
        self, number: int | None, place: DeliverySpec | None, repair: int, redirect: Redirect
    ) -> None:
        """At any moment; before it is taken, what was under way has arrived or is owed again."""
        asked = a_repair(RepairKind.REDELIVER, repair_id=f"r{repair}", delivery=number, destination=place)
        if asked.repair_id in {line.repair_id for line in self.record.repairs}:
            return
        self.record = delivering.halted(self.record, self.now)
        expected = self.may_redeliver(asked) and not (place and redirect.objection)
        before = self.record
        is_moved = [one for one in self.missing(number) if place not in {None, before.handovers[one - 1].destination}]
        self.record, _, answer = repairing.repaired(before, self.request, asked, self.now, redirect)
        assert answer.is_accepted == expected, answer.reason
        if not expected:
            assert self.record.model_copy(update={"timeline": (), "repairs": ()}) == before.model_copy(
                update={"timeline": (), "repairs": ()}
            )
        elif is_moved and redirect.is_reviewed:
            assert self.review
            assert self.record.status is S.AWAITING_REVIEW
            redirects = self.review.redirect + 1
            self.review = Reckoning(self.request.review, self.review.held, self.now, self.review)
            self.review.redirect = redirects
        else:
            assert self.record.status is S.DELIVERING

    def missing(self, number: int | None) -> list[int]:
        every = range(1, len(self.record.handovers) + 1)
        return [one for one in every if one not in self.arrived and number in {None, one}]

    def may_redeliver(self, asked: Repair) -> bool:
        record = self.record
        if record.status not in {S.DELIVERING, S.NEEDS_ATTENTION} or record.abandoned or not self.review:
            return False
        if not self.review.is_approved or (record.attention_due_at and self.now >= record.attention_due_at):
            return False
        chosen = self.missing(asked.delivery)
        others = [one.destination for one in record.handovers if one.number not in chosen]
        return bool(chosen) and (asked.destination is None or (len(chosen) == 1 and asked.destination not in others))
