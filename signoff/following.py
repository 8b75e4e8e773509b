"""When to look at a job again: as soon as its history says that something changed, and in time for its looks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError

from signoff.domain.description import JobDescription, Waiting, describe_record
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus

FOLLOW_INTERVAL: Final = timedelta(seconds=1)
"""A job that is followed is described at most this often."""

NEWS_PER_INTERVAL: Final = 5
"""So often at most a job tells of itself in an interval, however fast its history grows."""

QUIET_INTERVALS: Final = 5
"""After so many intervals a job is described although nothing is known to have changed."""

_LONG_POLL_TIMEOUT: Final = timedelta(seconds=30)
"""The server answers a long poll after 20 s, with nothing where nothing happened."""

_CUT_OFF: Final = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    }
)
# A record changes in workflow tasks alone; at the event that schedules one, the news is still to come.
_CHANGING: Final = _CUT_OFF | {EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED}
_LOOKED_AT: Final = frozenset({JobStatus.RUNNING, JobStatus.DELIVERING})
"""Where activities are repeated by the server, which adds nothing to the history."""


@dataclass(frozen=True)
class Sight:
    """What one reading of a job saw: its description, and where there was one the record behind it."""

    description: JobDescription
    record: JobRecord | None = None
    waiting: Waiting = field(default_factory=Waiting)
    length: int | None = None

    @classmethod
    def of(cls, record: JobRecord, waiting: Waiting, length: int) -> Self:
        """Describe a job by its record, at a length of its history."""
        return cls(describe_record(record, waiting, length), record, waiting, length)

    def grown(self, record: JobRecord, length: int) -> Self:
        """Tell what a newer record says. It knows nothing of looks under way, so what was known of them stays."""
        is_same_wait = record.status is JobStatus.RUNNING and record.response_id == self.description.response_id
        return self.of(record, self.waiting if is_same_wait else Waiting(), length)


class Pace:
    """Says when a followed job is worth another glance: at once when its history grew, else when one is due."""

    def __init__(self, temporal: Client, job_id: str, interval: timedelta) -> None:
        self._history = _History(temporal, job_id, interval)
        self._interval = interval
        self._glanced_at = 0.0
        self._told_at = 0.0
        self._news: asyncio.Task[int] | None = None

    async def rest(self) -> None:
        """Wait until the job may be described again, and count the interval from then on."""
        await asyncio.sleep(self._left(self._glanced_at, self._interval))
        self._glanced_at = asyncio.get_running_loop().time()

    async def news(self, seen: JobDescription) -> int:
        """Wait for the job to change after it was seen, and return how long its history is by then.

        Returns 0 when only a description can tell: nothing came for a while, or the job was cut off.
        """
        if self._news is None:
            self._news = asyncio.create_task(self._history.changed_after(seen.history_events or 0))
        await asyncio.wait({self._news}, timeout=self._left(self._glanced_at, _quiet(seen, self._interval)))
        if not self._news.done():
            return 0
        length = self._news.result()
        self._news = None
        await asyncio.sleep(self._left(self._told_at, self._interval / NEWS_PER_INTERVAL))
        self._told_at = asyncio.get_running_loop().time()
        return length

    async def close(self) -> None:
        """Stop waiting at the server."""
        if self._news is not None:
            self._news.cancel()
            await asyncio.wait({self._news})

    @staticmethod
    def _left(since: float, duration: timedelta) -> float:
        return max(since + duration.total_seconds() - asyncio.get_running_loop().time(), 0)


class _History:
    """The history of a job, read at the server as it grows. The page token says how far."""

    def __init__(self, temporal: Client, job_id: str, interval: timedelta) -> None:
        self._temporal = temporal
        self._job_id = job_id
        self._interval = interval
        self._token = b""

    async def changed_after(self, length: int) -> int:
        """Return the new length once an event beyond the first so many has changed the job.

        Returns 0 once it was cut off: of that the job itself knows nothing.
        """
        while True:
            page = await self._next_page()
            events = list(page.history.events) if page else []
            if page:
                self._token = page.next_page_token
                if not self._token or any(_is_change(event, length) for event in events):
                    return _length_after(events)
            if not events:
                # Whatever is wrong, the next description tells; and an empty answer may have come at once.
                await asyncio.sleep(self._interval.total_seconds())

    async def _next_page(self) -> GetWorkflowExecutionHistoryResponse | None:
        request = GetWorkflowExecutionHistoryRequest(
            namespace=self._temporal.namespace,
            execution=WorkflowExecution(workflow_id=self._job_id),
            next_page_token=self._token,
            wait_new_event=True,
            skip_archival=True,
        )
        service = self._temporal.workflow_service
        try:
            return await service.get_workflow_execution_history(request, timeout=_LONG_POLL_TIMEOUT)
        except RPCError:
            return None


def _length_after(events: Sequence[HistoryEvent]) -> int:
    is_told = events and not any(event.event_type in _CUT_OFF for event in events)
    return events[-1].event_id if is_told else 0


def _is_change(event: HistoryEvent, length: int) -> bool:
    return event.event_id > length and event.event_type in _CHANGING


def _quiet(seen: JobDescription, interval: timedelta) -> timedelta:
    """Say for how long nothing is expected to change that is not in the history."""
    longest = QUIET_INTERVALS * interval
    if not seen.is_complete:
        return interval
    if seen.next_look_at is not None:
        # A look takes a moment; one that ends the waiting is in the history, and is better told at once.
        due = seen.next_look_at - datetime.now(UTC) + interval / 2
        return min(max(due, interval), longest)
    return interval if seen.status in _LOOKED_AT else longest
