"""What of a closed job is past its retention, and what its record says of it."""

from datetime import datetime

from signoff.domain import layout
from signoff.domain.change import changed
from signoff.domain.record import JobRecord
from signoff.domain.removal import Kind, Removal
from signoff.domain.retention import CONTENT, Retention


def due(record: JobRecord, rules: Retention, now: datetime) -> frozenset[Kind]:
    """Say which kinds of objects of a job are past their time. Of an open job none is."""
    if not record.is_closed or record.closed_at is None:
        return frozenset()
    age = now - record.closed_at
    past = frozenset(kind for kind in Kind if (kept := rules.of(kind)) is not None and age >= kept)
    return past if past >= CONTENT else past - {Kind.RECORD}


def kind_of(path: str, record: JobRecord | None) -> Kind | None:
    """Say of which kind an object in a job's folder is; `None` for a tombstone, which stays.

    Without a record nobody knows what was approved, so a deliverable counts as a draft.
    """
    job_id = layout.job_of(path) or ""
    within = path.removeprefix(f"{layout.job_folder(job_id)}/")
    top, _, rest = within.partition("/")
    if path == layout.erased_path(job_id):
        return None
    if path == layout.record_path(job_id):
        return Kind.RECORD
    match top, rest.rpartition("/")[2]:
        case ("attempts", "request.json") | ("payloads", _):
            return Kind.REQUEST
        case ("attempts", "response.json" | "evidence.json") | ("strays", _):
            return Kind.RESPONSE
        case "deliverables", name:
            is_approved = record is not None and f"sha256:{name.removesuffix('.json')}" in approved(record)
            return Kind.DELIVERABLE if is_approved else Kind.DRAFT
    return Kind.OTHER


def approved(record: JobRecord) -> frozenset[str]:
    """Give the digests that were approved, or delivered."""
    delivered = {receipt.digest for receipt in record.receipts}
    return frozenset(delivered | {review.digest for review in record.reviews if review.is_approved})


def noted(record: JobRecord, removed: dict[Kind, int], at: datetime) -> JobRecord:
    """Say in a record what retention is about to remove. A kind that it names already keeps its first date."""
    known = {line.kind: line for line in record.removed}
    for kind, objects in removed.items():
        before = known.get(kind)
        count = objects if before is None else max(before.objects, objects)
        known[kind] = Removal(kind=kind, at=before.at if before else at, objects=count)
    return changed(record, removed=tuple(known.values()))
