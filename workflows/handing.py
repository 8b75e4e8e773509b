"""Delivery by an activity of the user's own: what it answers is the receipt, what it fails with stops the job."""

import asyncio
import contextlib
from typing import Any, Final

from temporalio import exceptions, workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from activities.orders import DeliverOrder
    from signoff.domain import acting, names
    from signoff.domain.acting import Prepared, reference_in
    from signoff.domain.delivery import Activity, Receipt
    from signoff.domain.deployment import Failed, default_terms
    from signoff.domain.failures import FailureClass, Stage, failure_at
    from signoff.domain.model import in_words
    from workflows import options

_CLASSES: Final = frozenset(one.value for one in FailureClass)

_UNUSABLE: Final = {
    names.NO_ARCHIVE: "it was given no archive to read the deliverable from",
    names.UNREADABLE: "its worker lacks the key to what it was given",
    names.UNRETRIEVED: "its worker could not get what it was given from the archive",
    options.TOO_LARGE: "it may have acted, but its answer is too large for Temporal; have it return a short text",
}
"""Failures that are no words of the activity's own, and what has to be mended."""


async def acted(order: DeliverOrder, wanted: Activity, given: Prepared) -> Receipt | Failed:
    """Have the activity act on the approved deliverable; every repeat is given the same key."""
    # Its answer is a stranger's: decoded here and not by the SDK, whatever it holds can't stop the workflow.
    act = workflow.start_activity(
        wanted.name,
        given.approved,
        result_type=RawValue,
        **options.extended(
            options.ACT,
            activity_id=f"{names.DELIVERY_ID}{order.number}",
            task_queue=wanted.task_queue,
            schedule_to_close_timeout=wanted.timeout,
            start_to_close_timeout=min(wanted.execution_timeout, wanted.timeout),
            heartbeat_timeout=wanted.heartbeat_timeout,
            summary=f"delivery {order.number}, to {wanted.place}",
        ),
    )
    try:
        answer = await _answered(act)
    except exceptions.ActivityError as error:
        if isinstance(error.cause, exceptions.CancelledError):
            raise asyncio.CancelledError from error
        failure_class, message = _meaning(wanted, error)
        failure = failure_at(Stage.DELIVER, failure_class, message, workflow.now())
        terms = default_terms(failure_class, Stage.DELIVER).with_windows_of(given.terms)
        return Failed(failure=failure, terms=terms)
    return Receipt(
        channel=wanted.channel,
        destination=wanted.place,
        reference=_reference(answer) or given.approved.idempotency_key,
        digest=given.approved.digest,
        at=workflow.now(),
    )


async def _answered(act: workflow.ActivityHandle[RawValue]) -> RawValue | None:
    """Wait for the answer. What is stopped may end first, since only its end tells whether it acted.

    An execution that sends no heartbeats never hears that it is stopped. Before the delivery goes on in another way
    it is waited for, at most for its own time limit; a cancelled job is not held for so long.
    """
    try:
        return await asyncio.shield(act)
    except asyncio.CancelledError:
        act.cancel()
        limit = None if workflow.cancellation_reason() is None else acting.GRACE
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(act.done, timeout=limit, timeout_summary="the activity may end")
        if not act.done():
            raise
        return await act


def _reference(answer: RawValue | None) -> str:
    try:
        told: Any = workflow.payload_converter().from_payload(answer.payload) if answer else None
    except Exception:
        return ""  # it acted, whatever it said of that
    return reference_in(told)


def _meaning(wanted: Activity, error: exceptions.ActivityError) -> tuple[FailureClass, str]:
    """Say what it means that an activity ended without an answer, and in which words people are told."""
    cause = error.cause
    where = wanted.told
    if isinstance(cause, exceptions.TimeoutError):
        return _silence(wanted, where, cause, error)
    if unusable := _UNUSABLE.get(_type_of(cause)) or _UNUSABLE.get(_type_of(cause and cause.__cause__)):
        return FailureClass.CONFIGURATION, f"{where} failed: {unusable}"
    if isinstance(cause, exceptions.ApplicationError) and cause.type in _CLASSES:
        return FailureClass(cause.type), f"{where} failed: {cause.message}"
    if error.retry_state is exceptions.RetryState.NON_RETRYABLE_FAILURE:
        return FailureClass.UNCLASSIFIED, f"{where} failed: {cause}"
    return FailureClass.OUTCOME_UNKNOWN, f"{where} failed until its time was over, at last with {cause}"


def _silence(
    wanted: Activity, where: str, cause: exceptions.TimeoutError, error: exceptions.ActivityError
) -> tuple[FailureClass, str]:
    limit = in_words(wanted.timeout)
    # Both limits of one that nobody takes end at the same moment, and the server reports either.
    is_untaken = cause.type is exceptions.TimeoutType.SCHEDULE_TO_START or error.started_event_id == 0
    if is_untaken and not cause.__cause__:
        return FailureClass.CONFIGURATION, f"no worker took {where} within {limit}; is one running, in this namespace?"
    before = f"; what it met before: {cause.__cause__}" if cause.__cause__ else ""
    return FailureClass.OUTCOME_UNKNOWN, f"{where} did not answer within {limit}{before}"


def _type_of(error: BaseException | None) -> str:
    return (error.type or "") if isinstance(error, exceptions.ApplicationError) else ""
