"""`JobClient`: what a service needs to submit jobs, follow them, decide on them and fetch their results."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import layout, names
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.description import (
    JobDescription,
    JobSummary,
    Submitted,
    Waiting,
    describe_record,
    describe_summary,
)
from signoff.domain.errors import (
    BadRequestError,
    ConflictError,
    FaultError,
    NoSuchJobError,
    RefusedError,
    SignoffError,
    UnreachableError,
)
from signoff.domain.job import JobRequest
from signoff.domain.progress import answer_when_closed
from signoff.domain.record import JobOutcome, JobRecord
from signoff.domain.review import Decision, DecisionAnswer
from signoff.domain.status import JobStatus
from signoff.ports import Archive
from signoff.temporal import RPC_TIMEOUT, is_silence, missing_search_attributes
from signoff.visibility import TITLE, first_attributes, query_for, summary_of, waiting_in

ParameterCheck = Callable[[Mapping[str, Any]], list[str]]
FOLLOW_INTERVAL: Final = timedelta(seconds=1)


class JobClient:
    """Jobs, as the services around them see them.

    Every method raises a `SignoffError` whose message says what to do: `NoSuchJobError` for an id that neither
    Temporal nor the archive knows, `UnreachableError` where nobody answered.

    Args:
        temporal: A connection with the pydantic data converter, as `signoff.temporal.connect` makes it.
        archive: The archive that the workers write to; results and the records of old jobs come from there.
        check: Checks response parameters in full before a job starts, as
            `signoff.adapters.parameters.problems_in` does. Without it the worker alone checks them, before
            anything is paid.
    """

    def __init__(self, temporal: Client, archive: Archive, check: ParameterCheck | None = None) -> None:
        self._temporal = temporal
        self._archive = archive
        self._check = check

    async def submit(self, request: JobRequest) -> Submitted:
        """Start a job, or find the one that the same request started before.

        A request without a job id gets a new one each time. With an id, a repeat is harmless, also after the
        job has closed.

        Raises:
            BadRequestError: OpenAI would not take the parameters; nothing was started.
            ConflictError: The job id belongs to another request; nothing was started.
        """
        if self._check and (problems := await asyncio.to_thread(self._check, request.response)):
            raise BadRequestError("; ".join(problems))
        if request.job_id is None:
            request = request.model_copy(update={"job_id": f"job-{uuid.uuid4().hex}"})
        elif archived := await self._archived(request.job_id):
            return _same(request, archived.request_digest)
        try:
            return await self._start(request)
        except WorkflowAlreadyStartedError as error:
            return _same(request, await self._first_digest(str(request.job_id), error))
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT and await missing_search_attributes(self._temporal):
                msg = f"the namespace {self._temporal.namespace} is not set up for jobs; run `signoff setup` once"
                raise SignoffError(msg) from error
            again = f"submit it again as {request.job_id}; that never starts a second job"
            raise _translated(error, str(request.job_id), again) from error

    async def describe(self, job_id: str) -> JobDescription:
        """Say where a job stands now. Without a worker the answer holds what Temporal itself knows."""
        found = await self._execution(job_id)
        if found is None:
            return describe_record(await self.record(job_id), Waiting(), None)
        waiting = waiting_in(found)
        try:
            return describe_record(await self.record(job_id), waiting, found.history_length)
        except UnreachableError:
            return describe_summary(await summary_of(found), waiting, found.history_length)

    async def record(self, job_id: str) -> JobRecord:
        """Give everything that happened to a job: from the archive once it has closed, else from the live job."""
        if archived := await self._archived(job_id):
            return archived
        try:
            record: JobRecord = await self._handle(job_id).query(
                names.RECORD, result_type=JobRecord, rpc_timeout=RPC_TIMEOUT
            )
        except RPCError as error:
            raise _translated(error, job_id, "the job itself goes on") from error
        except WorkflowQueryFailedError as error:
            msg = f"{job_id} can't answer: {error}; Temporal UI shows why its workflow failed"
            raise UnreachableError(msg) from error
        return record

    async def result(self, job_id: str) -> Deliverable:
        """Fetch what was delivered, as the requester may once the job is completed.

        Raises:
            RefusedError: The job is not completed; the message says where it stands, never what it holds.
        """
        record = await self.record(job_id)
        if record.status is not JobStatus.COMPLETED:
            told = f"the result of {job_id} can't be fetched: the job is {record.status} ({record.reason})"
            raise RefusedError(f"{told}; next action: {record.next_action}")
        return await self._deliverable(record)

    async def draft(self, job_id: str) -> tuple[Deliverable, JobRecord]:
        """Fetch what is held for review, as a reviewer must see it before deciding.

        Raises:
            RefusedError: Nothing has been held for review yet.
        """
        record = await self.record(job_id)
        if record.deliverable is None:
            raise RefusedError(f"{job_id} holds nothing to review: the job is {record.status} ({record.reason})")
        return await self._deliverable(record), record

    async def decide(self, job_id: str, decision: Decision) -> DecisionAnswer:
        """Hand in a reviewer's decision. The answer says whether it counts, and otherwise why not.

        The same `decision_id` again gets the first answer again and changes nothing, so a decision whose answer
        was lost (`UnreachableError`) is simply sent again.
        """
        again = f"it may still be applied; send it again with the decision id {decision.decision_id}"
        try:
            answer: DecisionAnswer = await self._handle(job_id).execute_update(
                names.DECIDE,
                decision,
                id=decision.decision_id,
                result_type=DecisionAnswer,
                rpc_timeout=RPC_TIMEOUT,
            )
        except WorkflowUpdateFailedError as error:
            raise BadRequestError(f"the decision could not be read: {error.cause}") from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise UnreachableError(f"no worker answers for {job_id}; {again}") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return answer_when_closed(await self.record(job_id), decision)
            raise _translated(error, job_id, again) from error
        return answer

    async def cancel(self, job_id: str, *, by: str, reason: str = "") -> None:
        """Ask to stop a job in any open status. It is closed once OpenAI confirmed that the paid work stopped.

        Raises:
            RefusedError: The job is closed already.
        """
        found = await self._execution(job_id)
        if found is None or found.status is not WorkflowExecutionStatus.RUNNING:
            # Temporal takes a cancel of a closed workflow without a word.
            record = await self.record(job_id)
            raise RefusedError(f"{job_id} is closed already: {record.status} ({record.reason})")
        why = f"cancelled by {by}" + (f": {reason}" if reason else "")
        try:
            await self._handle(job_id).cancel(reason=why, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            raise _translated(error, job_id, "it may still be cancelled; ask again") from error

    async def follow(self, job_id: str, interval: timedelta = FOLLOW_INTERVAL) -> AsyncIterator[JobDescription]:
        """Give the job's description now and after every change, until it is closed.

        Between changes only Temporal itself is asked, once per interval, so a job that many follow costs its
        worker nothing.
        """
        seen: object = None
        told: JobDescription | None = None
        while True:
            found = await self._execution(job_id)
            glance = (await summary_of(found), waiting_in(found), found.history_length) if found else None
            if glance is None or glance != seen:
                description = await self.describe(job_id)
                if description != told:
                    yield description
                if description.status.is_closed:
                    return
                # Where no worker answered, the full description is still owed.
                told, seen = description, glance if description.is_complete else None
            await asyncio.sleep(interval.total_seconds())

    async def list(
        self, *, status: JobStatus | None = None, requester: str | None = None, limit: int = 50
    ) -> list[JobSummary]:
        """List jobs that Temporal still knows, the newest first. A new job is listed within about a second."""
        query = query_for(status=status, requester=requester)
        try:
            found = self._temporal.list_workflows(query, limit=limit, page_size=limit, rpc_timeout=RPC_TIMEOUT)
            return [await summary_of(execution) async for execution in found]
        except RPCError as error:
            raise _translated(error, "the list", "") from error

    async def _start(self, request: JobRequest) -> Submitted:
        handle = await self._temporal.start_workflow(
            names.WORKFLOW,
            request,
            id=str(request.job_id),
            task_queue=names.TASK_QUEUE,
            result_type=JobOutcome,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=first_attributes(request),
            memo={TITLE: request.title or request.job_id},
            static_summary=request.title or None,
            rpc_timeout=RPC_TIMEOUT,
        )
        return Submitted(job_id=handle.id, is_new=True)

    async def _first_digest(self, job_id: str, error: Exception) -> str:
        """Read the request that a job was started with from its first event, which needs no worker."""
        async for event in self._handle(job_id).fetch_history_events(page_size=1, rpc_timeout=RPC_TIMEOUT):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            [request] = await self._temporal.data_converter.decode(payloads, [JobRequest])
            return str(request.digest)
        raise NoSuchJobError(f"{job_id} has no history") from error

    async def _execution(self, job_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._handle(job_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise _translated(error, job_id, "the job itself goes on") from error

    async def _archived(self, job_id: str) -> JobRecord | None:
        data = await self._read(layout.record_path(job_id))
        return JobRecord.model_validate_json(data) if data else None

    async def _deliverable(self, record: JobRecord) -> Deliverable:
        digest = record.deliverable.digest if record.deliverable else ""
        data = await self._read(layout.deliverable_path(record.job_id, digest))
        if data is None or digest_of(data) != digest:
            found = digest_of(data) if data else "nothing"
            raise RefusedError(f"the archive holds {found} where {digest} should be; restore it from a copy")
        return Deliverable.model_validate_json(data)

    async def _read(self, path: str) -> bytes | None:
        try:
            return await self._archive.get(path)
        except FaultError as error:
            raise UnreachableError(f"the archive can't be read: {error}") from error

    def _handle(self, job_id: str) -> WorkflowHandle[Any, JobOutcome]:
        return self._temporal.get_workflow_handle(job_id, result_type=JobOutcome)


def _same(request: JobRequest, digest: str) -> Submitted:
    if digest != request.digest:
        msg = f"{request.job_id} belongs to another request; choose another job id, or leave it out to get a new one"
        raise ConflictError(msg)
    return Submitted(job_id=str(request.job_id), is_new=False)


def _translated(error: RPCError, what: str, when_silent: str) -> SignoffError:
    if error.status is RPCStatusCode.NOT_FOUND:
        return NoSuchJobError(f"there is no job {what}; `signoff list` shows those that exist")
    if is_silence(error) or error.status is RPCStatusCode.FAILED_PRECONDITION:
        return UnreachableError(f"no answer about {what}: {error.message}; {when_silent}")
    return SignoffError(f"Temporal refused the call about {what}: {error.message}")
