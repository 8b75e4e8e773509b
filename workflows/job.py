"""The life of a job, told once."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.errors import malformed
    from activities.orders import CreateOrder, ResponseOrder
    from signoff.domain import adoption, names, progress, reviewing
    from signoff.domain.attempt import Ended
    from signoff.domain.deployment import Failed, default_terms
    from signoff.domain.errors import BadRequestError
    from signoff.domain.failures import FailureClass
    from signoff.domain.judging import judged
    from signoff.domain.record import JobOutcome
    from signoff.domain.response import ResponseSnapshot
    from signoff.domain.status import JobStatus
    from signoff.domain.submission import NOTHING, Submission
    from workflows import display, steps
    from workflows.checking import checked
    from workflows.messages import Messages


@workflow.defn(name=names.WORKFLOW)
class BackgroundJob(Messages):
    """One job: make a response, hold it for a person, deliver what was approved.

    The record is the whole state. Each open status has one method that waits for what ends it; handlers and
    methods alike change the job only through pure functions of the domain.
    """

    @workflow.init
    def __init__(self, request: Submission = NOTHING) -> None:
        super().__init__()
        info = workflow.info()
        if info.continued_run_id and (carried := request.carried):
            self._take_up(carried)
            return
        try:
            self._request = request.for_job(info.workflow_id)
        except BadRequestError as error:
            raise malformed(str(error)) from None
        run_id = info.first_execution_run_id
        self._record = progress.opened(self._request, job_id=info.workflow_id, run_id=run_id, at=workflow.now())

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
        await self._keep_record()
        return self._record.outcome()

    async def _live(self) -> None:
        while not self._record.is_closed and not self._is_cancelled:
            if self._is_long:
                await self._go_on_in_new_history()
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
        await self._leaves(JobStatus.QUEUED, until=self._record.not_before)
        if self._record.status is not JobStatus.QUEUED or self._is_long or await self._has_completed_late():
            return
        await self._stop_upstream()
        digest = self._request.digest
        self._become(progress.attempt_begun(self._record, workflow.now(), request_digest=digest))
        match await self._untorn(self._send_create()):
            case Failed() as failed if failed.is_unknown_create and not self._is_cancelled:
                await self._look_for_lost(failed)
            case Failed() as failed:
                self._stop(failed)
            case snapshot:
                self._become(progress.response_created(self._record, snapshot, workflow.now()))

    async def _look_for_lost(self, failed: Failed) -> None:
        """Still queued, the reply lost: find or be told of the response, else let the policy say what follows."""
        self._become(adoption.reply_lost(self._record, failed, workflow.now()))
        failed, is_listable = await self._search(failed)
        if self._record.status is JobStatus.QUEUED:
            self._become(adoption.sign_awaited(self._record, failed.terms, workflow.now()))
            await self._leaves(JobStatus.QUEUED, until=self._record.adoption_due_at, is_torn=False)
        if self._record.status is JobStatus.QUEUED and is_listable:
            await self._search(failed)
        if self._record.status is JobStatus.QUEUED:
            self._stop(failed)

    async def _await_response(self) -> None:
        """Running: watch the response until it has ended; at the time limit stop it, and take what is there."""
        order = self._response_order()
        if (seen := await self._watch(order)) is None:
            return
        if isinstance(seen, Failed) and seen.failure.failure_class is FailureClass.TIMEOUT:
            stopped = await self._untorn(steps.cancel_response(order))
            seen = progress.at_time_limit(stopped, seen)
        await self._take(seen)

    async def _await_decision(self) -> None:
        """Awaiting review: hold the draft until enough people decided, or the window is over; remind them meanwhile."""
        while self._record.status is JobStatus.AWAITING_REVIEW and not self._is_long:
            await self._leaves(JobStatus.AWAITING_REVIEW, until=self._record.opened_review.next_moment)
            # What arrived in time counts, although looking into it takes longer.
            await workflow.wait_condition(lambda: not self._examining)
            self._become(reviewing.time_passed(self._record, workflow.now()))

    async def _deliver(self) -> None:
        """Delivering: hand the approved bytes to every destination that is owed them, and take the receipts."""
        if failed := await self._stoppable(self._hand_over()):
            self._stop(failed)

    async def _await_repair(self) -> None:
        """Needs attention: wait for a person; give the job up when told so, and let it expire when nobody comes."""
        await self._leaves(JobStatus.NEEDS_ATTENTION, until=self._record.attention_due_at)
        if self._record.status is not JobStatus.NEEDS_ATTENTION or (self._is_long and not self._record.abandoned):
            return
        await self._stop_upstream()
        if self._record.abandoned:
            self._become(progress.given_up(self._record, workflow.now()))
        else:
            self._become(reviewing.expired(self._record, "nobody attended to it in time", workflow.now()))

    async def _cancel(self) -> None:
        """Cancelled: stop the paid work upstream, if there is any, and close the job."""
        why = workflow.cancellation_reason() or "cancelled"
        await self._stop_upstream()
        self._become(progress.cancelled(self._record, why, workflow.now()))

    async def _keep_record(self) -> None:
        """Closed: put the record into the archive, once more if a stray turned up meanwhile."""
        kept = None
        while kept is not self._record:
            kept = self._record
            if failed := await self._untorn(steps.archive_record(kept)):
                workflow.logger.error("record.not_archived", extra={"failure_class": failed.failure.failure_class})
            await workflow.wait_condition(workflow.all_handlers_finished)
            await self._all_told()

    async def _go_on_in_new_history(self) -> None:
        """Open, with nothing under way: take everything along into a new history, once every message was answered."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._all_told()
        workflow.continue_as_new(self._carried())

    async def _has_completed_late(self) -> bool:
        """Look once more at a response that was stopped at its time limit, before another one is paid."""
        if not self._record.may_complete_late:
            return False
        seen = await steps.look_at_response(self._response_order())
        if not isinstance(seen, Ended) or seen.deliverable is None:
            return False
        self._become(progress.late_completion(self._record, workflow.now()))
        await self._take(seen)
        return True

    async def _stop_upstream(self) -> None:
        """Stop what OpenAI still works on, and is paid for, before something else begins or the job closes."""
        if self._record.is_working_upstream:
            stopped = await steps.cancel_response(self._response_order())
            self._become(progress.upstream_stopped(self._record, stopped, workflow.now()))

    async def _send_create(self) -> ResponseSnapshot | Failed:
        order = CreateOrder(
            job_id=self._record.job_id,
            run_id=self._record.run_id,
            attempt=len(self._record.attempts),
            parameters=self._request.response,
            rework=self._record.rework,
            groups=self._request.review.groups,
            checks=self._request.review.checks,
            destinations=tuple(delivery.destination for delivery in self._record.handovers),
            policy=self._request.policy,
        )
        self._is_creating = True
        try:
            return await steps.create_response(order)
        finally:
            # Announcements that wait for this are looked at after the reply is in the record, in the same task.
            self._is_creating = False

    def _response_order(self) -> ResponseOrder:
        return ResponseOrder.for_attempt(self._request, self._record)

    async def _take(self, seen: Ended | Failed) -> None:
        """Judge what the last look saw: have the draft checked and hold it, try again, or stop for a person."""
        if isinstance(seen, Failed):
            self._stop(seen)
            return
        self._become(progress.response_ended(self._record, seen, workflow.now()))
        if seen.deliverable:
            draft = await checked(self._request, self._record, seen.deliverable)
            at, policy = workflow.now(), self._request.review
            self._become(reviewing.held(self._record, draft, policy, at, seen.house))
        elif seen.failure:
            terms = seen.terms or default_terms(seen.failure.failure_class, seen.failure.stage)
            self._stop(Failed(failure=seen.failure, terms=terms))

    def _stop(self, failed: Failed) -> None:
        at = workflow.now()
        verdict = judged(self._record, failed, at, chance=workflow.random().random())
        self._become(progress.stopped(self._record, failed, verdict, at))
