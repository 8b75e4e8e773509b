"""Creating, looking at and cancelling responses."""

from collections.abc import Mapping
from http import HTTPStatus

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, final, not_yet
from activities.faults import counted_error, forget
from activities.heartbeat import beating
from activities.orders import CreateOrder, ResponseOrder
from activities.results import keep
from signoff.domain import names
from signoff.domain.errors import FaultError
from signoff.domain.failures import Failure, FailureClass, Stage, failure_at
from signoff.domain.parameters import for_attempt
from signoff.domain.policies import POLICIES
from signoff.domain.record import Ended
from signoff.domain.response import ResponseSnapshot, read_snapshot
from signoff.domain.schedule import schedule_for
from signoff.ports import Archive, DeliveryChannel, RawResponse, ResponseProvider

_CONFIRMING = POLICIES[FailureClass.TRANSIENT]
"""How a cancel that was taken, but is not visible yet, is confirmed: soon at first, then ever more rarely."""

_UNDECIDED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers to a cancel that call for another cancel; any other 4xx may mean that there is nothing to cancel."""


class ResponseActivities:
    """The activities that talk to the provider of responses."""

    def __init__(
        self,
        provider: ResponseProvider,
        archive: Archive,
        channels: Mapping[str, DeliveryChannel],
        clock: Clock = now,
    ) -> None:
        self._provider = provider
        self._archive = archive
        self._channels = channels
        self._clock = clock

    @activity.defn(name=names.CREATE_RESPONSE)
    async def create_response(self, order: CreateOrder) -> ResponseSnapshot:
        """Send one create, once, after everything was checked that can be checked without paying.

        A repeat would be a second paid run, so the activity never repeats it and is never retried: every
        failure ends it, and the workflow decides whether there is another attempt.
        """
        parameters = for_attempt(order.parameters, job_id=order.job_id, attempt=order.attempt)
        try:
            self._provider.check(parameters)
            self._channels[order.destination.channel].check(order.destination)
            async with beating():
                raw = await self._provider.create(parameters)
        except FaultError as fault:
            raise final(failure_of(fault, self._clock())) from fault
        return read_snapshot(raw.body)

    @activity.defn(name=names.LOOK_AT_RESPONSE)
    async def look_at_response(self, order: ResponseOrder) -> Ended:
        """Look once; while the response is under way, have the server repeat this on the look schedule.

        Once it has ended, the raw body and the draft are in the archive before the result is returned. One that
        is still under way at its deadline ends the activity as a `timeout`.
        """
        schedule = schedule_for(order.wait)
        at = self._clock()
        age = at - order.created_at
        if not schedule.is_due(age):
            raise not_yet("not due yet", order.until_end(at, schedule.delay(age)))
        try:
            async with beating():
                raw = await self._provider.retrieve(order.response_id, order.include)
                if read_snapshot(raw.body).status.is_terminal:
                    return await self._keep(order, raw, looks=max(activity.info().attempt - 1, 1))
        except FaultError as fault:
            raise counted_error(fault, created_at=order.created_at, at=self._clock()) from fault
        except ValueError as error:
            raise final(self._unreadable(Stage.LOOK, error)) from error
        forget()
        status = read_snapshot(raw.body).status
        if at >= order.ends_at:
            raise final(failure_at(Stage.LOOK, FailureClass.TIMEOUT, f"still {status} at its deadline", at))
        raise not_yet(f"the response is {status}", order.until_end(at, schedule.delay(age)))

    @activity.defn(name=names.CANCEL_RESPONSE)
    async def cancel_response(self, order: ResponseOrder) -> Ended:
        """Stop the paid work and confirm it with a retrieval, which may show that it was too late.

        Servers disagree about cancelling what has ended, so what they answer to the cancel does not count.
        """
        try:
            async with beating():
                raw = await self._stop(order)
                if read_snapshot(raw.body).status.is_terminal:
                    return await self._keep(order, raw, looks=1)
        except FaultError as fault:
            raise counted_error(fault, created_at=order.created_at, at=self._clock()) from fault
        except ValueError as error:
            raise final(self._unreadable(Stage.CANCEL, error)) from error
        raise not_yet("the cancel is not confirmed yet", _CONFIRMING.delay(activity.info().attempt))

    async def _stop(self, order: ResponseOrder) -> RawResponse:
        try:
            await self._provider.cancel(order.response_id)
        except FaultError as fault:
            status = fault.seen.http_status
            if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _UNDECIDED:
                raise
        return await self._provider.retrieve(order.response_id, order.include)

    async def _keep(self, order: ResponseOrder, raw: RawResponse, *, looks: int) -> Ended:
        return await keep(self._archive, order, raw, looks=looks, at=self._clock())

    def _unreadable(self, stage: Stage, error: ValueError) -> Failure:
        text = f"no deliverable can be made of the response ({type(error).__name__})"
        return failure_at(stage, FailureClass.UNCLASSIFIED, text, self._clock())
