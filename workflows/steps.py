"""One typed function per activity call; with `handing`, the only place that turns a Temporal error into a `Failure`."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import exceptions, workflow

with workflow.unsafe.imports_passed_through():
    from activities.archive import ArchiveActivities
    from activities.delivery import DeliveryActivities
    from activities.handing import HandingActivities
    from activities.notify import NotifyActivities
    from activities.orders import (
        ArchiveOrder,
        CreateOrder,
        DeliverOrder,
        ExamineOrder,
        FindOrder,
        NamedOrder,
        NotifyOrder,
        RedirectOrder,
        ResponseOrder,
    )
    from activities.redirecting import RedirectActivities
    from activities.responses import ResponseActivities
    from activities.reviews import ReviewActivities
    from activities.strays import StrayActivities
    from signoff.domain import names
    from signoff.domain.acting import Prepared
    from signoff.domain.attempt import Ended, Stray
    from signoff.domain.checks import ActivityCheck, CheckOrder, findings_in_answer, unanswered
    from signoff.domain.decision import Examined
    from signoff.domain.delivery import Activity, Receipt
    from signoff.domain.deployment import Failed, Terms, default_terms
    from signoff.domain.failures import POSSIBLY_SENT, Failure, FailureClass, Stage, failure_at
    from signoff.domain.observation import Finding
    from signoff.domain.policies import VerdictKind, judge
    from signoff.domain.record import JobRecord
    from signoff.domain.repair import Redirect
    from signoff.domain.response import ResponseSnapshot
    from signoff.domain.search import Found, Search
    from workflows import handing, options

T = TypeVar("T")

_OVER = frozenset({exceptions.RetryState.TIMEOUT, exceptions.RetryState.MAXIMUM_ATTEMPTS_REACHED})

_LONGEST = timedelta(days=8)
"""How long one look may go on: the longest deadline there is, and a day for a worker to come that looks."""


async def create_response(order: CreateOrder) -> ResponseSnapshot | Failed:
    """Send the one create of an attempt."""
    call = workflow.execute_activity_method(
        ResponseActivities.create_response,
        order,
        **options.extended(options.CREATE, summary=f"create of attempt {order.attempt}"),
    )
    return await _settled(call, Stage.CREATE, FailureClass.OUTCOME_UNKNOWN)


async def look_at_response(order: ResponseOrder) -> Ended | Failed:
    """Look until the response has ended or its deadline has come; the server does the waiting.

    The look at the deadline says so itself; Temporal's own limit is for the case that no worker ever looked.
    """
    call = workflow.execute_activity_method(
        ResponseActivities.look_at_response,
        order,
        **options.extended(
            options.LOOK,
            activity_id=names.LOOK_ID,
            task_queue=names.LOOK_TASK_QUEUE,
            schedule_to_close_timeout=_LONGEST,
            summary=f"looks at {order.response_id} of attempt {order.attempt}",
        ),
    )
    return await _settled(call, Stage.LOOK, FailureClass.TIMEOUT)


async def look_when_announced(order: ResponseOrder) -> Ended | Failed | None:
    """Look at once, and a few times soon after; `None` when the response is still under way."""
    call = workflow.execute_activity_method(
        ResponseActivities.look_when_announced,
        order,
        **options.extended(
            options.ANNOUNCED_LOOK,
            task_queue=names.LOOK_TASK_QUEUE,
            summary=f"{order.response_id} was announced",
        ),
    )
    return await _settled(call, Stage.LOOK, FailureClass.TRANSIENT)


async def cancel_response(order: ResponseOrder) -> Ended | Failed:
    """Stop the paid work upstream and confirm it."""
    call = workflow.execute_activity_method(
        ResponseActivities.cancel_response,
        order,
        **options.extended(options.CANCEL, summary=f"stop {order.response_id}"),
    )
    return await _settled(call, Stage.CANCEL, FailureClass.TRANSIENT)


async def find_response(order: FindOrder) -> Search | Failed:
    """Look in the provider's list for a response whose create was not answered."""
    call = workflow.execute_activity_method(
        StrayActivities.find_response,
        order,
        **options.extended(options.FIND, summary=f"what became of attempt {order.attempt}?"),
    )
    return await _settled(call, Stage.FIND, FailureClass.TRANSIENT)


