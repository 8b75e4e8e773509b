"""Erasing the content of closed jobs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final, TypedDict, Unpack

from pydantic import ValidationError
from temporalio.client import ActivityFailureError, ActivityHandle, WorkflowExecutionStatus
from temporalio.exceptions import ActivityAlreadyStartedError
from temporalio.service import RPCError

from signoff.deciding import JobDecider
from signoff.domain import layout, names
from signoff.domain.erasure import Copy, Erasure, ErasureAnswer, answer_for
from signoff.domain.errors import BadRequestError, FaultError, NoSuchJobError, RefusedError, UnreachableError
from signoff.domain.job import explain, is_job_id
from signoff.messaging import recording_id
from signoff.temporal import RPC_TIMEOUT, translated

PATIENCE: Final = timedelta(seconds=30)
"""How long whoever erases waits for the end of it; it goes on by itself."""

_SILENCE: Final = timedelta(seconds=30)
"""How long the server waits for a sign of the step before it gives it to another worker."""

_AGAIN: Final = "erase it again; that goes on where it stopped"


class ErasureOptions(TypedDict, total=False):
    """Which copies outside of the archive stay: Temporal's history of the job, OpenAI's responses."""

    keeps_history: bool
    keeps_upstream: bool


class JobEraser(JobDecider):
    """The part of `JobClient` that removes content for good."""

    async def erase(
        self, job_id: str, *, by: str, reason: str, patience: timedelta = PATIENCE, **more: Unpack[ErasureOptions]
    ) -> ErasureAnswer:
        """Remove all content of a closed job: from the archive, at OpenAI and from Temporal.

        Its record stays without its texts, and a tombstone says who had this done, when and why. A worker does it,
        durably; where that takes longer than `patience`, the answer is that it is not done yet. A repeat gets the first
        answer, and does what the first one left out or could not do.

        Raises:
            RefusedError: The job is open.
            BadRequestError: Who or why is missing, or too long; nothing was removed.
        """
        asked = _erasure(job_id, by=by, reason=reason, **more)
        clock = asyncio.get_running_loop().time
        until, known = clock() + patience.total_seconds(), await self._tombstone(job_id)
        while not (known and known.serves(asked)):
            if known is None:
                await self._check_erasable(job_id)
            left = timedelta(seconds=max(until - clock(), 0.0))
            try:
                return await self._outcome(asked, await self._begin_erasure(asked), left)
            except ActivityAlreadyStartedError:
                await self._until_recorded(job_id, left)
            known = await self._tombstone(job_id)
            if clock() >= until:
                break
        if known is None or (known.done_at and not known.serves(asked)):
            raise UnreachableError(f"something else is being written into the record of {job_id}; {_AGAIN}")
        return answer_for(known)

    async def _check_erasable(self, job_id: str) -> None:
        found = await self._execution(job_id)
        if found is not None and found.status is WorkflowExecutionStatus.RUNNING:
            job = await self.describe(job_id)
            told = f"{job_id} is open: it is {job.status}; only closed jobs can be erased"
            raise RefusedError(f"{told}, so cancel it first, or decide on it")
        if found is None and not await self._has_objects(job_id):
            raise NoSuchJobError(f"there is no job {job_id}; `signoff list` shows those that exist")

    async def _has_objects(self, job_id: str) -> bool:
        try:
            return await anext(aiter(self._archive.paths(layout.job_folder(job_id))), None) is not None
        except FaultError as error:
            raise UnreachableError(f"{self._archive} can't be read: {error}") from error

    async def _begin_erasure(self, asked: Erasure) -> "ActivityHandle[ErasureAnswer]":
        try:
            return await self._temporal.start_activity(
                names.ERASE_JOB,
                asked,
                id=recording_id(asked.job_id),
                task_queue=names.TASK_QUEUE,
                result_type=ErasureAnswer,
                start_to_close_timeout=timedelta(hours=1),
                schedule_to_close_timeout=timedelta(days=7),
                heartbeat_timeout=_SILENCE,
                rpc_timeout=RPC_TIMEOUT,
            )
        except RPCError as error:
            raise translated(error, asked.job_id, _AGAIN) from error

    async def _outcome(
        self, asked: Erasure, step: "ActivityHandle[ErasureAnswer]", patience: timedelta
    ) -> ErasureAnswer:
        try:
            return await asyncio.wait_for(step.result(), patience.total_seconds())
        except TimeoutError:
            known = await self._tombstone(asked.job_id)
            return answer_for(known) if known else _not_begun(asked)
        except ActivityFailureError as error:
            # It ends for good only where the job does not allow it, or after a week of faults.
            raise RefusedError(f"{asked.job_id} was not erased in full: {error.cause}; {_AGAIN}") from error
        except RPCError as error:
            raise translated(error, asked.job_id, _AGAIN) from error


def _erasure(job_id: str, **given: object) -> Erasure:
    if not is_job_id(job_id):
        raise NoSuchJobError(f"there is no job {job_id!r}")
    try:
        return Erasure.model_validate({"job_id": job_id, **given})
    except ValidationError as error:
        raise BadRequestError(explain(error)) from None


def _not_begun(asked: Erasure) -> ErasureAnswer:
    """Answer while no worker has taken it up."""
    return ErasureAnswer(
        job_id=asked.job_id,
        at=datetime.now(UTC),
        by=asked.by,
        reason=asked.reason,
        is_done=False,
        objects=0,
        history=Copy(of="history"),
    )
