"""What an operator's word about deliveries leaves as it was."""

from signoff.domain import delivering
from signoff.domain.redelivering import redirected_by
from signoff.domain.status import Actor, JobStatus, NextAction
from tests.domain.handing_over import PLACES, all_arrived, approved, broken, elsewhere, held_for, redirected
from tests.domain.making import AT, MINUTE


def test_an_approved_destination_does_not_hide_that_another_delivery_has_stopped() -> None:
    record = broken(approved(held_for(*PLACES), AT + MINUTE), 1, AT + 2 * MINUTE)
    assert (record.status, record.next_action) == (JobStatus.DELIVERING, NextAction.RETRY_DELIVERY)
    record = redirected(delivering.halted(record, AT + 3 * MINUTE), 2, AT + 3 * MINUTE)
    record = approved(record, AT + 4 * MINUTE, "bo")
    assert record.status is JobStatus.DELIVERING
    assert (record.next_action, record.actor) == (NextAction.RETRY_DELIVERY, Actor.OPERATOR)


def test_the_last_redirect_is_what_its_review_is_about() -> None:
    assert redirected_by(held_for(*PLACES)) is None
    line = redirected_by(elsewhere())
    assert line
    assert (line.by, [change.parameter for change in line.changes]) == ("ops", ["delivery 2"])
    assert redirected_by(all_arrived()) == line
