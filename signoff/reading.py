"""Reading jobs: where they stand, what happened to them, what they hold, what they delivered."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from functools import partial
from typing import Any

from temporalio.client import WorkflowExecutionDescription, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import layout, names
from signoff.domain.deliverable import Deliverable
from signoff.domain.description import JobDescription, Waiting, describe_record, describe_summary
from signoff.domain.errors import RefusedError, UnreachableError
from signoff.domain.evidence import EvidenceIndex
from signoff.domain.fitting import evident_attempt, index_of_body, kept_index
from signoff.domain.integrity import body_digest_of, intact
from signoff.domain.model import counted
from signoff.domain.record import JobOutcome, JobRecord
from signoff.domain.removal import Kind
from signoff.domain.status import JobStatus
from signoff.domain.submission import Submission
from signoff.fetching import JobFetcher, beside, deliverable_in, refuse_erased
from signoff.following import FOLLOW_INTERVAL, Pace, Sight
from signoff.temporal import RPC_TIMEOUT, text_of, translated
from signoff.visibility import cut_off, summary_of, waiting_in


class JobReader(JobFetcher):
    """The half of `JobClient` that changes nothing."""

    async def describe(self, job_id: str) -> JobDescription:
        """Say where a job stands now. Without a worker the answer holds what Temporal itself knows."""
        return (await self._seen(job_id)).description

    async def requester(self, job_id: str) -> str:
        """Say whose job it is, which needs no worker."""
        try:
            found = await self._execution(job_id)
        except UnreachableError:
            # The archive tells as well, once the job has closed.
            if archived := await self._archived(job_id):
                return archived.requester
            raise
        return (await summary_of(found)).requester if found else (await self.record(job_id)).requester

    async def record(self, job_id: str) -> JobRecord:
        """Give everything that happened to a job: from the archive once it has closed, else from the live job."""
        if archived := await self._archived(job_id):
            return archived
        try:
            record: JobRecord = await self._handle(job_id).query(
                names.RECORD, result_type=JobRecord, rpc_timeout=RPC_TIMEOUT
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                await self._refuse_gone(job_id)
            raise translated(error, job_id, "the job itself goes on") from error
        except WorkflowQueryFailedError as error:
            msg = f"{job_id} can't answer: {error}; Temporal UI shows why its workflow failed"
            raise UnreachableError(msg) from error
        return record

    async def result(self, job_id: str) -> Deliverable:
        """Fetch what was delivered, as the requester may once the job is completed.

        Raises:
            RefusedError: The job is not completed; the message says where it stands, never what it holds.
            GoneError: It was erased, or its time is over.
        """
        return await deliverable_in(await self.result_bytes(job_id))

    async def result_bytes(self, job_id: str) -> bytes:
        """Fetch what was delivered as its canonical JSON, which takes less memory where it is large.

        Raises:
            RefusedError: As `result` raises it.
        """
        record = await self.record(job_id)
        refuse_erased(record)
        if record.status is not JobStatus.COMPLETED:
            job = await self.describe(job_id)
            told = f"the result of {job_id} can't be fetched: the job is {job.status} ({job.reason})"
            raise RefusedError(f"{told}; next action: {job.next_action}")
        return await self.draft_bytes(job_id, record.deliverable.digest if record.deliverable else "")

    async def draft(self, job_id: str) -> tuple[Deliverable, JobRecord]:
        """Fetch what is held for review, as a reviewer must see it before deciding.

        Raises:
            RefusedError: Nothing has been held for review yet.
            GoneError: It was erased, or its time is over.
        """
        record = await self.record(job_id)
        refuse_erased(record)
        if record.deliverable is None:
            raise RefusedError(f"{job_id} holds nothing to review: the job is {record.status} ({record.reason})")
        return await self._deliverable(record), record

    async def follow(self, job_id: str, interval: timedelta = FOLLOW_INTERVAL) -> AsyncGenerator[JobDescription, None]:
        """Give the job's description now and after every change, until it is closed.

        The job is described once an interval at most, and left alone while nothing can have changed. What its
        history says meanwhile is told at once, by the job itself.
        """
        pace = Pace(self._temporal, job_id, interval)
        sight: Sight | None = None
        told: JobDescription | None = None
        try:
            while told is None or not told.status.is_closed:
                sight = await self._next_sight(job_id, pace, sight)
                if sight.description != told:
                    told = sight.description
                    yield told
        finally:
            await pace.close()

    async def _next_sight(self, job_id: str, pace: Pace, before: Sight | None) -> Sight:
        length = await pace.news(before.description) if before else 0
        if before and length:
            # Where nobody answers, the description tells why.
            with contextlib.suppress(UnreachableError):
                return before.grown(await self.record(job_id), length)
        await pace.rest()
        return await self._seen(job_id, before)

    async def _seen(self, job_id: str, before: Sight | None = None) -> Sight:
        """Describe a job; its record is read again only where its history grew."""
        try:
            found = await self._execution(job_id)
        except UnreachableError:
            if archived := await self._archived(job_id):
                return Sight(describe_record(archived, Waiting(), None))
            raise
        if found is None:
            return Sight(describe_record(await self.record(job_id), Waiting(), None))
        waiting, length = await waiting_in(found, partial(text_of, self._temporal)), found.history_length
        if why := cut_off(found):
            told = f"{why}; Temporal UI has what happened to it"
            return Sight(describe_summary(await summary_of(found), Waiting(), length, told))
        try:
            record = before.record if before and before.record and before.length == length else None
            return Sight.of(record or await self.record(job_id), waiting, length)
        except UnreachableError:
            told = "no worker answers, so this is all that Temporal knows"
            return Sight(describe_summary(await summary_of(found), waiting, length, told))

    async def _execution(self, job_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._handle(job_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise translated(error, job_id, "the job itself goes on") from error

    async def response_body(self, job_id: str, attempt: int) -> bytes | None:
        """Fetch the response body of an attempt as it came; `None` where the archive has none.

        Raises:
            RefusedError: It is not the body whose digest the record holds.
            GoneError: It was erased, or its time is over.
            UnreachableError: The archive did not answer.
        """
        path = layout.body_path(job_id, attempt)
        if (data := await self._read(path)) is None:
            await self._refuse_gone(job_id, Kind.RESPONSE)
            return None
        record = await self.record(job_id)
        with self._refusing():
            return await beside(len(data), intact, data, body_digest_of(record, attempt), path)

    async def submitted_digest(self, job_id: str) -> str | None:
        """Reckon the digest of the request that a job was started with; `None` once Temporal has forgotten it.

        Raises:
            UnreachableError: Temporal did not answer.
        """
        try:
            return await self._first_digest(job_id)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise translated(error, job_id, "the job itself goes on") from error

    async def _first_digest(self, job_id: str) -> str | None:
        """Read the request that a job was started with from its first event, which needs no worker."""
        async for event in self._handle(job_id).fetch_history_events(page_size=1, rpc_timeout=RPC_TIMEOUT):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            [submitted] = await self._temporal.data_converter.decode(payloads, [Submission])
            digest: str | None = submitted.digest
            return digest
        return None

    async def evidence(self, job_id: str, attempt: int | None = None) -> EvidenceIndex:
        """Fetch what stands behind the result of an attempt, by default of the one that is held or was last made.

        It is read from the response body where no index was kept, as with jobs of older versions.

        Raises:
            RefusedError: The archive holds neither, or one that is not what the record holds the digest of.
            UnreachableError: The archive did not answer.
        """
        record = await self.record(job_id)
        number = attempt or evident_attempt(record)
        if number > len(record.attempts):
            raise RefusedError(f"{job_id} has no attempt {number}, but {counted(len(record.attempts), 'attempt')}")
        ref = next((one.evidence for one in record.attempts if one.number == number), None)
        path = layout.evidence_path(job_id, number)
        if ref and (data := await self._read(path)) is not None:
            with self._refusing():
                return kept_index(data, ref.digest, path)
        body_path = layout.body_path(job_id, number)
        if (body := await self._read(body_path)) is None:
            await self._refuse_gone(job_id, Kind.RESPONSE)
            raise RefusedError(f"the response body of attempt {number} of {job_id} is not in the archive")
        with self._refusing():
            intact(body, body_digest_of(record, number), body_path)
            return await asyncio.to_thread(index_of_body, body, body_path)

    async def _deliverable(self, record: JobRecord) -> Deliverable:
        return await self.deliverable(record.job_id, record.deliverable.digest if record.deliverable else "")

    def _handle(self, job_id: str) -> WorkflowHandle[Any, JobOutcome]:
        return self._temporal.get_workflow_handle(job_id, result_type=JobOutcome)
