"""What a workflow commanded, as its history tells it: the part that code alone decides.

How many workflow tasks there were, when activities started and how often they were repeated is the server's business
and differs from run to run, so none of that is told. Nor are requests to cancel an activity: whether it had ended by
then is a race.
"""

import json
from collections.abc import Callable, Iterable
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    ActivityTaskScheduledEventAttributes,
    HistoryEvent,
    MarkerRecordedEventAttributes,
)
from temporalio.client import WorkflowHistory


def commands_of(history: WorkflowHistory) -> list[str]:
    """Tell each command of a workflow in a line, in their order."""
    return [told for told in map(_told, history.events) if told]


def _told(event: HistoryEvent) -> str:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    if name not in _COMMANDS:
        return ""
    attributes = getattr(event, f"{name}_event_attributes")
    return " ".join([name, *_COMMANDS[name](attributes)])


def _nothing_more(_: object) -> Iterable[str]:
    return ()


def _activity(scheduled: ActivityTaskScheduledEventAttributes) -> Iterable[str]:
    return (scheduled.activity_type.name, scheduled.activity_id, f"on {scheduled.task_queue.name}")


def _patch(marker: MarkerRecordedEventAttributes) -> Iterable[str]:
    kept = marker.details["patch-data"].payloads if "patch-data" in marker.details else ()
    return (marker.marker_name, *(json.loads(one.data)["id"] for one in kept))


_COMMANDS: Final[dict[str, Callable[..., Iterable[str]]]] = {
    "activity_task_scheduled": _activity,
    "timer_started": lambda timer: (timer.timer_id,),
    "timer_canceled": lambda timer: (timer.timer_id,),
    "upsert_workflow_search_attributes": lambda upserted: sorted(upserted.search_attributes.indexed_fields),
    "workflow_properties_modified": lambda modified: sorted(modified.upserted_memo.fields),
    "marker_recorded": _patch,
    "start_child_workflow_execution_initiated": lambda child: (child.workflow_type.name,),
    "request_cancel_external_workflow_execution_initiated": _nothing_more,
    "signal_external_workflow_execution_initiated": lambda sent: (sent.signal_name,),
    "nexus_operation_scheduled": lambda scheduled: (scheduled.operation,),
    "workflow_execution_update_accepted": lambda accepted: (accepted.accepted_request.input.name,),
    "workflow_execution_update_completed": _nothing_more,
    "workflow_execution_completed": _nothing_more,
    "workflow_execution_failed": _nothing_more,
    "workflow_execution_canceled": _nothing_more,
    "workflow_execution_continued_as_new": _nothing_more,
}
