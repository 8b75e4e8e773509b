"""What Temporal UI shows of a job on its own page, in words."""

import json
import re

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.testing import WorkflowEnvironment

from signoff.domain.delivery import Http
from signoff.domain.record import JobRecord
from signoff.domain.repair import Repair, RepairKind
from signoff.domain.status import JobStatus, NextAction
from tests.domain.handing_over import PLACES, all_arrived, approved, arrived, elsewhere, held_for, stuck
from tests.domain.making import AT, MINUTE, a_record
from tests.domain.stopping import delivery_failed
from tests.world import a_world
from workflows.display import details

IN_PLACE = "a file in the folder {} of the deployment"


def told_of_deliveries(record: JobRecord) -> list[str]:
    return [line for line in details(record).split("\n\n") if line.startswith("delivery ")]


def test_each_of_several_deliveries_has_a_line() -> None:
    assert told_of_deliveries(stuck()) == [
        f"delivery 1: **delivered** to `{IN_PLACE.format('a')}`, receipt `r-1`",
        f"delivery 2: **stopped** to `{IN_PLACE.format('b')}`",
        f"delivery 3: **delivered** to `{IN_PLACE.format('c')}`, receipt `r-3`",
    ]
    assert len(told_of_deliveries(all_arrived())) == 3


@pytest.mark.parametrize("status", JobStatus)
def test_a_job_with_one_destination_has_none(status: JobStatus) -> None:
    assert told_of_deliveries(a_record(status)) == []


def test_while_nothing_is_approved_no_delivery_is_told() -> None:
    assert told_of_deliveries(held_for(*PLACES)) == []


@pytest.mark.parametrize("record", [stuck(), delivery_failed()], ids=["several", "one"])
def test_an_operator_is_told_how_to_deliver_again_or_elsewhere(record: JobRecord) -> None:
    told = details(record)
    assert "the update `redeliver`" in told
    assert "`amend`" not in told
    [given, number, place] = [part for part in re.findall(r"`([^`]+)`", told.split("`redeliver`")[1]) if '"' in part]
    said = {**json.loads(given), **json.loads(f"{{{number}}}"), **json.loads(f"{{{place}}}")}
    assert Repair(repair_id="r", kind=RepairKind.REDELIVER, **said).delivery == 2


def test_nobody_is_told_to_deliver_what_is_not_approved() -> None:
    told = details(a_record(JobStatus.NEEDS_ATTENTION))
    assert "redeliver" not in told
    assert "`retry`, `amend` or `abandon`" in told


def test_a_reviewer_is_told_that_only_where_it_goes_is_asked() -> None:
    told = details(elsewhere())
    assert "only where they go is asked (redirect 1)" in told
    assert f"approve a-job --digest {elsewhere().opened_review.digest} --redirect 1`" in told
    assert f"delivery 2: **owed** to `{IN_PLACE.format('d')}`" in told
    assert "--redirect" not in details(held_for(*PLACES))


def test_a_receivers_words_stay_in_their_place() -> None:
    record = approved(held_for(*PLACES), AT + MINUTE)
    record = arrived(record, 1, AT + MINUTE, reference="x` **approved**\n\n# Done\n" + "y" * 5_000)
    first = told_of_deliveries(record)[0]
    assert "receipt `x' **approved** # Done y" in first
    assert len(first) < 500


def test_ten_long_destinations_fit() -> None:
    places = [Http(url=f"https://erp.example/{number}/{'x' * 1_900}") for number in range(10)]
    record = approved(held_for(*places), AT + MINUTE)
    assert len(details(record).encode()) < 20_000


@pytest.mark.parametrize(
    "record", [a_record(JobStatus.NEEDS_ATTENTION), delivery_failed()], ids=["response", "delivery"]
)
def test_an_operator_of_a_stopped_job_is_told_what_to_type(record: JobRecord) -> None:
    told = details(record)
    assert f"`signoff retry {record.job_id}`" in told
    assert (f"`signoff amend {record.job_id} --set" in told) is not record.has_approved_result


def test_a_refused_request_is_amended_rather_than_sent_again() -> None:
    told = details(a_record(JobStatus.NEEDS_ATTENTION).model_copy(update={"next_action": NextAction.AMEND_REQUEST}))
    assert told.index("signoff amend") < told.index("signoff retry")


def test_links_lead_to_the_page_and_the_record_where_a_gateway_is_known() -> None:
    record = a_record(JobStatus.RUNNING).model_copy(update={"job_id": "a job/1"})
    told = details(record, "https://signoff.example.com/")
    assert "(https://signoff.example.com/review/a%20job%2F1)" in told
    assert "(https://signoff.example.com/v1/jobs/a%20job%2F1/record)" in told
    assert "](" not in details(record)


async def test_a_worker_gives_its_jobs_the_address_of_the_gateway(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, settings={"public_url": "https://signoff.example.com"}) as world:
        job_id = await world.submit()
        await world.held(job_id)
        told = await world.handle(job_id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert f"(https://signoff.example.com/review/{job_id})" in told.current_details
        await world.approve(job_id)
