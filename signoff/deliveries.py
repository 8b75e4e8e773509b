"""The deliveries that are under way or have stopped, over all jobs: what an operator looks at."""

import asyncio
from datetime import UTC
from functools import partial
from typing import Final

from pydantic import AwareDatetime
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError

from signoff.domain import names
from signoff.domain.errors import BadRequestError, NoSuchJobError
from signoff.domain.handover import Delivery, DeliveryState
from signoff.domain.model import Value, clipped
from signoff.domain.record import JobRecord
from signoff.domain.undelivered import DeliveryLine
from signoff.listing import LONGEST_PAGE
from signoff.reading import JobReader
from signoff.temporal import RPC_TIMEOUT, text_of, translated
from signoff.visibility import undelivered_query

_AT_ONCE: Final = 10
"""How many jobs are asked at the same time; each answer takes a worker a moment."""

_FAULT_LIMIT_BYTES: Final = 500


class _Tries(Value):
    """How one delivery is repeated by the server."""

    count: int
    last_fault: str = ""
    next_at: AwareDatetime | None = None


class DeliveryLister(JobReader):
    """The part of `JobClient` that looks at deliveries."""

    async def deliveries(self, *, is_stuck: bool = False, limit: int = 50) -> tuple[DeliveryLine, ...]:
        """List the deliveries of approved results that have not arrived, those of the newest jobs first.

        Jobs are asked themselves, so workers have to run.

        Args:
            is_stuck: Only those that have stopped for a person, or are being repeated after a failure.
            limit: How many jobs are asked at most, from 1 to 1,000.

        Raises:
            BadRequestError: The limit is out of bounds.
            UnreachableError: Temporal or a job did not answer.
        """
        if not 1 <= limit <= LONGEST_PAGE:
            raise BadRequestError(f"limit: {limit} is not between 1 and {LONGEST_PAGE}")
        turns = asyncio.Semaphore(_AT_ONCE)
        try:
            found = self._temporal.list_workflows(undelivered_query(), limit=limit, rpc_timeout=RPC_TIMEOUT)
            jobs = [execution async for execution in found]
        except RPCError as error:
            raise translated(error, "the list", "") from error
        lines = await asyncio.gather(*(self._lines_of(job, turns) for job in jobs))
        return tuple(line for of_one in lines for line in of_one if line.is_stuck or not is_stuck)

    async def _lines_of(self, job: WorkflowExecution, turns: asyncio.Semaphore) -> list[DeliveryLine]:
        async with turns:
            try:
                record, tries = await self.record(job.id), await self._tries(job.id)
            except NoSuchJobError:  # it was erased meanwhile
                return []
        if not record.has_approved_result:
            return []
        return [_line(record, one, tries.get(one.number)) for one in record.handovers if not one.is_delivered]

    async def _tries(self, job_id: str) -> dict[int, _Tries]:
        """Read how the deliveries of a job are repeated, which Temporal alone knows."""
        found = await self._execution(job_id)
        read = partial(text_of, self._temporal)
        tries = {}
        for pending in found.raw_description.pending_activities if found else ():
            number = names.delivery_in(pending.activity_id, pending.activity_type.name)
            if number:
                due = pending.next_attempt_schedule_time
                tries[number] = _Tries(
                    count=pending.attempt,
                    last_fault=await read(pending.last_failure),
                    next_at=due.ToDatetime(UTC) if due.seconds else None,
                )
        return tries


def _line(record: JobRecord, delivery: Delivery, tries: _Tries | None) -> DeliveryLine:
    failure = delivery.failure if delivery.state is DeliveryState.STOPPED else None
    fault = f"{failure}" if failure else tries.last_fault if tries else ""
    return DeliveryLine(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        number=delivery.number,
        of=len(record.handovers),
        destination=delivery.destination,
        state=delivery.state,
        since=delivery.since,
        tries=tries.count if tries else 0,
        next_try_at=tries.next_at if tries else None,
        failure_class=failure.failure_class if failure else None,
        last_fault=clipped(fault, limit_bytes=_FAULT_LIMIT_BYTES),
    )