async def identify_response(order: NamedOrder) -> Found | Failed:
    """Retrieve a response that was announced, and tell whose it is."""
    call = workflow.execute_activity_method(
        StrayActivities.identify_response,
        order,
        **options.extended(options.STRAY, summary=f"whose is {order.response_id}?"),
    )
    return await _settled(call, Stage.FIND, FailureClass.TRANSIENT)


async def settle_stray(order: NamedOrder) -> Stray | Failed:
    """Stop a response that the job does not go on with, and take what it used."""
    call = workflow.execute_activity_method(
        StrayActivities.settle_stray,
        order,
        **options.extended(options.STRAY, summary=f"stray {order.response_id}"),
    )
    return await _settled(call, Stage.CANCEL, FailureClass.TRANSIENT)


async def examine(order: ExamineOrder) -> Examined | Failed:
    """Find out what a message to an open review rests on."""
    call = workflow.execute_activity_method(
        ReviewActivities.examine,
        order,
        **options.extended(options.EXAMINE, summary=f"a message of kind {order.message.kind}"),
    )
    return await _settled(call, Stage.ARCHIVE, FailureClass.TRANSIENT)


async def deliver(order: DeliverOrder) -> Receipt | Failed:
    """Hand over the approved bytes."""
    if isinstance(order.destination, Activity):
        prepared = await _prepared(order, order.destination)
        return prepared if isinstance(prepared, Failed) else await handing.acted(order, order.destination, prepared)
    if not order.destination.is_repeatable:
        return await _delivered_once(order)
    call = workflow.execute_activity_method(
        DeliveryActivities.deliver,
        order,
        **options.delivery(order.number, summary=f"delivery {order.number}, to {order.destination.channel}"),
    )
    return await _settled(call, Stage.DELIVER, FailureClass.OUTCOME_UNKNOWN)


async def _prepared(order: DeliverOrder, wanted: Activity) -> Prepared | Failed:
    """Have the approved bytes made ready for an activity of the user's own."""
    call = workflow.execute_activity_method(
        HandingActivities.prepare_delivery,
        order,
        **options.extended(options.PREPARE, summary=f"delivery {order.number}, for {wanted.place}"),
    )
    return await _settled(call, Stage.DELIVER, FailureClass.TRANSIENT)


async def _delivered_once(order: DeliverOrder) -> Receipt | Failed:
    """Deliver to where a repeat would be another delivery: try again only while nothing can have been sent."""
    summary = f"delivery {order.number}, to {order.destination.channel}, sent once"
    first, failures = workflow.now(), 0
    while True:
        call = workflow.execute_activity_method(
            DeliveryActivities.deliver,
            order,
            **options.delivery(order.number, summary=summary, is_repeatable=False),
        )
        failed = await _settled(call, Stage.DELIVER, FailureClass.OUTCOME_UNKNOWN, is_repeatable=False)
        if isinstance(failed, Receipt):
            return failed
        failures, since = failures + 1, workflow.now() - first
        chance = workflow.random().random()
        verdict = judge(failed.failure, failed.terms.rule, failures=failures, since_first=since, chance=chance)
        if verdict.kind is VerdictKind.PARK:
            return failed
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError  # it came while the activity ended
        await workflow.sleep(verdict.delay, summary=f"delivery {order.number} is tried again")


async def examine_redirect(order: RedirectOrder) -> Redirect | Failed:
    """Ask the deployment about another destination."""
    call = workflow.execute_activity_method(
        RedirectActivities.examine_redirect,
        order,
        **options.extended(options.EXAMINE, summary=f"may it go to {order.destination.channel}?"),
    )
    return await _settled(call, Stage.DELIVER, FailureClass.TRANSIENT)


