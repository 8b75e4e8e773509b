"""`find_response`, `identify_response`, `settle_stray` and `record_stray`: only reading and cancelling."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import NOT_YET
from activities.orders import FindOrder, NamedOrder
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, Lost, completed
from signoff.domain import layout, names
from signoff.domain.announcement import StrayHint
from signoff.domain.deliverable import digest_of
from signoff.domain.deployment import DeploymentPolicy, JobPolicy, OnUnknown
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, ResponseStatus
from tests.activities.desk import OPENED, Desk, FlakyArchive, fault
from tests.domain.making import a_record

LOST = Lost(FaultError(Observation(stage=Stage.CREATE, network=NetworkFault.LOST, message="no reply")))
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


async def created(provider: InMemoryResponses, job_id: str = "job-1", attempt: int = 1) -> None:
    metadata = {names.METADATA_JOB_ID: job_id, names.METADATA_ATTEMPT: str(attempt)}
    await provider.create({"model": "a-model", "metadata": metadata})


def find_order(**changes: Any) -> FindOrder:
    return FindOrder(job_id="job-1", attempt=1, since=OPENED, **changes)


def named_order(**changes: Any) -> NamedOrder:
    return NamedOrder(job_id="job-1", response_id="resp_1", attempt=1, **changes)


async def test_a_provider_without_a_list_is_told_from_one_whose_list_is_empty() -> None:
    desk = Desk()
    without = await desk.run(desk.strays.find_response, find_order())
    desk = Desk(InMemoryResponses(is_listable=True))
    empty = await desk.run(desk.strays.find_response, find_order())
    assert (without.is_listable, without.found) == (False, ())
    assert (empty.is_listable, empty.found) == (True, ())


async def test_what_the_list_holds_of_the_job_is_found_with_its_attempt() -> None:
    provider = InMemoryResponses(is_listable=True)
    for job_id, attempt in (("job-1", 1), ("another", 1), ("job-1", 2)):
        await created(provider, job_id, attempt)
    desk = Desk(provider)
    search = await desk.run(desk.strays.find_response, find_order())
    assert [(one.snapshot.response_id, one.attempt) for one in search.found] == [("resp_1", 1), ("resp_3", 2)]


async def test_a_search_brings_the_terms_for_an_unknown_create() -> None:
    desk = Desk(policy=DeploymentPolicy(adoption_window=timedelta(minutes=30)))
    search = await desk.run(desk.strays.find_response, find_order(policy=JobPolicy(on_unknown=OnUnknown.PARK)))
    assert (search.terms.adoption_window, search.terms.on_unknown) == (timedelta(minutes=30), OnUnknown.PARK)


async def test_a_search_is_repeated_while_the_provider_does_not_answer() -> None:
    class Silent(InMemoryResponses):
        async def find(self, job_id: str, since: Any) -> Any:  # noqa: ARG002  the port's signature
            raise fault(Stage.FIND, 502)

    desk = Desk(Silent())
    error = await desk.error_of(desk.strays.find_response, find_order())
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)
    assert error.next_retry_delay == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("metadata", "job_id", "attempt"),
    [
        ({names.METADATA_JOB_ID: "job-9", names.METADATA_ATTEMPT: "3"}, "job-9", 3),
        ({names.METADATA_JOB_ID: "job-9", names.METADATA_ATTEMPT: "-3"}, "job-9", 0),
        ({names.METADATA_JOB_ID: "job-9", names.METADATA_ATTEMPT: "9" * 400}, "job-9", 0),
        ({}, "", 0),
    ],
)
async def test_a_response_is_identified_by_its_metadata(metadata: dict[str, str], job_id: str, attempt: int) -> None:
    desk = Desk()
    await desk.provider.create({"model": "a-model", "metadata": metadata})
    found = await desk.run(desk.strays.identify_response, named_order())
    assert (found.snapshot.response_id, found.job_id, found.attempt) == ("resp_1", job_id, attempt)


async def test_a_response_that_nobody_has_is_looked_for_a_minute_and_then_given_up() -> None:
    desk = Desk()
    assert not (await desk.error_of(desk.strays.identify_response, named_order())).non_retryable
    desk.pass_time(seconds=61)
    failure = await desk.failure_of(desk.strays.identify_response, named_order())
    assert failure.failure_class is FailureClass.RESULT_LOST


async def test_a_stray_that_still_runs_is_stopped_and_its_body_kept() -> None:
    desk = Desk(InMemoryResponses(script=[IN_PROGRESS]))
    await created(desk.provider)
    stray = await desk.run(desk.strays.settle_stray, named_order())
    assert (stray.response_id, stray.attempt, stray.status) == ("resp_1", 1, ResponseStatus.CANCELLED)
    assert desk.provider.cancelled == ["resp_1"]
    assert await desk.archive.get(layout.stray_path("job-1", "resp_1"))
    kept = await desk.archive.get(layout.stray_evidence_path("job-1", "resp_1"))
    assert kept
    assert stray.evidence
    assert stray.evidence.digest == digest_of(kept)


async def test_a_stray_that_has_ended_is_not_cancelled_and_tells_what_it_used() -> None:
    desk = Desk(InMemoryResponses(script=[completed(usage=USAGE)]))
    await created(desk.provider)
    stray = await desk.run(desk.strays.settle_stray, named_order())
    assert stray.usage
    assert (stray.status, stray.usage.total_tokens) == (ResponseStatus.COMPLETED, 3)
    assert desk.provider.cancelled == []


async def test_a_stray_whose_cancel_is_not_visible_yet_is_looked_at_again() -> None:
    class Slow(InMemoryResponses):
        async def cancel(self, response_id: str) -> Any:
            return self._answer(response_id, IN_PROGRESS)

    desk = Desk(Slow(script=[IN_PROGRESS]))
    await created(desk.provider)
    assert (await desk.error_of(desk.strays.settle_stray, named_order())).type == NOT_YET


async def kept(desk: Desk, record: JobRecord) -> None:
    await desk.archive.put(
        layout.record_path("job-1"), record.model_copy(update={"job_id": "job-1"}).model_dump_json().encode()
    )


async def record_in(desk: Desk) -> JobRecord:
    return JobRecord.model_validate_json(await desk.archive.get(layout.record_path("job-1")) or b"")


HINT = StrayHint(job_id="job-1", response_id="resp_1")


async def test_a_stray_of_a_closed_job_is_added_to_its_archived_record_once() -> None:
    desk = Desk(InMemoryResponses(script=[IN_PROGRESS]))
    await created(desk.provider)
    await kept(desk, a_record(JobStatus.CANCELLED))
    for _ in range(3):
        await desk.run(desk.strays.record_stray, HINT)
    record = await record_in(desk)
    assert [stray.response_id for stray in record.strays] == ["resp_1"]
    assert record.status is JobStatus.CANCELLED
    assert desk.provider.cancelled == ["resp_1"]


async def test_a_response_of_another_job_is_neither_stopped_nor_recorded() -> None:
    desk = Desk(InMemoryResponses(script=[IN_PROGRESS]))
    await created(desk.provider, "another")
    await kept(desk, a_record(JobStatus.CANCELLED))
    await desk.run(desk.strays.record_stray, HINT)
    assert (await record_in(desk)).strays == ()
    assert desk.provider.cancelled == []


async def test_a_record_that_is_not_archived_yet_is_waited_for() -> None:
    desk = Desk()
    await created(desk.provider)
    assert (await desk.error_of(desk.strays.record_stray, HINT)).type == NOT_YET


async def test_an_archive_that_fails_has_the_stray_recorded_later() -> None:
    archive = FlakyArchive()
    desk = Desk(InMemoryResponses(script=[IN_PROGRESS]), archive=archive)
    await created(desk.provider)
    await kept(desk, a_record(JobStatus.CANCELLED))
    archive.failures = 1
    with pytest.raises(ApplicationError, match="transient at archive"):
        await desk.run(desk.strays.record_stray, HINT)
    await desk.run(desk.strays.record_stray, HINT)
    assert len((await record_in(desk)).strays) == 1
