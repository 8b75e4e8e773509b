"""Creating, looking at and cancelling responses."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, final, not_yet, repeated
from activities.heartbeat import beating
from activities.orders import CreateOrder, ResponseOrder
from signoff.domain import layout, names
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Deliverable, DeliverableRef, digest_of
from signoff.domain.errors import FaultError
from signoff.domain.failures import Failure, FailureClass, Stage, failure_at
from signoff.domain.hints import retry_after_in_text
from signoff.domain.model import Value
from signoff.domain.observation import Finding, Observation
from signoff.domain.parameters import for_attempt
from signoff.domain.policies import POLICIES
from signoff.domain.record import Ended
from signoff.domain.response import ResponseSnapshot, find, read_content, read_snapshot
from signoff.domain.schedule import schedule_for
from signoff.domain.status import ResponseStatus
from signoff.ports import Archive, DeliveryChannel, RawResponse, ResponseProvider

_CONFIRMING = POLICIES[FailureClass.TRANSIENT]
"""How a cancel that was taken, but is not visible yet, is confirmed: soon at first, then ever more rarely."""

_HOLDABLE = frozenset({ResponseStatus.COMPLETED, ResponseStatus.INCOMPLETE})
_UNDECIDED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers to a cancel that call for another cancel; any other 4xx may mean that there is nothing to cancel."""


class Faults(Value):
    """The faults that a repeated activity met in a row; kept in its heartbeat details between repeats.

    `missing_since` is when the response was first not found, if that is what it last was.
    """

    count: int = 0
    since: datetime | None = None
    missing_since: datetime | None = None

    def after(self, fault: FaultError, at: datetime) -> "Faults":
        """Count one more."""
        is_missing = fault.seen.http_status == HTTPStatus.NOT_FOUND
        missing_since = self.missing_since or at if is_missing else None
        return Faults(count=self.count + 1, since=self.since or at, missing_since=missing_since)


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
                    return await self._keep(order, raw)
        except FaultError as fault:
            raise self._after_fault(fault, order) from fault
        except ValueError as error:
            raise final(self._unreadable(Stage.LOOK, error)) from error
        self._forget_faults()
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
                    return await self._keep(order, raw)
        except FaultError as fault:
            raise self._after_fault(fault, order) from fault
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

    async def _keep(self, order: ResponseOrder, raw: RawResponse) -> Ended:
        """Put what the response holds into the archive, and say in short what it is."""
        await self._archive.put(layout.body_path(order.job_id, order.attempt), raw.data)
        snapshot = read_snapshot(raw.body)
        found = find(raw.body, max_tool_calls=order.max_tool_calls) if snapshot.status in _HOLDABLE else ()
        failure = self._judge(snapshot, found)
        return Ended(
            snapshot=snapshot,
            body_digest=digest_of(raw.data),
            looks=max(activity.info().attempt - 1, 1),
            findings=found,
            deliverable=None if failure else await self._draft(order, raw, found),
            failure=failure,
        )

    async def _draft(self, order: ResponseOrder, raw: RawResponse, found: tuple[Finding, ...]) -> DeliverableRef:
        text, citations = read_content(raw.body)
        data = Deliverable(job_id=order.job_id, attempt=order.attempt, text=text, citations=citations).canonical()
        digest = digest_of(data)
        await self._archive.put(layout.deliverable_path(order.job_id, digest), data)
        return DeliverableRef(digest=digest, size_bytes=len(data), attempt=order.attempt, findings=found)

    def _judge(self, snapshot: ResponseSnapshot, found: tuple[Finding, ...]) -> Failure | None:
        """Say why a response that ended can't be held for review; `None` when it can."""
        seen = Observation(
            stage=Stage.LOOK,
            response_status=snapshot.status,
            error_code=snapshot.error_code,
            incomplete_reason=snapshot.incomplete_reason,
            findings=found,
        )
        failure_class = classify(seen)
        is_for_reviewer = failure_class is FailureClass.REVIEW_REQUIRED and snapshot.status in _HOLDABLE
        if failure_class is None or is_for_reviewer:
            return None
        told = snapshot.error_message or "; ".join(finding.message for finding in found)
        return Failure(
            stage=Stage.LOOK,
            failure_class=failure_class,
            code=snapshot.error_code or snapshot.incomplete_reason,
            message=told or f"the response is {snapshot.status}",
            at=self._clock(),
            retry_after=retry_after_in_text(snapshot.error_message),
        )

    def _unreadable(self, stage: Stage, error: ValueError) -> Failure:
        text = f"no deliverable can be made of the response ({type(error).__name__})"
        return failure_at(stage, FailureClass.UNCLASSIFIED, text, self._clock())

    def _after_fault(self, fault: FaultError, order: ResponseOrder) -> Exception:
        at = self._clock()
        faults = _known_faults().after(fault, at)
        activity.heartbeat(faults)
        # A response that was there may be missing for a while after it completed, as after its create.
        failure = failure_of(fault, at, age=at - (faults.missing_since or order.created_at))
        return repeated(failure, failures=faults.count, since_first=at - (faults.since or at))

    def _forget_faults(self) -> None:
        if _known_faults().count:
            activity.heartbeat(Faults())


def _known_faults() -> Faults:
    details = activity.info().heartbeat_details
    return Faults.model_validate(details[0]) if details else Faults()
