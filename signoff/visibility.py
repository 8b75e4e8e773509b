"""Reading what Temporal shows of a job without asking a worker: search attributes and pending looks."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypedDict

from temporalio.api.failure.v1 import Failure
from temporalio.client import WorkflowExecution, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from signoff.domain import names
from signoff.domain.closed import ClosedFilters
from signoff.domain.description import JobSummary, Waiting
from signoff.domain.errors import BadRequestError
from signoff.domain.failures import FailureClass
from signoff.domain.job import JobRequest, labels_of
from signoff.domain.status import JobStatus, NextAction

TITLE: Final = "title"
"""The memo that carries the title, which lists show."""

REVIEW: Final = names.REVIEW_MEMO
ANYBODY: Final = names.ANYBODY

_REVIEW_DUE: Final = SearchAttributeKey.for_datetime(names.REVIEW_DUE)
_LABELS: Final = SearchAttributeKey.for_keyword_list(names.LABELS)
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
            *([SearchAttributePair(_LABELS, labels)] if (labels := labels_of(request.labels)) else []),
        ]
    )


@dataclass(frozen=True)
class Filters:
    """Which jobs a list is about; what is absent does not matter.

    `label` is a key and its value, as `key=value`. `reviewer` asks for those that wait for this person's decision,
    `due_before` for those whose review ends before that; ask for the status `awaiting_review` with it. `started_before`
    asks for those that were submitted before that.
    """

    status: JobStatus | None = None
    requester: str | None = None
    failure_class: FailureClass | None = None
    label: str | None = None
    reviewer: str | None = None
    due_before: datetime | None = None
    next_action: NextAction | None = None
    started_before: datetime | None = None

    def query(self) -> str:
        """Write the visibility query.

        Raises:
            BadRequestError: Temporal has no way to ask for one of the values.
        """
        return " AND ".join(self._terms())

    def _terms(self) -> Iterator[str]:
        yield f"WorkflowType = '{names.WORKFLOW}'"
        # Of a job that went on in a new history, the last one tells.
        yield "ExecutionStatus != 'ContinuedAsNew'"
        if self.status is not None:
            yield _term_for(self.status)
        if self.failure_class is not None:
            yield f"{names.FAILURE_CLASS} = '{self.failure_class}'"
        if self.requester is not None:
            yield f"{names.REQUESTER} = {_quoted(self.requester)}"
        if self.label is not None:
            yield f"{names.LABELS} = {_quoted(self.label)}"
        if self.reviewer is not None:
            # Whoever asked for a job does not decide on it; where that is allowed, the list of all shows it.
            yield f"{names.REVIEWERS} IN ({_quoted(self.reviewer)}, '{ANYBODY}')"
            yield f"{names.REQUESTER} != {_quoted(self.reviewer)}"
        if self.due_before is not None:
            yield f"{names.REVIEW_DUE} < '{self.due_before.astimezone(UTC).isoformat()}'"
        if self.next_action is not None:
            yield f"{names.NEXT_ACTION} = '{self.next_action}'"
        if self.started_before is not None:
            yield f"StartTime < '{self.started_before.astimezone(UTC).isoformat()}'"


def may_be_cut_off(filters: ClosedFilters) -> bool:
    """Whether jobs that were ended from outside are among those asked for; they count as failed."""
    return not filters.statuses or JobStatus.FAILED in filters.statuses


def ended_query(filters: ClosedFilters, latest: datetime | None) -> str:
    """Write the visibility query for jobs that were ended from outside, at this moment or before it.

    Raises:
        BadRequestError: Temporal has no way to ask for one of the values.
    """
    ends = ", ".join(f"'{_QUERY_NAMES[end]}'" for end in _CUT_OFF)
    terms = [
        Filters(requester=filters.requester, failure_class=filters.failure_class).query(),
        f"ExecutionStatus IN ({ends})",
        *(f"{names.LABELS} = {_quoted(label)}" for label in filters.labels),
    ]
    for sign, bound in ((">=", filters.since), ("<", filters.until), ("<=", latest)):
        if bound is not None:
            terms.append(f"CloseTime {sign} '{bound.astimezone(UTC).isoformat()}'")
    return " AND ".join(terms)


def undelivered_query() -> str:
    """Write the visibility query for open jobs whose approved result is on its way, or has stopped on it."""
    is_owed = f"({_term_for(JobStatus.DELIVERING)} OR {names.NEXT_ACTION} = '{NextAction.RETRY_DELIVERY}')"
    return f"{Filters().query()} AND ExecutionStatus = 'Running' AND {is_owed}"


class FilterOptions(TypedDict, total=False):
    """The filters as keyword arguments."""

    status: JobStatus | None
    requester: str | None
    failure_class: FailureClass | None
    label: str | None
    reviewer: str | None
    due_before: datetime | None


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
    memo = await execution.memo()
    held = memo.get(REVIEW) or {}
    is_held = attributes.get(_STATUS) == JobStatus.AWAITING_REVIEW and not is_cut_off
    return JobSummary(
        job_id=execution.id,
        title=str(memo.get(TITLE, execution.id)),
        failure_class=FailureClass(told) if (told := attributes.get(_FAILURE_CLASS)) else None,
        requester=attributes.get(_REQUESTER, ""),
        status=JobStatus.FAILED if is_cut_off else JobStatus(attributes.get(_STATUS, JobStatus.QUEUED)),
        next_action=NextAction.NONE if is_cut_off else NextAction(attributes.get(_NEXT_ACTION, NextAction.WAIT)),
        review_due_at=attributes.get(_REVIEW_DUE) if is_held else None,
        findings=int(held.get("findings", 0)) if is_held else 0,
        claimed_by=str(held.get("claimed_by", "")) if is_held else "",
        started_at=execution.start_time,
        closed_at=execution.close_time,
        labels=dict(label.split("=", 1) for label in attributes.get(_LABELS) or () if "=" in label),
        is_cut_off=is_cut_off,
    )


def _term_for(status: JobStatus) -> str:
    ends = ", ".join(f"'{_QUERY_NAMES[end]}'" for end in _CUT_OFF)
    if status is JobStatus.FAILED:
        return f"({names.JOB_STATUS} = '{status}' OR ExecutionStatus IN ({ends}))"
    return f"{names.JOB_STATUS} = '{status}' AND ExecutionStatus NOT IN ({ends})"


async def waiting_in(
    description: WorkflowExecutionDescription, text_of: Callable[[Failure], Awaitable[str]]
) -> Waiting:
    """Read how the looks go, or how a delivery that is repeated does. `text_of` reads what may be encrypted.

    The server counts executions of the look activity; the first one only finds that the first look is not due,
    and the one that is pending has not happened yet.
    """
    for pending in description.raw_description.pending_activities:
        if pending.activity_id == names.LOOK_ID:
            due = pending.next_attempt_schedule_time
            return Waiting(
                looks=max(pending.attempt - 2, 0),
                next_look_at=due.ToDatetime(UTC) if due.seconds else None,
                last_fault=await text_of(pending.last_failure),
            )
        if pending.activity_type.name == names.DELIVER:
            return Waiting(last_fault=await text_of(pending.last_failure))
    return Waiting()
