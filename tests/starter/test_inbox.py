"""`signoff inbox`: what waits for somebody, the most urgent first."""

import json
from datetime import timedelta

import pytest

from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs


@pytest.fixture
def inbox(jobs: FakeJobs) -> FakeJobs:
    """Three held jobs, and one that runs."""
    jobs.add_held("anyone", window=timedelta(days=3))
    jobs.add_held("for-eve", reviewers=("eve", "kim"), window=timedelta(days=2))
    jobs.add_held("for-ana", reviewers=("ana", "kim"), reminders=(), window=timedelta(days=1))
    jobs.records["for-ana"] = jobs.records["for-ana"].model_copy(update={"labels": {"desk": "science"}})
    jobs.add_running("running")
    return jobs


@pytest.mark.usefixtures("inbox")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--as", "ana"], ["for-ana", "anyone"]),
        (["--as", "bob"], ["anyone"]),
        (["--as", "ann"], []),
        (["--all"], ["for-ana", "for-eve", "anyone"]),
        (["--as", "ana", "--label", "desk=science"], ["for-ana"]),
        (["--all", "--requester", "nobody"], []),
    ],
)
def test_what_waits_for_whom_the_most_urgent_first(signoff: Signoff, options: list[str], found: list[str]) -> None:
    assert [job["job_id"] for job in json.loads(signoff("inbox", *options, "--json").stdout)] == found


@pytest.mark.usefixtures("inbox")
def test_a_line_says_until_when_by_whom_and_what_was_noticed(signoff: Signoff) -> None:
    signoff("claim", "for-ana", "--as", "ana")
    header, line, *_ = signoff("inbox", "--as", "kim").stdout.splitlines()
    columns = ["JOB", "DECIDE", "IN", "AGE", "FINDINGS", "CLAIMED", "BY", "REQUESTER", "TITLE"]
    assert header.split() == columns
    assert line.split()[0] == "for-ana"
    assert " 1         ana         ann        Title of for-ana" in line


def test_an_empty_inbox_says_so(signoff: Signoff) -> None:
    assert signoff("inbox", "--as", "ana").stdout == "nothing waits for ana\n"


def test_a_label_has_a_value(signoff: Signoff) -> None:
    done = signoff("inbox", "--label", "science")
    assert (done.exit_code, "KEY=VALUE" in done.stderr) == (2, True)


@pytest.mark.usefixtures("inbox")
def test_a_cut_list_says_so(signoff: Signoff) -> None:
    assert "only the newest 2 are listed" in signoff("inbox", "--all", "--limit", "2").stdout


@pytest.mark.usefixtures("inbox")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--label", "desk=science"], ["for-ana"]),
        (["--status", "awaiting_review", "--reviewer", "eve"], ["anyone", "for-eve"]),
    ],
)
def test_the_list_is_filtered_in_the_same_way(signoff: Signoff, options: list[str], found: list[str]) -> None:
    assert [job["job_id"] for job in json.loads(signoff("list", *options, "--json").stdout)] == found
