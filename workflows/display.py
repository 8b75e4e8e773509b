"""What Temporal shows of a job: search attributes, and the current details as Markdown."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from signoff.domain import names
    from signoff.domain.record import JobRecord
    from signoff.domain.status import Actor, JobStatus


def show(record: JobRecord) -> None:
    """Make Temporal's own views agree with the record. Only what changed costs a history event."""
    if updates := _changes(record):
        workflow.upsert_search_attributes(updates)
    workflow.set_current_details(details(record))


def details(record: JobRecord) -> str:
    """Tell in words where the job stands and what to type next; never any content."""
    lines = [
        f"**{record.status}** since {record.since:%Y-%m-%d %H:%M:%S} UTC: {record.reason}",
        f"next action: **{record.next_action}**"
        + (f", by the {record.actor}" if record.actor is not Actor.NOBODY else ""),
    ]
    if record.status is JobStatus.NEEDS_ATTENTION:
        lines += [
            f"`signoff show {record.job_id}` says how",
            'or send the update `retry`, `amend` or `abandon` with `{"by": "your name", "reason": "why"}`',
        ]
    if record.status is JobStatus.AWAITING_REVIEW and record.review:
        lines += [
            f"decide before {record.review.due_at:%Y-%m-%d %H:%M:%S} UTC, on `{record.review.digest}`",
            f"`signoff review {record.job_id}`, then `signoff approve {record.job_id} --digest {record.review.digest}`",
        ]
    if record.response_id:
        lines.append(f"response `{record.response_id}` ({record.response_status})")
    return "\n\n".join(lines)


def _changes(record: JobRecord) -> list[SearchAttributeUpdate[Any]]:
    shown = workflow.info().typed_search_attributes
    stopped_by = record.failure if record.status is JobStatus.NEEDS_ATTENTION else None
    wanted = {
        names.JOB_STATUS: str(record.status),
        names.NEXT_ACTION: str(record.next_action),
        names.FAILURE_CLASS: str(stopped_by.failure_class) if stopped_by else None,
        names.REQUESTER: record.requester,
        names.RESPONSE_ID: record.response_id or None,
    }
    keys = ((SearchAttributeKey.for_keyword(name), value) for name, value in wanted.items())
    return [key.value_set(value) if value else key.value_unset() for key, value in keys if shown.get(key) != value]
