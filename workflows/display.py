"""What Temporal shows of a job: search attributes, and the current details as Markdown."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from signoff.domain import names
    from signoff.domain.handover import Delivery
    from signoff.domain.job import labels_of
    from signoff.domain.model import clipped
    from signoff.domain.notice import link_to
    from signoff.domain.record import JobRecord
    from signoff.domain.review import Review
    from signoff.domain.status import Actor, JobStatus, NextAction
    from workflows import links


_MAKERS: Final[dict[str, Callable[[str], SearchAttributeKey[Any]]]] = {
    "Keyword": SearchAttributeKey.for_keyword,
    "KeywordList": SearchAttributeKey.for_keyword_list,
    "Datetime": SearchAttributeKey.for_datetime,
}
_KEYS: Final = {name: _MAKERS[kind](name) for name, kind in names.SEARCH_ATTRIBUTES.items()}
_LISTED: Final = 100
"""How many people a search attribute names; the others find the job in the list of all."""

_NAMED: Final = 10
_QUOTED_BYTES: Final = 300
_REDELIVER: Final = (
    '`{"by": "your name", "reason": "why"}`; `"delivery": 2` names one of several, '
    'and `"destination": {"channel": "release"}` another place'
)
_UNSEEN: Final = {"findings": 0, "claimed_by": ""}


def show(record: JobRecord) -> None:
    """Make Temporal's own views agree with the record. Only what changed costs a history event."""
    if updates := _changes(record):
        workflow.upsert_search_attributes(updates)
    _show_in_lists(record)
    workflow.set_current_details(details(record, links.public_url()))


def details(record: JobRecord, public_url: str = "") -> str:
    """Tell in words where the job stands and what to type next; never any content.

    With the gateway's address, links lead to the page of the job and to its record.
    """
    lines = [
        f"**{record.status}** since {record.since:%Y-%m-%d %H:%M:%S} UTC: {record.reason}",
        f"next action: **{record.next_action}**"
        + (f", by the {record.actor}" if record.actor is not Actor.NOBODY else ""),
    ]
    if record.status is JobStatus.NEEDS_ATTENTION:
        lines += _repairs(record)
    if record.next_action is NextAction.WAIT:
        lines.append(f"`signoff watch {record.job_id}` follows it")
    if record.status is JobStatus.AWAITING_REVIEW and record.review:
        lines += _review(record.job_id, record.review)
    lines += _deliveries(record)
    if record.response_id:
        lines.append(f"response `{record.response_id}` ({record.response_status})")
    if page := link_to(record.job_id, public_url):
        about = f"{public_url.rstrip('/')}/v1/jobs/{quote(record.job_id, safe='')}/record"
        lines.append(f"[the page of the job]({page}); [its record]({about}), for callers with a token")
    return "\n\n".join(lines)


def _repairs(record: JobRecord) -> list[str]:
    """Tell what may be done about a job that stopped, the likeliest first, by command or from this very page."""
    retry = f"`signoff retry {record.job_id}`"
    amend = f"`signoff amend {record.job_id} --set NAME=VALUE --reason why`"
    steps, verbs = [retry, amend], "`retry`, `amend` or `abandon`"
    if record.has_approved_result:
        steps, verbs = [retry], "`retry` or `abandon`"
    elif record.next_action is NextAction.AMEND_REQUEST:
        steps = [amend, retry]
    return [
        f"{' or '.join(steps)}; `signoff show {record.job_id}` says which of all helps, and what it costs",
        f'or send the update {verbs} with `{{"by": "your name", "reason": "why"}}`',
    ]


def _review(job_id: str, review: Review) -> list[str]:
    """Tell who decides, until when, and on what."""
    able = ", ".join(review.waits_for[:_NAMED]) if review.waits_for else "anyone but the requester"
    more = f" and {len(review.waits_for) - _NAMED} others" if len(review.waits_for) > _NAMED else ""
    claimed = f"; {review.claimed_by} is on it" if review.claimed_by else ""
    told = f"{len(set(review.approvers))} of {review.policy.approvals} approvals; it waits for {able}{more}{claimed}"
    redirect = f" --redirect {review.redirect}" if review.redirect else ""
    asked = [f"these bytes are approved, and only where they go is asked (redirect {review.redirect})"]
    return [
        *(asked if review.redirect else []),
        told,
        f"decide before {review.due_at:%Y-%m-%d %H:%M:%S} UTC, on `{review.digest}`",
        f"`signoff review {job_id}`, then `signoff approve {job_id} --digest {review.digest}{redirect}`",
    ]


def _deliveries(record: JobRecord) -> list[str]:
    """Tell where each of several deliveries stands, and how an operator has one made again."""
    is_under_way = record.review is not None and record.review.has_approved_bytes and not record.is_closed
    lines = []
    if len(record.handovers) > 1 and (is_under_way or record.receipts):
        lines += [_delivery(delivery) for delivery in record.handovers]
    if record.has_approved_result and record.status in {JobStatus.NEEDS_ATTENTION, JobStatus.DELIVERING}:
        lines.append(f"to deliver it again, or elsewhere, send the update `redeliver` with {_REDELIVER}")
    return lines


def _delivery(delivery: Delivery) -> str:
    receipt = f", receipt {_quoted(delivery.receipt.reference)}" if delivery.receipt else ""
    told = f"delivery {delivery.number}: **{delivery.state.replace('_', ' ')}** to {_quoted(delivery.destination.told)}"
    return f"{told}{receipt}"


def _quoted(text: str) -> str:
    """Show other people's words so that they can't be taken for ours."""
    plain = " ".join(text.replace("`", "'").split())
    return f"`{clipped(plain, limit_bytes=_QUOTED_BYTES)}`"


def _changes(record: JobRecord) -> list[SearchAttributeUpdate[Any]]:
    shown = workflow.info().typed_search_attributes
    stopped_by = record.failure if record.status is JobStatus.NEEDS_ATTENTION else None
    wanted = {
        names.JOB_STATUS: str(record.status),
        names.NEXT_ACTION: str(record.next_action),
        names.FAILURE_CLASS: str(stopped_by.failure_class) if stopped_by else None,
        names.REQUESTER: record.requester,
        names.RESPONSE_ID: record.response_id or None,
        names.LABELS: labels_of(record.labels) or None,
        **_waits_for(record),
    }
    keys = ((_KEYS[name], value) for name, value in wanted.items())
    return [key.value_set(value) if value else key.value_unset() for key, value in keys if shown.get(key) != value]


def _waits_for(record: JobRecord) -> dict[str, Any]:
    """Name who may decide, and until when. The moment stays when the review is over: a query asks for both."""
    review = record.review if record.status is JobStatus.AWAITING_REVIEW else None
    if review is None:
        return {names.REVIEWERS: None}
    people = [names.ANYBODY] if review.panel.is_open else sorted(review.waits_for)[:_LISTED]
    return {names.REVIEW_DUE: review.due_at, names.REVIEWERS: people or None}


def _show_in_lists(record: JobRecord) -> None:
    """Tell lists what no search attribute does. A draft without findings that nobody claimed costs no event."""
    review = record.review if record.status is JobStatus.AWAITING_REVIEW else None
    findings = len(record.deliverable.findings) if review and record.deliverable else 0
    wanted = {"findings": findings, "claimed_by": review.claimed_by if review else ""}
    shown = workflow.memo_value(names.REVIEW_MEMO, default=_UNSEEN)
    if review and shown != wanted:
        workflow.upsert_memo({names.REVIEW_MEMO: wanted})
