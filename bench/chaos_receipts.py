"""The receipts: one per job, for the bytes that were approved and that arrived, all of them under one key."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from bench.chaos_receiver import Delivery, Hit
from bench.chaos_schedule import Moment
from signoff.domain import layout, names
from signoff.domain.delivery import Receipt
from signoff.domain.record import JobRecord
from signoff.domain.verification import Check, State


@dataclass
class Receipts:
    """The receipts of all jobs; what does not fit is told, by job."""

    count: int = 0
    contradicted: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What is told of one job's delivery, by four who do not ask each other.

    Attributes:
        approved: The digests that the driver approved.
        arrived: What the receiver read.
        receipts: What Temporal's history has as results of deliveries.
        record: What the product says.
    """

    approved: Collection[str]
    arrived: Sequence[Delivery]
    receipts: Sequence[Receipt]
    record: JobRecord


async def read_receipts(temporal: Client, history: WorkflowHistory) -> list[Receipt]:
    """Read from a job's history what its deliveries returned; a repeat that failed, or was cut off, returns nothing."""
    scheduled = {
        event.event_id
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        and event.activity_task_scheduled_event_attributes.activity_type.name == names.DELIVER
    }
    ends = [event.activity_task_completed_event_attributes for event in history.events]
    results = [end.result.payloads for end in ends if end.scheduled_event_id in scheduled]
    return [(await temporal.data_converter.decode(one, [Receipt]))[0] for one in results]


def account_receipts(
    records: Mapping[str, JobRecord],
    receipts: Mapping[str, Sequence[Receipt]],
    deliveries: Sequence[Delivery],
    approvals: Collection[tuple[str, str]],
) -> Receipts:
    """Hold the receipts of closed jobs against the approvals and against what arrived."""
    account, arrived, approved = Receipts(), defaultdict[str, list[Delivery]](list), defaultdict[str, set[str]](set)
    for one in deliveries:
        arrived[one.job_id].append(one)
    for job_id, digest in approvals:
        approved[job_id].add(digest)
    for job_id, record in records.items():
        if record.closed_at:
            told = Told(approved[job_id], arrived[job_id], receipts.get(job_id, ()), record)
            account.count += len(told.receipts)
            account.contradicted += [f"{job_id}: {why}" for why in _objections(told)]
    return account


def unsound(checks: Iterable[Check], record: JobRecord) -> list[str]:
    """Say what `signoff verify` finds to differ, or misses.

    The parameters of an attempt are kept before its create is sent, so a worker may have died before it kept them.
    """
    unsent = {
        layout.request_path(record.job_id, attempt.number) for attempt in record.attempts if not attempt.response_id
    }
    return [
        f"{one.what}: {one.state}: {one.told}"
        for one in checks
        if one.state is State.DIFFERS
        or (one.state is State.ABSENT and f"jobs/{record.job_id}/{one.what}" not in unsent)
    ]


def repeated_after(hits: Sequence[Hit], deliveries: Sequence[Delivery]) -> dict[Moment, tuple[int, int]]:
    """Say of the kills at each moment how many there were, and after how many the same job's POST arrived again.

    Nobody knows whose a POST was that was not read.
    """
    counts = {}
    for moment in Moment:
        met = [hit for hit in hits if hit.moment is moment]
        again = [hit for hit in met if hit.job_id in {one.job_id for one in deliveries[hit.posts :]}]
        counts[moment] = len(met), len(again)
    return counts


def _objections(told: Told) -> Iterator[str]:
    """Say what is wrong about one job."""
    receipt, effects = told.record.receipt, sum(one.has_effect for one in told.arrived)
    keys = sorted({one.key for one in told.arrived})
    if effects != 1:
        yield f"the receiver acted on it {effects} times"
    if len(told.receipts) != 1:
        yield f"its history has {len(told.receipts)} receipts"
    if receipt is None:
        yield "its record has no receipt"
        return
    if told.receipts and receipt not in told.receipts:
        yield f"its record has a receipt for {receipt.digest} at {receipt.at}, which its history has not"
    if (listed := [one.receipt for one in told.record.deliveries]) != [receipt]:
        yield f"its record lists {len(listed)} deliveries, and not just one with that receipt"
    if keys != [f"{told.record.job_id}:{receipt.digest}"]:
        yield f"it arrived under {', '.join(keys) or 'no key'}; its receipt is for {receipt.digest}"
    if {one.reference for one in told.arrived} != {receipt.reference}:
        yield f"its receipt says {receipt.reference}, which is not what the receiver calls it"
    if {one.digest for one in told.arrived} != {receipt.digest}:
        yield f"what arrived is not all {receipt.digest}, which its receipt is for"
    if set(told.approved) != {receipt.digest}:
        yield f"approved was {', '.join(sorted(told.approved)) or 'nothing'}; its receipt is for {receipt.digest}"
