"""How a record grows while its result is handed over: one pure function per thing that can happen."""

from datetime import datetime
from typing import Any

from signoff.domain.change import changed, moved, noted
from signoff.domain.delivery import Receipt
from signoff.domain.deployment import Failed, default_terms
from signoff.domain.failures import Failure, Stage
from signoff.domain.handover import Delivery, DeliveryState, arrived
from signoff.domain.record import JobRecord
from signoff.domain.status import Actor, JobStatus, NextAction


def begun(record: JobRecord, at: datetime) -> JobRecord:
    """Begin every delivery that is owed."""
    for delivery in record.handovers:
        if delivery.state is DeliveryState.OWED:
            state, count = DeliveryState.UNDER_WAY, delivery.begun + 1
            record = with_delivery(record, delivery.number, at, state=state, begun=count)
    return record


def taken(record: JobRecord, number: int, receipt: Receipt, at: datetime) -> JobRecord:
    """Take the proof that one destination has it; the last one closes the job."""
    record = with_delivery(record, number, at, state=DeliveryState.DELIVERED, receipt=receipt, failure=None)
    told = f"delivered to {receipt.destination}"
    if len(record.handovers) > 1:
        text = f"delivery {number}: {told}, receipt {receipt.reference}; {arrived(record.handovers)}"
        record, told = noted(record, "delivery.taken", text, at), f"delivered to {len(record.handovers)} destinations"
    if not record.is_delivered:
        return record
    first = record.handovers[0].receipt
    record = moved(changed(record, receipt=first), JobStatus.COMPLETED, told, at)
    about = f", receipt {receipt.reference}" if len(record.handovers) == 1 else ""
    return noted(record, "job.completed", f"{record.reason}{about}", at)


def stopped(record: JobRecord, number: int, failure: Failure, at: datetime) -> JobRecord:
    """Take the failure of one delivery. While others are under way, the job says already that somebody has to act."""
    failure = failure.model_copy(update={"attempt": len(record.attempts)})
    record = with_delivery(record, number, at, state=DeliveryState.STOPPED, failure=failure)
    if len(record.handovers) == 1:
        return record
    if any(delivery.state is DeliveryState.UNDER_WAY for delivery in record.handovers):
        record = with_next_action(record)
    text = f"{delivery_of(record, number).told} stopped: {failure}"
    return noted(record, "delivery.stopped", text, at, failure_class=failure.failure_class)


def with_next_action(record: JobRecord) -> JobRecord:
    """Say who has to act while deliveries are under way: an operator, once one of them has stopped."""
    if record.status is not JobStatus.DELIVERING:
        return record
    if any(delivery.state is DeliveryState.STOPPED for delivery in record.handovers):
        return changed(record, next_action=NextAction.RETRY_DELIVERY, actor=Actor.OPERATOR)
    return changed(record, next_action=NextAction.WAIT, actor=Actor.NOBODY)


def halted(record: JobRecord, at: datetime) -> JobRecord:
    """Let no delivery be under way any more, since somebody is to say how they go on; what was not taken is owed."""
    for delivery in record.handovers:
        if delivery.state is DeliveryState.UNDER_WAY:
            record = with_delivery(record, delivery.number, at, state=DeliveryState.OWED)
    return record


def first_stop(record: JobRecord) -> Failed | None:
    """Give the failure for which a person has to act, once no delivery is under way."""
    stopped_ones = (one for one in record.handovers if one.state is DeliveryState.STOPPED)
    delivery, failure = next(((one, one.failure) for one in stopped_ones if one.failure), (None, None))
    if delivery is None or failure is None:
        return None
    is_repeatable = delivery.destination.is_repeatable
    terms = default_terms(failure.failure_class, Stage.DELIVER, is_repeatable=is_repeatable)
    return Failed(failure=failure, terms=terms.model_copy(update={"is_noticed": record.is_noticed}))


def delivery_of(record: JobRecord, number: int) -> Delivery:
    """Give the delivery of this number."""
    return record.handovers[number - 1]


def with_delivery(record: JobRecord, number: int, at: datetime, **changes: Any) -> JobRecord:  # noqa: ANN401  each field has its own type
    """Change one delivery; `since` follows its state."""
    deliveries = list(record.handovers)
    before = deliveries[number - 1]
    since = at if changes.get("state", before.state) is not before.state else before.since
    deliveries[number - 1] = before.model_copy(update={"since": since, **changes})
    return changed(record, deliveries=tuple(deliveries))