async def archive_record(record: JobRecord) -> Failed | None:
    """Keep the record for good."""
    call = workflow.execute_activity_method(
        ArchiveActivities.archive_record,
        ArchiveOrder(record=record),
        **options.extended(options.ARCHIVE, summary=f"the record, {record.status}"),
    )
    return await _settled(call, Stage.ARCHIVE, FailureClass.TRANSIENT)


async def check(wanted: ActivityCheck, order: CheckOrder) -> tuple[Finding, ...]:
    """Have the requester's own worker look at a draft; whatever comes of it is a finding."""
    try:
        answer = await workflow.execute_activity(
            wanted.name,
            order,
            **options.extended(
                options.CHECK,
                task_queue=wanted.task_queue,
                schedule_to_close_timeout=wanted.timeout,
                summary=f"check {wanted.name}",
            ),
        )
    except exceptions.ActivityError as error:
        if isinstance(error.cause, exceptions.CancelledError):
            raise asyncio.CancelledError from error
        is_late = isinstance(error.cause, exceptions.TimeoutError) or error.retry_state in _OVER
        why = f"no worker on {wanted.task_queue} answered in time" if is_late else f"it failed: {error.cause}"
        return (unanswered(wanted, why),)
    return findings_in_answer(wanted, answer)


async def notify(order: NotifyOrder) -> Failed | None:
    """Tell people of the job; a failure is for the record, and stops nothing."""
    call = workflow.execute_activity_method(
        NotifyActivities.notify, order, **options.extended(options.NOTIFY, summary=f"tell people: {order.notice.kind}")
    )
    return await _settled(call, Stage.NOTIFY, FailureClass.TRANSIENT)


async def _settled(
    call: Awaitable[T], stage: Stage, when_silent: FailureClass, *, is_repeatable: bool = True
) -> T | Failed:
    """Wait for an activity and turn its error, if any, into a failure with its terms.

    `when_silent` is the class of an activity that ended without an answer of its own, as when its worker died.
    """
    try:
        return await call
    except exceptions.ActivityError as error:
        cause = error.cause
        if isinstance(cause, exceptions.CancelledError):
            raise asyncio.CancelledError from error
        if isinstance(cause, exceptions.ApplicationError) and cause.details:
            return _told(*cause.details)
        # A time limit, or the one execution that there may be ended by a stopping worker or a bug.
        is_silent = isinstance(cause, exceptions.TimeoutError) or error.retry_state in _OVER
        failure_class = when_silent if is_silent else FailureClass.UNCLASSIFIED
        if _is_unreadable(cause):
            failure_class = FailureClass.TRANSIENT  # nothing was begun, so nothing can have been paid
        may_be_sent = not is_repeatable and failure_class is FailureClass.OUTCOME_UNKNOWN
        code = POSSIBLY_SENT if may_be_sent else ""
        failure = failure_at(stage, failure_class, f"ended without an answer: {cause}", workflow.now(), code=code)
        return Failed(failure=failure, terms=default_terms(failure_class, stage, is_repeatable=is_repeatable))


def _is_unreadable(cause: BaseException | None) -> bool:
    """Whether a worker could not even read what it was given: for want of a key, or of the archive's answer."""
    within = cause.__cause__ if cause else None
    return isinstance(within, exceptions.ApplicationError) and within.type in {names.UNREADABLE, names.UNRETRIEVED}


def _told(failure: Any, terms: Any = None) -> Failed:  # noqa: ANN401  JSON from a history
    """Read the details of an error; an older worker sent no terms."""
    read = Failure.model_validate(failure)
    known = Terms.model_validate(terms) if terms else default_terms(read.failure_class, read.stage)
    return Failed(failure=read, terms=known)
