"""One typed function per activity call; the only place that turns a Temporal error back into a `Failure`."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from temporalio import exceptions, workflow

with workflow.unsafe.imports_passed_through():
    from activities.archive import ArchiveActivities
    from activities.delivery import DeliveryActivities
    from activities.orders import ArchiveOrder, CreateOrder, DeliverOrder, ResponseOrder
    from activities.responses import ResponseActivities
    from signoff.domain import names
    from signoff.domain.delivery import Receipt
    from signoff.domain.failures import Failure, FailureClass, Stage, failure_at
    from signoff.domain.record import Ended, JobRecord
    from signoff.domain.response import ResponseSnapshot
    from workflows import options

T = TypeVar("T")

_OVER = frozenset({exceptions.RetryState.TIMEOUT, exceptions.RetryState.MAXIMUM_ATTEMPTS_REACHED})

_GRACE = timedelta(hours=24)
"""How long after its deadline a response may wait for a worker that looks at it."""


async def create_response(order: CreateOrder) -> ResponseSnapshot | Failure:
    """Send the one create of an attempt."""
    call = workflow.execute_activity_method(
        ResponseActivities.create_response,
        order,
        **options.extended(options.CREATE, summary=f"attempt {order.attempt}"),
    )
    return await _settled(call, Stage.CREATE, FailureClass.OUTCOME_UNKNOWN)


async def look_at_response(order: ResponseOrder) -> Ended | Failure:
    """Look until the response has ended or its deadline has come; the server does the waiting.

    The look at the deadline says so itself; Temporal's own limit is for the case that no worker ever looked.
    """
    limit = order.ends_at - workflow.now() + _GRACE
    call = workflow.execute_activity_method(
        ResponseActivities.look_at_response,
        order,
        **options.extended(
            options.LOOK,
            activity_id=names.LOOK_ID,
            task_queue=names.LOOK_TASK_QUEUE,
            schedule_to_close_timeout=max(limit, _GRACE),
            summary=f"{order.response_id} of attempt {order.attempt}",
        ),
    )
    return await _settled(call, Stage.LOOK, FailureClass.TIMEOUT)


async def cancel_response(order: ResponseOrder) -> Ended | Failure:
    """Stop the paid work upstream and confirm it."""
    call = workflow.execute_activity_method(
        ResponseActivities.cancel_response,
        order,
        **options.extended(options.CANCEL, summary=order.response_id),
    )
    return await _settled(call, Stage.CANCEL, FailureClass.TRANSIENT)


async def deliver(order: DeliverOrder) -> Receipt | Failure:
    """Hand over the approved bytes."""
    call = workflow.execute_activity_method(
        DeliveryActivities.deliver,
        order,
        **options.extended(options.DELIVER, summary=f"to {order.destination.channel}"),
    )
    return await _settled(call, Stage.DELIVER, FailureClass.OUTCOME_UNKNOWN)


async def archive_record(record: JobRecord) -> Failure | None:
    """Keep the record for good."""
    call = workflow.execute_activity_method(
        ArchiveActivities.archive_record, ArchiveOrder(record=record), **options.ARCHIVE
    )
    return await _settled(call, Stage.ARCHIVE, FailureClass.TRANSIENT)


async def _settled(call: Awaitable[T], stage: Stage, when_silent: FailureClass) -> T | Failure:
    """Wait for an activity and turn its error, if any, into a `Failure`.

    `when_silent` is the class of an activity that ended without an answer of its own, as when its worker died.
    """
    try:
        return await call
    except exceptions.ActivityError as error:
        cause = error.cause
        if isinstance(cause, exceptions.CancelledError):
            raise asyncio.CancelledError from error
        if isinstance(cause, exceptions.ApplicationError) and cause.details:
            return Failure.model_validate(cause.details[0])
        # A time limit, or the one execution that there may be ended by a stopping worker or a bug.
        is_silent = isinstance(cause, exceptions.TimeoutError) or error.retry_state in _OVER
        failure_class = when_silent if is_silent else FailureClass.UNCLASSIFIED
        return failure_at(stage, failure_class, f"ended without an answer: {cause}", workflow.now())
