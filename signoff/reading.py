"""Reading jobs: where they stand, what happened to them, what they hold, what they delivered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import layout, names
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.description import (
    JobDescription,
    JobSummary,
    Waiting,
    describe_record,
    describe_summary,
)
from signoff.domain.errors import (
    FaultError,
    NoSuchJobError,
    RefusedError,
    SignoffError,
    UnreachableError,
)
from signoff.domain.failures import FailureClass
from signoff.domain.job import JOB_ID_RULE, is_job_id
from signoff.domain.record import JobOutcome, JobRecord
from signoff.domain.status import JobStatus
from signoff.ports import Archive
from signoff.temporal import RPC_TIMEOUT, is_about_namespace, is_silence
from signoff.visibility import cut_off, query_for, summary_of, waiting_in

FOLLOW_INTERVAL: Final = timedelta(seconds=1)


class JobReader:
    """The half of `JobClient` that changes nothing."""

    def __init__(self, temporal: Client, archive: Archive) -> None:
        self._temporal = temporal
        self._archive = archive

    async def describe(self, job_id: str) -> JobDescription:
        """Say where a job stands now. Without a worker the answer holds what Temporal itself knows."""
        found = await self._execution(job_id)
        if found is None:
            return describe_record(await self.record(job_id), Waiting(), None)
        if why := cut_off(found):
            told = f"{why}; Temporal UI has what happened to it"
            return describe_summary(await summary_of(found), Waiting(), found.history_length, told)
        waiting = waiting_in(found)
        try:
            return describe_record(await self.record(job_id), waiting, found.history_length)
        except UnreachableError:
            told = "no worker answers, so this is all that Temporal knows"
            return describe_summary(await summary_of(found), waiting, found.history_length, told)

    async def record(self, job_id: str) -> JobRecord:
        """Give everything that happened to a job: from the archive once it has closed, else from the live job."""
        if archived := await self._archived(job_id):
            return archived
        try:
            record: JobRecord = await self._handle(job_id).query(
                names.RECORD, result_type=JobRecord, rpc_timeout=RPC_TIMEOUT
            )
        except RPCError as error:
            raise translated(error, job_id, "the job itself goes on") from error
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
            job = await self.describe(job_id)
            told = f"the result of {job_id} can't be fetched: the job is {job.status} ({job.reason})"
            raise RefusedError(f"{told}; next action: {job.next_action}")
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
        self,
        *,
        status: JobStatus | None = None,
        requester: str | None = None,
        failure_class: FailureClass | None = None,
        limit: int = 50,
    ) -> list[JobSummary]:
        """List jobs that Temporal still knows, the newest first. A new job is listed within about a second.

        `failure_class` asks for those that have stopped for that reason.
        """
        query = query_for(status=status, requester=requester, failure_class=failure_class)
        try:
            found = self._temporal.list_workflows(query, limit=limit, page_size=limit, rpc_timeout=RPC_TIMEOUT)
            return [await summary_of(execution) async for execution in found]
        except RPCError as error:
            raise translated(error, "the list", "") from error

    async def _execution(self, job_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._handle(job_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise translated(error, job_id, "the job itself goes on") from error

    async def _archived(self, job_id: str) -> JobRecord | None:
        if not is_job_id(job_id):
            raise NoSuchJobError(f"there is no job {job_id!r}: a job id has {JOB_ID_RULE}")
        data = await self._read(layout.record_path(job_id))
        return JobRecord.model_validate_json(data) if data else None

    async def _deliverable(self, record: JobRecord) -> Deliverable:
        digest = record.deliverable.digest if record.deliverable else ""
        data = await self._read(layout.deliverable_path(record.job_id, digest))
        if data is None:
            raise RefusedError(f"{self._archive} does not hold {digest}; is it the archive that the workers write to?")
        if digest_of(data) != digest:
            raise RefusedError(f"{self._archive} holds {digest_of(data)} in place of {digest}; restore it from a copy")
        return Deliverable.model_validate_json(data)

    async def _read(self, path: str) -> bytes | None:
        try:
            return await self._archive.get(path)
        except FaultError as error:
            raise UnreachableError(f"{self._archive} can't be read: {error}") from error

    def _handle(self, job_id: str) -> WorkflowHandle[Any, JobOutcome]:
        return self._temporal.get_workflow_handle(job_id, result_type=JobOutcome)


def translated(error: RPCError, what: str, when_silent: str) -> SignoffError:
    """Say what a failed call means to whoever made it, and what to do."""
    if error.status is RPCStatusCode.NOT_FOUND and is_about_namespace(error):
        return UnreachableError(f"Temporal has no such namespace: {error.message}; set TEMPORAL_NAMESPACE")
    if error.status is RPCStatusCode.NOT_FOUND:
        return NoSuchJobError(f"there is no job {what}; `signoff list` shows those that exist")
    if is_silence(error) or error.status is RPCStatusCode.FAILED_PRECONDITION:
        nobody = f"nobody answered about {what} ({error.message}); is a worker running? `signoff up` starts one"
        return UnreachableError(f"{nobody}; {when_silent}")
    return SignoffError(f"Temporal refused the call about {what}: {error.message}")
