"""How an operator has an approved result handed over again, or somewhere else."""

from collections.abc import Iterator
from datetime import datetime

from signoff.domain import delivering
from signoff.domain.change import changed, explained, moved, noted
from signoff.domain.delivery import DeliverySpec
from signoff.domain.handover import Delivery, DeliveryState
from signoff.domain.record import JobRecord
from signoff.domain.repair import Redirect, Repair, RepairKind, RepairLine
from signoff.domain.reviewing import reopened
from signoff.domain.status import JobStatus


def objections(record: JobRecord, repair: Repair, redirect: Redirect) -> Iterator[str]:
    """Say why a redelivery is refused, where it is."""
    if not record.has_approved_result:
        yield f"no approved result waits for its delivery: the job is {record.status} ({record.reason})"
    number, last = repair.delivery, len(record.handovers)
    if number and number > last:
        yield f"delivery: there is no delivery {number}; the last one is {last}"
    if number and record.handovers[number - 1].is_delivered:
        receipt = record.handovers[number - 1].receipt
        yield f"delivery {number} has arrived; its receipt is {receipt.reference if receipt else 'kept'}"
    if repair.destination:
        yield from _to_redirect(record, repair, repair.destination)
        if redirect.objection:
            yield redirect.objection


def is_redirect(record: JobRecord, repair: Repair) -> bool:
    """Whether a redelivery goes to another destination than the one that is in the record."""
    chosen = chosen_for(record, repair)
    return repair.destination is not None and any(one.destination != repair.destination for one in chosen)


def chosen_for(record: JobRecord, repair: Repair) -> tuple[Delivery, ...]:
    """Give the deliveries that a redelivery is about: the one that it names, else all that have not arrived."""
    missing = tuple(delivery for delivery in record.handovers if not delivery.is_delivered)
    return tuple(one for one in missing if repair.delivery in {None, one.number})


def redelivered(record: JobRecord, repair: Repair, line: RepairLine, redirect: Redirect) -> JobRecord:
    """Have what was chosen handed over again; people are asked first where it goes somewhere else."""
    why = f": {repair.reason}" if repair.reason else ""
    is_moved = is_redirect(record, repair)
    chosen = chosen_for(record, repair)
    for delivery in chosen:
        destination = repair.destination or delivery.destination
        record = delivering.with_delivery(
            record, delivery.number, line.at, state=DeliveryState.OWED, destination=destination
        )
    # `destination` in the record is what older readers know, and that of the first delivery.
    record = changed(record, destination=record.handovers[0].destination, failure=None, attention_due_at=None)
    numbers = ", ".join(str(delivery.number) for delivery in chosen)
    what = "delivery" if len(record.handovers) == 1 else f"delivery {numbers}"
    told = f"{what} begun again by {repair.by}{why}"
    if repair.destination and is_moved:
        told = f"{what} sent elsewhere by {repair.by}, {repair.destination.told}{why}"
        if redirect.is_reviewed:
            record = noted(record, "repair.taken", told, line.at)
            return reopened(record, told, line.at)
    return noted(_delivering(record, told, line.at), "repair.taken", told, line.at)


def redirected_by(record: JobRecord) -> RepairLine | None:
    """Give what the last review is about, where people are asked for another destination alone."""
    if record.review is None or not record.review.redirect:
        return None
    taken = (line for line in record.repairs if line.is_accepted and line.kind == RepairKind.REDELIVER)
    return next((line for line in reversed(list(taken)) if line.changes), None)


def _delivering(record: JobRecord, told: str, at: datetime) -> JobRecord:
    if record.status is not JobStatus.DELIVERING:
        record = moved(record, JobStatus.DELIVERING, told, at)
    return delivering.with_next_action(explained(record, told))


def _to_redirect(record: JobRecord, repair: Repair, destination: DeliverySpec) -> Iterator[str]:
    chosen = chosen_for(record, repair)
    if len(chosen) > 1:
        numbers = ", ".join(str(delivery.number) for delivery in chosen)
        yield f"delivery: say which of {numbers} is to go there"
    if any(one.destination == destination for one in record.handovers if one not in chosen):
        yield "destination: another delivery of this job goes there already"
