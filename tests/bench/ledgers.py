"""What a receiver and the records of a run would hold."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from bench.chaos_receiver import Delivery, Receiver
from signoff.domain.attempt import Attempt
from signoff.domain.delivery import Http, Receipt
from signoff.domain.handover import Delivery as Handover
from signoff.domain.handover import DeliveryState
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction

AT = datetime(2026, 11, 1, tzinfo=UTC)
BODY = b'{"job_id":"one","text":"so"}'
DIGEST = f"sha256:{sha256(BODY).hexdigest()}"
RECEIPT = Receipt(channel="http", destination="there", reference="/inbox/1", digest=DIGEST, at=AT)


def record_of(*attempts: Attempt, **changes: Any) -> JobRecord:
    known = {"job_id": "one", "title": "one", "requester": "chaos", "request_digest": "sha256:0"}
    stands = {"status": JobStatus.COMPLETED, "since": AT, "reason": "so", "next_action": NextAction.NONE}
    listed = {"deliveries": (listing(changes.get("receipt")),)}
    return JobRecord(**{**known, **stands, **listed, "opened_at": AT, "closed_at": AT, "attempts": attempts, **changes})


def listing(receipt: Receipt | None) -> Handover:
    """One line of a record's deliveries."""
    state = DeliveryState.DELIVERED if receipt else DeliveryState.STOPPED
    return Handover(number=1, destination=Http(url="http://there/inbox"), state=state, since=AT, receipt=receipt)


def arrived(*given: tuple[str, bytes], at: Receiver | None = None) -> list[Delivery]:
    receiver = at or Receiver()
    for moment, (key, body) in enumerate(given):
        receiver.take(key, body, float(moment))
    return receiver.deliveries
