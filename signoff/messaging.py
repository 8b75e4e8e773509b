"""What can be said to a job: repairs, announcements, a cancel; and how an update is sent."""

import asyncio
import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypedDict, TypeVar, Unpack

from pydantic import BaseModel, ValidationError
from temporalio.client import (
    ActivityFailureError,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ActivityAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from signoff.deliveries import DeliveryLister
from signoff.domain import names, repairing
from signoff.domain.announcement import Announcement, StrayHint
from signoff.domain.deliverable import canonical_json, digest_of
from signoff.domain.delivery import DeliverySpec
from signoff.domain.errors import BadRequestError, RefusedError, UnansweredError, UnreachableError
from signoff.domain.job import explain
from signoff.domain.repair import Repair, RepairAnswer, RepairKind, check_changes
from signoff.temporal import RPC_TIMEOUT, translated

ARRIVAL_PATIENCE: Final = timedelta(seconds=120)
"""How long a redelivery waits for what is on its way: longer than any one delivery may take."""

LATE_TRIES: Final = 3
"""How often the recording of a stray waits for that of another one."""

Answer = TypeVar("Answer", bound=BaseModel)
_AFTER_A_DROP: Final = (0.05, 0.2, 0.8)
"""Seconds before each repeat of an update that the server dropped."""


@dataclass(frozen=True)
class Message:
    """An update as it is sent.

    `again` says how a person repeats it when its answer was lost, `patience` how long the answer is waited for.
    """

    name: str
    content: BaseModel
    update_id: str
    again: str
    patience: timedelta = RPC_TIMEOUT


class RetryOptions(TypedDict, total=False):
    """What a retry may say beside who and why."""

    is_anew: bool
    repair_id: str


class AmendOptions(TypedDict, total=False):
    """What an amendment may say beside the parameters, who and why."""

    deadline: timedelta
    repair_id: str


class RedeliveryOptions(TypedDict, total=False):
    """What a redelivery may say beside who and why."""

    delivery: int | None
    destination: DeliverySpec | None
    repair_id: str


class JobMessenger(DeliveryLister):
    """The part of `JobClient` that speaks to jobs that are there."""

    async def retry(self, job_id: str, *, by: str, reason: str = "", **more: Unpack[RetryOptions]) -> RepairAnswer:
        """Have a stopped job go on from where it stopped; the answer says whether it does, and otherwise why not.

        An approved result is delivered again, a response that may still end well is looked at again, and only
        where there is neither a new attempt is paid. `is_anew` asks for a new attempt in the second case too. The
        same `repair_id` again changes nothing.
        """
        return await self.repair(job_id, _repair(RepairKind.RETRY, by=by, reason=reason, **more))

    async def amend(
        self, job_id: str, *, response: Mapping[str, Any], by: str, reason: str = "", **more: Unpack[AmendOptions]
    ) -> RepairAnswer:
        """Have a stopped job make a new attempt with changed response parameters.

        `response` is a JSON merge patch (RFC 7396): what it names is set, a null removes, the rest stays.
        `deadline` is how long an attempt may take from now on.
        """
        given = {"response": dict(response), **more}
        return await self.repair(job_id, _repair(RepairKind.AMEND, by=by, reason=reason, **given))

    async def abandon(self, job_id: str, *, by: str, reason: str = "", repair_id: str = "") -> RepairAnswer:
        """Give a stopped job up for good. It is `failed` once what still runs at OpenAI was stopped."""
        return await self.repair(job_id, _repair(RepairKind.ABANDON, by=by, reason=reason, repair_id=repair_id))

    async def redeliver(
        self,
        job_id: str,
        *,
        by: str,
        reason: str = "",
        **more: Unpack[RedeliveryOptions],
    ) -> RepairAnswer:
        """Have an approved result handed over again, or to another destination; nothing is generated or paid.

        `delivery` is the number of the delivery, by default each that has not arrived. `destination` is where it goes
        from now on, which the deployment must allow; unless its policy says otherwise, people approve that first.
        What is on its way to a destination arrives before the answer comes. The same `repair_id` again changes nothing.
        """
        return await self.repair(job_id, _repair(RepairKind.REDELIVER, by=by, reason=reason, **more))

    async def repair(self, job_id: str, repair: Repair) -> RepairAnswer:
        """Hand in a repair. The same `repair_id` again gets the first answer again and changes nothing.

        Raises:
            BadRequestError: Its changes can't be sent; nothing was.
        """
        check_changes(repair)
        told = f"send it again with the repair id {repair.repair_id}"
        patience = ARRIVAL_PATIENCE if repair.kind is RepairKind.REDELIVER else RPC_TIMEOUT
        message = Message(repair.kind, repair, update_id(repair.repair_id, repair), told, patience)
        answer = await self._update(job_id, message, RepairAnswer)
        return answer or repairing.answer_when_closed(await self.record(job_id), repair)

    async def announce(self, job_id: str, response_id: str, *, announcement_id: str = "") -> None:
        """Say that a response of this job exists, or has ended. The job looks at it: goes on, adopts it, or stops it.

        It is a hint and nothing more, so any number of them does no harm; with an `announcement_id`, a repeat does
        nothing at all (without one, each is new). One for a closed job can only be of a
        stray, which is stopped, and written into the archived record within moments.

        Raises:
            BadRequestError: That can't be the id of a response.
        """
        try:
            announcement = Announcement(response_id=response_id, announcement_id=announcement_id or uuid.uuid4().hex)
        except ValidationError as error:
            raise BadRequestError(explain(error)) from None
        again = "announce it again; that does no harm"
        try:
            if await self._is_open(job_id):
                await self._handle(job_id).signal(names.ANNOUNCE, announcement, rpc_timeout=RPC_TIMEOUT)
            else:
                await self._record_late(job_id, response_id)
        except RPCError as error:
            raise translated(error, job_id, again) from error

    async def cancel(self, job_id: str, *, by: str, reason: str = "") -> None:
        """Ask to stop a job in any open status. It is closed once OpenAI confirmed that the paid work stopped.

        Raises:
            RefusedError: The job is closed already.
        """
        if not await self._is_open(job_id):
            # Temporal takes a cancel of a closed workflow without a word.
            job = await self.describe(job_id)
            raise RefusedError(f"{job_id} is closed already: {job.status} ({job.reason})")
        why = f"cancelled by {by}" + (f": {reason}" if reason else "")
        try:
            await self._handle(job_id).cancel(reason=why, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            raise translated(error, job_id, "it may still be cancelled; ask again") from error

    async def _update(self, job_id: str, message: Message, answer_type: type[Answer]) -> Answer | None:
        """Send an update and wait for its answer; `None` where the job is closed and takes none.

        Raises:
            UnansweredError: Temporal took it, but no worker answered.
        """
        again = f"it may still be applied; {message.again}"
        try:
            return await self._answered(job_id, message, answer_type)
        except WorkflowUpdateFailedError as error:
            raise BadRequestError(f"{message.name} could not be read: {error.cause}") from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise UnansweredError(f"no worker answers for {job_id}; start one (`signoff up`); {again}") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise translated(error, job_id, again) from error

    async def _answered(self, job_id: str, message: Message, answer_type: type[Answer]) -> Answer:
        """Send an update, and again where the server dropped it.

        It drops what comes in while a workflow task fails, as one does that was about to go on in a new history when
        another message came. A repeat has the same id, so that nothing is done twice.
        """
        pauses = iter(_AFTER_A_DROP)
        while True:
            try:
                answer: Answer = await self._handle(job_id).execute_update(
                    message.name,
                    message.content,
                    id=message.update_id,
                    result_type=answer_type,
                    rpc_timeout=message.patience,
                )
            except RPCError as error:
                pause = next(pauses, None)
                if error.status is not RPCStatusCode.FAILED_PRECONDITION or pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return answer

    async def _is_open(self, job_id: str) -> bool:
        found = await self._execution(job_id)
        return found is not None and found.status is WorkflowExecutionStatus.RUNNING

    async def _record_late(self, job_id: str, response_id: str) -> None:
        """Have a worker settle a stray of a closed job; one at a time, since each writes the record anew.

        Raises:
            UnreachableError: Another one is being settled for longer than a caller can wait.
        """
        for _ in range(LATE_TRIES):
            if (await self.record(job_id)).knows(response_id):
                return
            hint = StrayHint(job_id=job_id, response_id=response_id)
            if await self._has_begun(names.RECORD_STRAY, job_id, hint):
                return
        raise UnreachableError(f"another response of {job_id} is being settled; announce {response_id} again later")

    async def _has_begun(self, name: str, job_id: str, what: BaseModel) -> bool:
        """Have a worker write into the record of a closed job; false where another such step had to end first."""
        try:
            await self._temporal.start_activity(
                name,
                what,
                id=recording_id(job_id),
                task_queue=names.TASK_QUEUE,
                start_to_close_timeout=timedelta(seconds=90),
                schedule_to_close_timeout=timedelta(hours=24),
                rpc_timeout=RPC_TIMEOUT,
            )
        except ActivityAlreadyStartedError:
            await self._until_recorded(job_id)
            return False
        return True

    async def _until_recorded(self, job_id: str, patience: timedelta = RPC_TIMEOUT) -> None:
        """Wait for the one that is being settled, however it ends, but not for long."""
        running = self._temporal.get_activity_handle(recording_id(job_id))
        with contextlib.suppress(asyncio.TimeoutError, ActivityFailureError):
            await asyncio.wait_for(running.result(), patience.total_seconds())


def recording_id(job_id: str) -> str:
    """Name the step that writes into the record of a closed job, so that there is one at a time."""
    return f"strays-of-{job_id}"


def update_id(given: str, content: BaseModel) -> str:
    """Identify a message whole: Temporal answers a known id with its first result, whatever the message says."""
    digest = digest_of(canonical_json(content.model_dump(mode="json")))
    return f"{given}-{digest.removeprefix('sha256:')[:16]}"


def _repair(kind: RepairKind, **given: Any) -> Repair:  # noqa: ANN401  each field has its own type
    given["repair_id"] = given.get("repair_id") or uuid.uuid4().hex
    try:
        return Repair(kind=kind, **given)
    except ValidationError as error:
        raise BadRequestError(explain(error)) from None
