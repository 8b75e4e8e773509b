"""The life of a job, told once."""

import asyncio
import contextlib
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.errors import malformed
    from activities.orders import CreateOrder, DeliverOrder, ResponseOrder
    from signoff.domain import deciding, names, progress
    from signoff.domain.errors import BadRequestError
    from signoff.domain.failures import Failure, FailureClass
    from signoff.domain.job import NOTHING, JobRequest, Submission
    from signoff.domain.record import Ended, JobOutcome, JobRecord
    from signoff.domain.review import DecisionAnswer, DecisionKind
    from signoff.domain.status import JobStatus
    from workflows import display, inbox, steps

T = TypeVar("T")


@workflow.defn(name=names.WORKFLOW)
class BackgroundJob:
    """One job: make a response, hold it for a person, deliver what was approved.

    The record is the whole state. Each open status has one method that waits for what ends it; handlers and
    methods alike change the job only through `signoff.domain.progress` and `deciding`.
    """

    @workflow.init
    def __init__(self, request: Submission = NOTHING) -> None:
        job_id = workflow.info().workflow_id
        try:
            self._request: JobRequest = request.for_job(job_id)
        except BadRequestError as error:
            raise malformed(str(error)) from None
        self._record: JobRecord = progress.opened(self._request, job_id=job_id, at=workflow.now())
        self._is_cancelled = False

    @workflow.run
    async def run(self, request: Submission = NOTHING) -> JobOutcome:  # noqa: ARG002  __init__ takes it
        """Live until a closed status is reached, keep the record for good, and say how it ended."""
        display.show(self._record)
        try:
            await self._live()
        except asyncio.CancelledError:
            self._is_cancelled = True
        if not self._record.is_closed:
            await self._cancel()
        if failure := await self._untorn(steps.archive_record(self._record)):
            workflow.logger.error("record.not_archived", extra={"failure_class": failure.failure_class})
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._record.outcome()

    async def _live(self) -> None:
        while not self._record.is_closed and not self._is_cancelled:
            match self._record.status:
                case JobStatus.QUEUED:
                    await self._create()
                case JobStatus.RUNNING:
                    await self._await_response()
                case JobStatus.AWAITING_REVIEW:
                    await self._await_decision()
                case JobStatus.DELIVERING:
                    await self._deliver()
                case JobStatus.NEEDS_ATTENTION:
                    await self._await_repair()

    async def _create(self) -> None:
        """Queued: wait until an attempt may begin, write it down, and send its one create."""
        if self._record.not_before and self._record.not_before > workflow.now():
            await workflow.sleep(self._record.not_before - workflow.now())
        self._become(progress.attempt_begun(self._record, workflow.now()))
        order = CreateOrder(
            job_id=self._record.job_id,
            attempt=len(self._record.attempts),
            parameters=self._request.response,
            destination=self._request.delivery,
        )
        match await self._untorn(steps.create_response(order)):
            case Failure() as failure:
                self._stop(failure)
            case snapshot:
                self._become(progress.response_created(self._record, snapshot, workflow.now()))

    async def _await_response(self) -> None:
        """Running: look until the response has ended; at the time limit stop it, and take what is there."""
        order = self._response_order()
        seen = await steps.look_at_response(order)
        if isinstance(seen, Failure) and seen.failure_class is FailureClass.TIMEOUT:
            stopped = await self._untorn(steps.cancel_response(order))
            seen = progress.at_time_limit(stopped, seen)
        self._take(seen)

    async def _await_decision(self) -> None:
        """Awaiting review: hold the draft until enough people decided, or the window is over."""
        await self._leaves(JobStatus.AWAITING_REVIEW, until=self._record.decision_due_at)
        if self._record.status is JobStatus.AWAITING_REVIEW:
            self._become(progress.expired(self._record, "nobody decided in time", workflow.now()))

    async def _deliver(self) -> None:
        """Delivering: hand over the approved bytes, and take the receipt."""
        order = DeliverOrder(
            job_id=self._record.job_id,
            digest=self._record.approved_digest,
            approvers=self._record.approvers,
            destination=self._request.delivery,
        )
        match await self._stoppable(steps.deliver(order)):
            case Failure() as failure:
                self._stop(failure)
            case receipt:
                self._become(progress.delivered(self._record, receipt, workflow.now()))

    async def _await_repair(self) -> None:
        """Needs attention: wait for a person, and expire when nobody comes."""
        await self._leaves(JobStatus.NEEDS_ATTENTION, until=self._record.attention_due_at or workflow.now())
        if self._record.status is JobStatus.NEEDS_ATTENTION:
            self._become(progress.expired(self._record, "nobody attended to it in time", workflow.now()))

    async def _cancel(self) -> None:
        """Cancelled: stop the paid work upstream, if there is any, and close the job."""
        why = workflow.cancellation_reason() or "cancelled"
        if self._record.is_working_upstream:
            stopped = await steps.cancel_response(self._response_order())
            self._become(progress.upstream_stopped(self._record, stopped, workflow.now()))
        self._become(progress.cancelled(self._record, why, workflow.now()))

    @workflow.update(name=names.DECIDE)
    def decide(self, *said: Any) -> DecisionAnswer:  # noqa: ANN401  people type it, so anything may come
        """Take a person's decision, or refuse it with a reason; both are lines in the record."""
        decision = inbox.read_decision(said, new_id=inbox.update_id())
        record, line = deciding.decided(self._record, decision, workflow.now())
        self._become(record)
        return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=record.status, at=line.at)

    @decide.validator
    def _is_decision(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Fail the call when it is no decision at all, which leaves nothing in the history."""
        try:
            inbox.read_decision(said, new_id=inbox.update_id())
        except BadRequestError as error:
            raise malformed(str(error)) from None

    @workflow.signal(name=names.APPROVE)
    def approve(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Approve from Temporal UI or the `temporal` command, under the same rules as `decide`."""
        self._hear(DecisionKind.APPROVE, said)

    @workflow.signal(name=names.REJECT)
    def reject(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Reject from Temporal UI or the `temporal` command, under the same rules as `decide`."""
        self._hear(DecisionKind.REJECT, said)

    @workflow.query(name=names.RECORD)
    def record(self) -> JobRecord:
        """Answer with everything that happened so far."""
        return self._record

    def _hear(self, kind: DecisionKind, said: tuple[Any, ...]) -> None:
        at = workflow.now()
        try:
            decision = inbox.read_decision(said, new_id=str(workflow.uuid4()), kind=kind)
        except BadRequestError as error:
            self._become(deciding.decision_unreadable(self._record, str(error), at))
        else:
            self._become(deciding.decided(self._record, decision, at)[0])

    def _response_order(self) -> ResponseOrder:
        return ResponseOrder.for_attempt(self._request, self._record)

    def _take(self, seen: Ended | Failure) -> None:
        """Judge what the last look saw: hold the draft, try again, or stop for a person."""
        if isinstance(seen, Ended):
            self._become(progress.response_ended(self._record, seen, workflow.now()))
        if isinstance(seen, Ended) and seen.deliverable:
            self._become(progress.held(self._record, seen.deliverable, self._request.review, workflow.now()))
        elif failure := seen if isinstance(seen, Failure) else seen.failure:
            self._stop(failure)

    def _stop(self, failure: Failure) -> None:
        at = workflow.now()
        self._become(progress.stopped(self._record, failure, progress.judged(self._record, failure, at), at))

    def _become(self, record: JobRecord) -> None:
        if record.status is not self._record.status:
            told = {"status": str(record.status), "next_action": str(record.next_action)}
            workflow.logger.info("job.status_changed", extra=told)
        self._record = record
        display.show(record)

    async def _leaves(self, status: JobStatus, *, until: datetime) -> None:
        """Wait until a handler moved the job out of a status, or the time is over."""
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self._record.status is not status,
                timeout=until - workflow.now(),
                timeout_summary=f"{status} ends",
            )

    async def _stoppable(self, step: Awaitable[T]) -> T:
        """Stop a step when the job is cancelled, but keep its result if that arrives together with the cancel."""
        task = asyncio.ensure_future(step)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._is_cancelled = True
            for _ in range(5):  # what arrived in the same workflow task is taken first
                await asyncio.sleep(0)
            if not task.done():
                task.cancel()
            return await task

    async def _untorn(self, step: Awaitable[T]) -> T:
        """Finish a step that a cancel must not tear, such as a create whose reply is on its way."""
        task = asyncio.ensure_future(step)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._is_cancelled = True
            return await task
