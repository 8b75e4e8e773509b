"""`signoff deliveries` and `redeliver`: which deliveries are stuck, and how one goes on or goes elsewhere."""

import json
from typing import Any

import pytest

from signoff.domain.delivery import DeliverySpec, File, Http, Release
from signoff.domain.failures import FailureClass, Stage, failure_at
from signoff.domain.handover import Delivery, DeliveryState
from signoff.domain.status import JobStatus
from signoff.domain.undelivered import DeliveryLine
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

UNDELIVERED = failure_at(Stage.DELIVER, FailureClass.CONFIGURATION, "the host may not be reached", START)
SIGNED = Http(url="https://a.example/inbox", signing_secret="erp")


def a_line(number: int = 1, **changes: Any) -> DeliveryLine:
    facts: dict[str, Any] = {
        "job_id": "brief-1",
        "title": "A brief",
        "requester": "a-service",
        "status": JobStatus.DELIVERING,
        "of": 2,
        "destination": File(folder="a"),
        "state": DeliveryState.UNDER_WAY,
        "since": START,
        **changes,
    }
    return DeliveryLine(number=number, **facts)


def stopped_with(jobs: FakeJobs, *destinations: DeliverySpec) -> None:
    """Add a job that stopped on its deliveries, of which none has arrived."""
    record = jobs.add_stopped("brief-1", UNDELIVERED)
    deliveries = tuple(
        Delivery(number=number, destination=one, state=DeliveryState.STOPPED, since=START, failure=record.failure)
        for number, one in enumerate(destinations, 1)
    )
    jobs.records["brief-1"] = record.model_copy(update={"deliveries": deliveries})


def test_stuck_deliveries_are_listed_with_why_and_what_to_type(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.undelivered = [a_line(), a_line(2, tries=7, last_fault="nobody there", destination=SIGNED)]
    told = signoff("deliveries", "--stuck").stdout.splitlines()
    assert told[0].split() == ["JOB", "DELIVERY", "STATE", "FOR", "TRIES", "NEXT", "TRY", "GOES", "TO"]
    assert told[1].split()[:5] == ["brief-1", "2", "of", "2", "under_way"]
    assert told[1].endswith("POST to https://a.example/inbox")
    assert told[2] == "    nobody there"
    assert any(line.strip().endswith("signoff redeliver brief-1 --delivery 2") for line in told)


def test_without_a_stuck_one_the_list_says_so(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.undelivered = [a_line()]
    assert signoff("deliveries", "--stuck").stdout == "no delivery is stuck\n"
    assert "signoff redeliver" not in signoff("deliveries").stdout


def test_the_list_as_json_says_which_are_stuck(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.undelivered = [a_line(), a_line(2, state=DeliveryState.STOPPED)]
    lines = json.loads(signoff("deliveries", "--json").stdout)
    assert [(line["number"], line["is_stuck"]) for line in lines] == [(1, False), (2, True)]


def test_a_redelivery_costs_nothing_and_names_its_delivery(signoff: Signoff, jobs: FakeJobs) -> None:
    stopped_with(jobs, File(folder="a"), File(folder="b"))
    done = signoff("redeliver", "brief-1", "--delivery", "2", "--as", "olga", "--reason", "it is back")
    assert done.stdout.splitlines()[:2] == [
        "brief-1 is delivered again by olga; it is delivering",
        "  the approved bytes are delivered again; nothing is generated or paid",
    ]
    states = [one.state for one in jobs.records["brief-1"].deliveries]
    assert states == [DeliveryState.STOPPED, DeliveryState.OWED]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("release", Release()),
        ('{"channel": "file", "folder": "b"}', File(folder="b")),
        ("https://b.example/in", SIGNED.model_copy(update={"url": "https://b.example/in"})),
    ],
)
def test_another_destination_is_approved_first(
    signoff: Signoff, jobs: FakeJobs, to: str, expected: DeliverySpec
) -> None:
    """With a URL all else stays: a delivery that was signed is signed there as well."""
    stopped_with(jobs, SIGNED)
    told = signoff("redeliver", "brief-1", "--to", to).stdout
    assert "people approve where it goes first" in told
    assert jobs.records["brief-1"].deliveries[0].destination == expected
    review = signoff("review", "brief-1").stdout
    assert "only where it goes, since these bytes were approved before" in review
    assert f"POST to https://a.example/inbox -> {expected.told}" in review
    assert "--redirect 1" in review
    assert "request-changes" not in review


def test_an_approval_names_the_redirect_that_was_seen(signoff: Signoff, jobs: FakeJobs) -> None:
    stopped_with(jobs, SIGNED)
    signoff("redeliver", "brief-1", "--to", "release")
    digest = jobs.records["brief-1"].opened_review.digest
    stale = signoff("approve", "brief-1", "--digest", digest, "--as", "bob")
    assert (stale.exit_code, "decide with redirect 1" in stale.stderr) == (4, True)
    assert signoff("approve", "brief-1", "--digest", digest, "--redirect", "1", "--as", "bob").exit_code == 0
    assert jobs.records["brief-1"].status is JobStatus.DELIVERING


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("the archive", "is no destination; give a URL"),
        ("{", "this is no JSON"),
        ('{"channel": "pigeon"}', "--to: "),
        ("https://user@b.example", "must not carry a user name"),
        ("ftp://b.example", "--to: object.url"),
    ],
)
def test_what_is_no_destination_is_told_and_changes_nothing(
    signoff: Signoff, jobs: FakeJobs, to: str, why: str
) -> None:
    stopped_with(jobs, SIGNED)
    done = signoff("redeliver", "brief-1", "--to", to)
    assert (done.exit_code, jobs.repairs) == (2, [])
    assert why in done.stderr


def test_a_stopped_delivery_shows_how_it_can_go_on(signoff: Signoff, jobs: FakeJobs) -> None:
    stopped_with(jobs, SIGNED, File(folder="b"))
    told = signoff("show", "brief-1").stdout
    assert "signoff redeliver brief-1 --delivery 2" in told
    assert "--to DESTINATION" in told
    assert "1  2026" in told.split("deliveries\n")[1]
