"""Reading what Temporal shows of a job without asking a worker: search attributes and pending looks."""

from datetime import UTC
from typing import Final

from temporalio.client import WorkflowExecution, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from signoff.domain import names
from signoff.domain.description import JobSummary, Waiting
from signoff.domain.errors import BadRequestError
from signoff.domain.failures import FailureClass
from signoff.domain.job import JobRequest
from signoff.domain.status import JobStatus, NextAction

TITLE: Final = "title"
"""The memo that carries the title, which lists show."""

_STATUS: Final = SearchAttributeKey.for_keyword(names.JOB_STATUS)
_NEXT_ACTION: Final = SearchAttributeKey.for_keyword(names.NEXT_ACTION)
_FAILURE_CLASS: Final = SearchAttributeKey.for_keyword(names.FAILURE_CLASS)
_REQUESTER: Final = SearchAttributeKey.for_keyword(names.REQUESTER)

_CUT_OFF: Final = {
    WorkflowExecutionStatus.FAILED: "its workflow was started with something that is no request",
    WorkflowExecutionStatus.TERMINATED: "its workflow was terminated",
    WorkflowExecutionStatus.TIMED_OUT: "its workflow timed out",
    WorkflowExecutionStatus.CANCELED: "its workflow was cancelled before it began",
}
"""The ends of a workflow that no job brings about itself: nobody works on it any more, whatever it last said."""

_QUERY_NAMES: Final = {
    WorkflowExecutionStatus.FAILED: "Failed",
    WorkflowExecutionStatus.TERMINATED: "Terminated",
    WorkflowExecutionStatus.TIMED_OUT: "TimedOut",
    WorkflowExecutionStatus.CANCELED: "Canceled",
}
"""How visibility queries spell them."""


def first_attributes(request: JobRequest) -> TypedSearchAttributes:
    """Give a new job the attributes that it would set first, which saves it a history event."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(_STATUS, JobStatus.QUEUED.value),
            SearchAttributePair(_NEXT_ACTION, NextAction.WAIT.value),
            SearchAttributePair(_REQUESTER, request.requester),
        ]
    )


def query_for(*, status: JobStatus | None, requester: str | None, failure_class: FailureClass | None) -> str:
    """Write the visibility query of a list."""
    terms = [f"WorkflowType = '{names.WORKFLOW}'"]
    if status is not None:
        terms.append(_term_for(status))
    if failure_class is not None:
        terms.append(f"{names.FAILURE_CLASS} = '{failure_class}'")
    if requester is not None:
        terms.append(f"{names.REQUESTER} = {_quoted(requester)}")
    return " AND ".join(terms)


def _quoted(text: str) -> str:
    """Write a text of anybody's as a value of a query, in which it can mean nothing else.

    Raises:
        BadRequestError: Temporal has no way to write it: a backslash escapes, and quotes at the ends are lost.
    """
    if "\\" in text or text != text.strip("'\""):
        raise BadRequestError(f"jobs can't be listed by a name with a backslash in it or a quote at an end: {text}")
    return "'" + text.replace("'", "''") + "'"


def cut_off(execution: WorkflowExecution) -> str:
    """Say how a job's workflow was ended from outside; empty for one that goes on, or has ended by itself."""
    return _CUT_OFF.get(execution.status, "") if execution.status else ""


async def summary_of(execution: WorkflowExecution) -> JobSummary:
    """Read one line of a list. A job that was cut off is `failed`: somebody gave it up."""
    attributes = execution.typed_search_attributes
    is_cut_off = bool(cut_off(execution))
    return JobSummary(
        job_id=execution.id,
        title=str((await execution.memo()).get(TITLE, execution.id)),
        failure_class=FailureClass(told) if (told := attributes.get(_FAILURE_CLASS)) else None,
        requester=attributes.get(_REQUESTER, ""),
        status=JobStatus.FAILED if is_cut_off else JobStatus(attributes.get(_STATUS, JobStatus.QUEUED)),
        next_action=NextAction.NONE if is_cut_off else NextAction(attributes.get(_NEXT_ACTION, NextAction.WAIT)),
        started_at=execution.start_time,
        closed_at=execution.close_time,
    )


def _term_for(status: JobStatus) -> str:
    ends = ", ".join(f"'{_QUERY_NAMES[end]}'" for end in _CUT_OFF)
    if status is JobStatus.FAILED:
        return f"({names.JOB_STATUS} = '{status}' OR ExecutionStatus IN ({ends}))"
    return f"{names.JOB_STATUS} = '{status}' AND ExecutionStatus NOT IN ({ends})"


def waiting_in(description: WorkflowExecutionDescription) -> Waiting:
    """Read how the looks go, or how a delivery that is repeated does.

    The server counts executions of the look activity; the first one only finds that the first look is not due,
    and the one that is pending has not happened yet.
    """
    for pending in description.raw_description.pending_activities:
        if pending.activity_id == names.LOOK_ID:
            due = pending.next_attempt_schedule_time
            return Waiting(
                looks=max(pending.attempt - 2, 0),
                next_look_at=due.ToDatetime(UTC) if due.seconds else None,
                last_fault=pending.last_failure.message,
            )
        if pending.activity_type.name == names.DELIVER:
            return Waiting(last_fault=pending.last_failure.message)
    return Waiting()
