"""The accounts: what the simulator and the receiver saw, held against what the records tell.

Nothing here asks the product what it thinks of its own records; the rules are written down once more.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.chaos_receiver import Delivery
from signoff.domain.record import JobRecord

Create = Mapping[str, Any]
"""One line of the simulator's ledger: the id of the response, and the metadata that its create carried."""


@dataclass
class Creates:
    """The creates that the simulator accepted, by what explains each.

    Attributes:
        known: Its response is that of an attempt, or a stray, of the job that its metadata names.
        unknown_outcome: Its attempt is in the record, and says that its outcome is unknown.
        unexplained: Neither; what is wrong with each.
    """

    known: int = 0
    unknown_outcome: int = 0
    unexplained: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """All of them."""
        return self.known + self.unknown_outcome + len(self.unexplained)


@dataclass
class Fates:
    """What became of the jobs; `lost` and `stuck` say why, by job id."""

    delivered: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    stuck: dict[str, str] = field(default_factory=dict)


@dataclass
class Deliveries:
    """What arrived at the receiver.

    Attributes:
        unapproved: What arrived without an approval of just those bytes before it.
        posts: How many POSTs arrived whole, by job id.
        effects: How often the receiver acted.
        double_effects: How often it acted on a job that it had acted on before.
        repeats: How many deliveries it recognised as repeats.
    """

    unapproved: list[str] = field(default_factory=list)
    posts: Mapping[str, int] = field(default_factory=dict)
    effects: int = 0
    double_effects: int = 0
    repeats: int = 0


def account_creates(creates: Iterable[Create], records: Mapping[str, JobRecord]) -> Creates:
    """Explain each create by the record of the job that its metadata names.

    An attempt sends one create, so an attempt of unknown outcome explains one and no more.
    """
    account, explained = Creates(), set[tuple[str, str]]()
    for create in creates:
        job_id, attempt = (str(create["metadata"].get(key, "")) for key in ("signoff_job_id", "signoff_attempt"))
        record = records.get(job_id)
        if record and create["id"] in _response_ids(record):
            account.known += 1
        elif record and attempt in _unknown_attempts(record) and (job_id, attempt) not in explained:
            explained.add((job_id, attempt))
            account.unknown_outcome += 1
        else:
            account.unexplained.append(f"{create['id']} of attempt {attempt or '?'} of {job_id or 'no job'}")
    return account


def account_plain_creates(creates: Iterable[Create], response_ids: Mapping[str, str]) -> Creates:
    """Explain each create by the one response id that its job knows."""
    account = Creates()
    for create in creates:
        job_id = str(create["metadata"].get("signoff_job_id", ""))
        if create["id"] == response_ids.get(job_id):
            account.known += 1
        else:
            account.unexplained.append(f"{create['id']} of {job_id or 'no job'}")
    return account


def account_jobs(
    job_ids: Iterable[str],
    records: Mapping[str, JobRecord],
    unreadable: Mapping[str, str],
    deliveries: Sequence[Delivery],
) -> Fates:
    """Say what became of each job that was submitted.

    Delivered is one that is completed, has a receipt, and reached the receiver under the digest of that receipt.
    Nothing in a run gives a reason for any other end.
    """
    fates, arrived = Fates(), {(one.job_id, one.digest) for one in deliveries}
    for job_id in job_ids:
        record = records.get(job_id)
        if job_id in unreadable:
            fates.stuck[job_id] = unreadable[job_id]
        elif record is None:
            fates.lost[job_id] = "neither Temporal nor the archive knows it"
        elif record.closed_at is None:
            fates.stuck[job_id] = f"{record.status} ({record.reason}); next action: {record.next_action}"
        elif record.status != "completed" or record.receipt is None:
            fates.lost[job_id] = f"{record.status} ({record.reason})"
        elif (job_id, record.receipt.digest) not in arrived:
            fates.lost[job_id] = f"it has a receipt for {record.receipt.digest}, which never arrived"
        else:
            fates.delivered.append(job_id)
    return fates


def account_plain_jobs(job_ids: Iterable[str], response_ids: Mapping[str, str], failed: Mapping[str, str]) -> Fates:
    """Say what became of each plain job."""
    fates = Fates()
    for job_id in job_ids:
        if job_id in response_ids:
            fates.delivered.append(job_id)
        elif job_id in failed:
            fates.lost[job_id] = failed[job_id]
        else:
            fates.stuck[job_id] = "it did not end in time"
    return fates


def account_deliveries(
    deliveries: Sequence[Delivery], approvals: Mapping[tuple[str, str], float] | None = None
) -> Deliveries:
    """Hold what arrived against the driver's own log of approvals; without one, nothing needs an approval."""
    effects = Counter(one.job_id for one in deliveries if one.has_effect)
    wrong = [] if approvals is None else [(one, _objection(one, approvals)) for one in deliveries]
    return Deliveries(
        unapproved=[f"{one.key or one.job_id}: {why}" for one, why in wrong if why],
        posts=Counter(one.job_id for one in deliveries),
        effects=effects.total(),
        double_effects=sum(count - 1 for count in effects.values()),
        repeats=sum(1 for one in deliveries if not one.has_effect),
    )


def _response_ids(record: JobRecord) -> set[str]:
    attempts = {attempt.response_id for attempt in record.attempts}
    return (attempts | {stray.response_id for stray in record.strays}) - {""}


def _unknown_attempts(record: JobRecord) -> set[str]:
    return {
        str(attempt.number)
        for attempt in record.attempts
        if not attempt.response_id and attempt.failure and attempt.failure.failure_class == "outcome_unknown"
    }


def _objection(delivery: Delivery, approvals: Mapping[tuple[str, str], float]) -> str:
    job_id, _, digest = delivery.key.partition(":")
    if (job_id, digest) != (delivery.job_id, delivery.digest):
        return f"it carried {delivery.digest} of {delivery.job_id}"
    approved_at = approvals.get((job_id, digest))
    if approved_at is None:
        return "nobody approved it"
    return "it arrived before it was approved" if delivery.at < approved_at else ""
