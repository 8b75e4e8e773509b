"""Jobs with several destinations, brought to each state by the domain's own functions."""

from datetime import datetime
from typing import Any, Final

from signoff.domain import deciding, delivering, progress, repairing, reviewing
from signoff.domain.change import changed
from signoff.domain.delivery import DeliverySpec, File, Receipt
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.handover import Delivery
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import Redirect, Repair, RepairKind
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import Actor, JobStatus, NextAction
from tests.domain.making import AT, MINUTE, a_decision, a_draft, a_failure, a_request, a_snapshot, an_end

PLACES: Final = tuple(File(folder=name) for name in ("a", "b", "c"))
ELSEWHERE: Final = File(folder="d")
_PARKED: Final = Verdict(kind=VerdictKind.PARK, next_action=NextAction.RETRY_DELIVERY, actor=Actor.OPERATOR)


def goes_to(*places: DeliverySpec) -> list[dict[str, Any]]:
    return [place.model_dump(mode="json") for place in places]


def held_for(*places: DeliverySpec, at: datetime = AT, **changes: Any) -> JobRecord:
    """Hold a draft of a job that delivers to these places."""
    record = progress.opened(a_request(delivery=goes_to(*places), **changes), job_id="a-job", at=at)
    record = progress.response_created(progress.attempt_begun(record, at), a_snapshot(), at)
    return reviewing.held(progress.response_ended(record, an_end(), at), a_draft(), ReviewPolicy(), at)


def going_to(record: JobRecord, *places: DeliverySpec) -> JobRecord:
    """Have a job that was made for other tests go to these places."""
    deliveries = tuple(Delivery(number=n, destination=place, since=record.since) for n, place in enumerate(places, 1))
    return changed(record, destination=places[0], deliveries=deliveries)


def approved(record: JobRecord, at: datetime, reviewer: str = "ana") -> JobRecord:
    """Approve what is held, for where it goes now, and begin what is owed."""
    review = record.opened_review
    more: dict[str, Any] = {"decision_id": f"{reviewer}-{review.redirect}", "redirect": review.redirect}
    record, line = deciding.decided(record, a_decision(reviewer, digest=review.digest, **more), at)
    assert line.is_accepted, line.reason
    return delivering.begun(record, at)


def arrived(record: JobRecord, number: int, at: datetime, **changes: Any) -> JobRecord:
    where = delivering.delivery_of(record, number).destination
    receipt = Receipt(
        channel=where.channel,
        destination=where.told,
        reference=f"r-{number}",
        digest=record.opened_review.digest,
        at=at,
    )
    return delivering.taken(record, number, receipt.model_copy(update=changes), at)


def broken(record: JobRecord, number: int, at: datetime) -> JobRecord:
    """Have one delivery stop; the job stops as well, once no other is under way."""
    failure = a_failure(FailureClass.CONFIGURATION, stage=Stage.DELIVER, message="403: not for you", at=at)
    record = delivering.stopped(record, number, failure, at)
    failed = delivering.first_stop(record)
    if failed and not any(one.state == "under_way" for one in record.handovers):
        record = progress.stopped(record, failed, _PARKED, at)
    return record


def redirected(
    record: JobRecord, number: int, at: datetime, place: DeliverySpec = ELSEWHERE, **asked: Any
) -> JobRecord:
    """Have an operator send one delivery elsewhere, so that people are asked."""
    repair = Repair(
        kind=RepairKind.REDELIVER,
        repair_id=f"r{len(record.repairs)}",
        by="ops",
        reason="the folder moved",
        delivery=number,
        destination=place,
    )
    record, _, answer = repairing.repaired(record, a_request(), repair, at, Redirect(**asked))
    assert answer.is_accepted, answer.reason
    return record


def stuck(at: datetime = AT) -> JobRecord:
    """Have the second of three deliveries stop while the others arrived."""
    return stuck_from(held_for(*PLACES, at=at), at)


def stuck_from(record: JobRecord, at: datetime = AT) -> JobRecord:
    record = approved(record, at + 20 * MINUTE)
    record = arrived(record, 1, at + 21 * MINUTE)
    record = arrived(record, 3, at + 22 * MINUTE)
    record = broken(record, 2, at + 23 * MINUTE)
    assert record.status is JobStatus.NEEDS_ATTENTION
    return record


def elsewhere(at: datetime = AT) -> JobRecord:
    """Have the second of three deliveries wait for a word on its other destination."""
    return redirected(stuck(at), 2, at + 60 * MINUTE)


def all_arrived(at: datetime = AT) -> JobRecord:
    """Have the second of three deliveries arrive where people approved that it goes."""
    record = approved(elsewhere(at), at + 80 * MINUTE, "bo")
    return arrived(record, 2, at + 81 * MINUTE)
