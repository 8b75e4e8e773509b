"""`deliver` hands over the approved bytes and no others; `archive_record` keeps the record."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.archive import ArchiveActivities
from activities.delivery import DeliveryActivities
from activities.orders import ArchiveOrder, DeliverOrder
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.adapters.release import ReleaseChannel
from signoff.domain import layout
from signoff.domain.deliverable import digest_of
from signoff.domain.delivery import DeliverySpec, Receipt, Release
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.job import parse_request
from signoff.domain.mail import Email
from signoff.domain.observation import NetworkFault
from signoff.domain.progress import opened
from signoff.domain.record import JobRecord
from signoff.domain.status import NextAction
from signoff.encryption import KeyRing, new_entry
from signoff.ports import Parcel
from tests.activities.desk import OPENED, Desk, FlakyArchive, fault

DATA = b'{"text":"the secret plan"}'
DIGEST = digest_of(DATA)
PATH = layout.deliverable_path("job-1", DIGEST)


@dataclass
class Outbox:
    """A channel that keeps what it was given; `faults` are raised first, one per delivery."""

    faults: list[FaultError] = field(default_factory=list)
    tried: list[Parcel] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)

    def check(self, destination: DeliverySpec) -> None:
        pass

    async def deliver(self, parcel: Parcel) -> Receipt:
        self.tried.append(parcel)
        if self.faults:
            raise self.faults.pop(0)
        self.parcels.append(parcel)
        return await ReleaseChannel().deliver(parcel)


@dataclass
class Counter:
    """A desk with a delivery activity."""

    desk: Desk = field(default_factory=Desk)
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def deliver(self) -> Any:
        channels = {"release": self.outbox, "email": self.outbox}
        return DeliveryActivities(
            channels, self.desk.archive, policy=self.desk.policy, clock=lambda: self.desk.now
        ).deliver


async def counter_with(data: bytes | None, *faults: FaultError) -> Counter:
    counter = Counter(outbox=Outbox(list(faults)))
    if data is not None:
        await counter.desk.archive.put(PATH, data)
    return counter


def order() -> DeliverOrder:
    return DeliverOrder(job_id="job-1", digest=DIGEST, approvers=("ana",), destination=Release())


async def test_the_approved_bytes_are_handed_over_with_their_digest() -> None:
    counter = await counter_with(DATA)
    receipt = await counter.desk.run(counter.deliver, order())
    (parcel,) = counter.outbox.parcels
    assert (parcel.data, parcel.digest, parcel.job_id) == (DATA, DIGEST, "job-1")
    assert receipt.digest == DIGEST


@pytest.mark.parametrize("tampered", [DATA + b" ", b"", DATA.replace(b"plan", b"fake")])
async def test_bytes_that_differ_from_what_was_approved_go_nowhere(tampered: bytes) -> None:
    counter = await counter_with(tampered)
    failure = await counter.desk.failure_of(counter.deliver, order())
    assert (failure.stage, failure.failure_class) == (Stage.DELIVER, FailureClass.UNCLASSIFIED)
    assert digest_of(tampered) in failure.message
    assert counter.outbox.tried == []


async def test_encrypted_bytes_that_were_changed_go_nowhere() -> None:
    stored = open_archive("memory:")
    archive = EncryptedArchive(stored, KeyRing.parse([new_entry("one")]))
    await archive.put(PATH, DATA)
    await stored.put(PATH, (await stored.get(PATH) or b"")[:-1] + b"?")
    counter = Counter(Desk(archive=archive))
    failure = await counter.desk.failure_of(counter.deliver, order())
    assert (failure.stage, failure.failure_class) == (Stage.ARCHIVE, FailureClass.CONFIGURATION)
    assert counter.outbox.tried == []


async def test_a_deliverable_that_is_missing_is_a_lost_result() -> None:
    counter = await counter_with(None)
    failure = await counter.desk.failure_of(counter.deliver, order())
    assert failure.failure_class is FailureClass.RESULT_LOST
    assert counter.outbox.tried == []


async def test_the_deliverable_of_another_job_is_not_taken() -> None:
    counter = Counter()
    await counter.desk.archive.put(layout.deliverable_path("job-2", DIGEST), DATA)
    failure = await counter.desk.failure_of(counter.deliver, order())
    assert failure.failure_class is FailureClass.RESULT_LOST


@pytest.mark.parametrize(
    "seen",
    [
        {"network": NetworkFault.REFUSED},
        {"network": NetworkFault.LOST},
        {"network": NetworkFault.TIMEOUT},
        {"http_status": 408},
        {"http_status": 409},
        {"http_status": 429},
        {"http_status": 500},
        {"http_status": 503},
    ],
    ids=str,
)
async def test_a_delivery_that_may_succeed_later_is_repeated_under_the_same_key(seen: dict[str, Any]) -> None:
    counter = await counter_with(DATA, fault(Stage.DELIVER, **seen))
    error = await counter.desk.error_of(counter.deliver, order())
    assert (error.non_retryable, error.next_retry_delay) == (False, timedelta(seconds=2))
    await counter.desk.run(counter.deliver, order())
    keys = [parcel.idempotency_key for parcel in counter.outbox.tried]
    assert keys == [f"job-1:{DIGEST}"] * 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, FailureClass.MALFORMED_INPUT),
        (401, FailureClass.CONFIGURATION),
        (403, FailureClass.CONFIGURATION),
        (404, FailureClass.CONFIGURATION),
        (413, FailureClass.MALFORMED_INPUT),
        (302, FailureClass.CONFIGURATION),
        (418, FailureClass.UNCLASSIFIED),
    ],
)
async def test_a_delivery_that_cannot_succeed_ends_with_its_class(status: int, expected: FailureClass) -> None:
    counter = await counter_with(DATA, fault(Stage.DELIVER, status))
    assert (await counter.desk.failure_of(counter.deliver, order())).failure_class is expected


@pytest.mark.parametrize("network", [NetworkFault.LOST, NetworkFault.TIMEOUT])
async def test_what_may_have_been_sent_to_people_is_final_and_somebody_looks_first(network: NetworkFault) -> None:
    mail = order().model_copy(update={"destination": Email(to=("ana@example.com",))})
    counter = await counter_with(DATA, fault(Stage.DELIVER, network=network))
    error = await counter.desk.error_of(counter.deliver, mail)
    failure, terms = error.details
    assert (error.non_retryable, failure.failure_class) == (True, FailureClass.OUTCOME_UNKNOWN)
    assert (terms.rule.is_automatic, terms.rule.next_action) == (False, NextAction.INSPECT)


async def test_what_was_not_sent_to_people_may_be_tried_again() -> None:
    mail = order().model_copy(update={"destination": Email(to=("ana@example.com",))})
    counter = await counter_with(DATA, fault(Stage.DELIVER, network=NetworkFault.REFUSED))
    error = await counter.desk.error_of(counter.deliver, mail)
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)


async def test_a_destination_that_stays_away_ends_the_delivery_after_a_day() -> None:
    gone = fault(Stage.DELIVER, network=NetworkFault.REFUSED)
    counter = await counter_with(DATA, gone, gone)
    assert not (await counter.desk.error_of(counter.deliver, order())).non_retryable
    counter.desk.pass_time(hours=24)
    failure = await counter.desk.failure_of(counter.deliver, order())
    assert failure.failure_class is FailureClass.TRANSIENT


async def test_the_destinations_hint_is_the_shortest_delay() -> None:
    counter = await counter_with(DATA, fault(Stage.DELIVER, 429, retry_after=timedelta(minutes=30)))
    error = await counter.desk.error_of(counter.deliver, order())
    assert error.next_retry_delay == timedelta(minutes=30)


async def test_an_archive_that_does_not_answer_lets_the_delivery_be_repeated() -> None:
    archive = FlakyArchive()
    await archive.put(PATH, DATA)
    archive.failures = 1
    counter = Counter(Desk(archive=archive))
    error = await counter.desk.error_of(counter.deliver, order())
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)
    await counter.desk.run(counter.deliver, order())
    assert len(counter.outbox.parcels) == 1


def a_record(**changes: Any) -> JobRecord:
    request = parse_request({"requester": "a-service", "response": {"model": "m", "input": "hi"}})
    return opened(request, job_id="job-1", at=OPENED).model_copy(update=changes)


async def kept_record(archive: ObjectArchive | FlakyArchive) -> JobRecord:
    data = await archive.get(layout.record_path("job-1"))
    assert data is not None
    return JobRecord.model_validate_json(data)


async def test_the_record_is_read_back_as_it_was_kept() -> None:
    desk, archive = Desk(), FlakyArchive()
    await desk.run(ArchiveActivities(archive).archive_record, ArchiveOrder(record=a_record(title="Gezeiten — 潮")))
    assert await kept_record(archive) == a_record(title="Gezeiten — 潮")


async def test_a_repeat_replaces_the_record() -> None:
    desk, archive = Desk(), FlakyArchive()
    for reason in ("first", "second"):
        await desk.run(ArchiveActivities(archive).archive_record, ArchiveOrder(record=a_record(reason=reason)))
    assert (await kept_record(archive)).reason == "second"


async def test_an_archive_that_fails_lets_the_record_be_kept_later() -> None:
    """Any error but a final one is repeated by the server, for as long as it takes."""
    desk, archive = Desk(), FlakyArchive(failures=1)
    activity = ArchiveActivities(archive).archive_record
    with pytest.raises(ApplicationError) as failed:
        await desk.run(activity, ArchiveOrder(record=a_record()))
    assert (failed.value.type, failed.value.non_retryable) == ("transient", False)
    await desk.run(activity, ArchiveOrder(record=a_record()))
    assert await kept_record(archive) == a_record()
