"""When to look at a job again: as soon as its history says that something changed, and in time for its looks."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError

from signoff.domain.description import JobDescription
from signoff.domain.status import JobStatus

FOLLOW_INTERVAL: Final = timedelta(seconds=1)
"""A job that is followed is described at most this often."""

QUIET_INTERVALS: Final = 5
"""After so many intervals a job is described although nothing is known to have changed."""

_LONG_POLL_TIMEOUT: Final = timedelta(seconds=30)
"""The server answers a long poll after 20 s, with nothing where nothing happened."""

_CHANGING: Final = frozenset(
    {
        # A record changes in workflow tasks alone; at the event that schedules one, the news is still to come.
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    }
)
_LOOKED_AT: Final = frozenset({JobStatus.RUNNING, JobStatus.DELIVERING})
"""Where activities are repeated by the server, which adds nothing to the history."""


class Pace:
    """Says when a followed job is worth another description, and never sooner than after an interval."""

    def __init__(self, temporal: Client, job_id: str, interval: timedelta) -> None:
        self._history = _History(temporal, job_id, interval)
        self._interval = interval
        self._glanced_at = 0.0
        self._news: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Count the interval from now on: a description is about to be asked for."""
        self._glanced_at = asyncio.get_running_loop().time()

    async def wait(self, seen: JobDescription) -> None:
        """Return once the job may have changed since it was seen."""
        if self._news is None:
            self._news = asyncio.create_task(self._history.changed_after(seen.history_events or 0))
        await asyncio.wait({self._news}, timeout=self._left(_quiet(seen, self._interval)))
        if self._news.done():
            self._news.result()
            self._news = None
        await asyncio.sleep(self._left(self._interval))

    async def close(self) -> None:
        """Stop waiting at the server."""
        if self._news is not None:
            self._news.cancel()
            await asyncio.wait({self._news})

    def _left(self, duration: timedelta) -> float:
        return max(self._glanced_at + duration.total_seconds() - asyncio.get_running_loop().time(), 0)


class _History:
    """The history of a job, read at the server as it grows. The page token says how far."""

    def __init__(self, temporal: Client, job_id: str, interval: timedelta) -> None:
        self._temporal = temporal
        self._job_id = job_id
        self._interval = interval
        self._token = b""

    async def changed_after(self, length: int) -> None:
        """Return once an event beyond the first so many has changed the job, or no more will come."""
        while True:
            page = await self._next_page()
            events = page.history.events if page else ()
            if page:
                self._token = page.next_page_token
                if not self._token or any(_is_change(event, length) for event in events):
                    return
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
