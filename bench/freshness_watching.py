"""A tight watcher: it sees a status as soon as the server tells anybody."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client

from signoff.domain import names
from signoff.domain.status import JobStatus

_LONG_POLL_TIMEOUT: Final = timedelta(seconds=30)
"""The server answers a long poll after 20 s, with nothing where nothing happened."""

_SHOWN: Final = f'"{JobStatus.AWAITING_REVIEW}"'.encode()


@dataclass(frozen=True)
class Sighting:
    """When the watcher saw the status, in seconds since the epoch, and the history up to it."""

    at: float
    events: Sequence[HistoryEvent]

    def last(self, event_type: EventType.ValueType) -> float | None:
        """Say when the last event of a type happened, by the server's clock."""
        times = [event.event_time.ToMicroseconds() / 1e6 for event in self.events if event.event_type == event_type]
        return times[-1] if times else None


async def see_awaiting_review(temporal: Client, workflow_id: str) -> Sighting:
    """Return as soon as a workflow shows `awaiting_review` in its search attribute `JobStatus`.

    One long poll on the history is always open, which the server answers with the workflow task that sets the
    attribute; a description shows it from that moment on. The caller bounds the wait.

    Raises:
        RPCError: The server did not answer.
        UnseenError: The workflow ended without it.
    """
    token, events = b"", list[HistoryEvent]()
    while True:
        request = GetWorkflowExecutionHistoryRequest(
            namespace=temporal.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
            next_page_token=token,
            wait_new_event=True,
            skip_archival=True,
        )
        page = await temporal.workflow_service.get_workflow_execution_history(request, timeout=_LONG_POLL_TIMEOUT)
        seen_at = time.time()
        for event in page.history.events:
            events.append(event)
            if _shows(event):
                return Sighting(seen_at, events)
        if not page.next_page_token:
            msg = "it ended without being held for review"
            raise UnseenError(msg)
        token = page.next_page_token


class UnseenError(Exception):
    """What was waited for will not come."""


def _shows(event: HistoryEvent) -> bool:
    fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return names.JOB_STATUS in fields and fields[names.JOB_STATUS].data == _SHOWN
