"""Archives full of closed jobs, as the workers of a year would have left them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Final

from signoff.closed.days import in_turn
from signoff.closed.entries import keep_entry
from signoff.domain import deciding, delivering, layout, progress, reviewing
from signoff.domain.attempt import Ended
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.delivery import Receipt
from signoff.domain.integrity import render_record
from signoff.domain.job import parse_request
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import Usage
from signoff.ports import Archive

NEWEST: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
FEW: Final = "case=rare"
"""The label of one job in a thousand, and of one at least."""

_YEAR: Final = timedelta(days=365)
_RARE: Final = 1_000
_DESKS: Final = ("science", "politics", "sports", "culture", "economy")
_DIGEST: Final = f"sha256:{'5' * 64}"


async def fill(archive: Archive, jobs: int, records: int) -> None:
    """Write the index entries of so many jobs, and the records of the first ones."""
    await in_turn(range(jobs), partial(_keep, archive, jobs, records))


def ids_of(records: int, count: int) -> Iterator[str]:
    """Name so many of the jobs that have records, far apart from each other, again and again where there are fewer."""
    return (f"job-{number * 7_919 % records:06d}" for number in range(count))


async def _keep(archive: Archive, jobs: int, records: int, number: int) -> None:
    record = _closed(number, jobs)
    await keep_entry(archive, record)
    if number < records:
        await archive.put(layout.record_path(record.job_id), render_record(record))


def _closed(number: int, jobs: int) -> JobRecord:
    closed_at = NEWEST - _YEAR * (number / jobs)
    labels = {"desk": _DESKS[number % len(_DESKS)], "edition": f"week-{number % 52}"}
    if number % _RARE == min(_RARE, jobs) // 2:
        labels["case"] = "rare"
    return _a_record().model_copy(
        update={
            "job_id": f"job-{number:06d}",
            "title": f"Research brief number {number} about tidal power plants",
            "requester": f"service-{number % 7}",
            "labels": labels,
            "opened_at": closed_at - timedelta(hours=1),
            "closed_at": closed_at,
        }
    )


@cache
def _a_record() -> JobRecord:
    """Make the record of a job that was approved and delivered."""
    at = NEWEST - _YEAR
    request = parse_request({"requester": "a-service", "response": {"model": "m", "input": "a question"}})
    record = progress.attempt_begun(progress.opened(request, job_id="job", at=at), at)
    usage = Usage(input_tokens=200, output_tokens=1_034, total_tokens=1_234)
    snapshot = ResponseSnapshot(response_id="resp_1", status=ResponseStatus.COMPLETED, model="m", usage=usage)
    record = progress.response_created(record, snapshot, at)
    record = progress.response_ended(record, Ended(snapshot=snapshot, body_digest=_DIGEST, looks=3), at)
    draft = DeliverableRef(digest=_DIGEST, size_bytes=2_000, attempt=1)
    record = reviewing.held(record, draft, ReviewPolicy(), at)
    decision = Decision(decision_id="d", kind=DecisionKind.APPROVE, digest=_DIGEST, reviewer="ana", comment="checked")
    record, _ = deciding.decided(record, decision, at)
    receipt = Receipt(channel="release", destination="the requester", reference="r-1", digest=_DIGEST, at=at)
    return delivering.taken(record, 1, receipt, at)
