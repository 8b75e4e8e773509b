"""`signoff result` and `cancel`: nothing leaves before a job is completed, and an end is told as it was."""

import json

from signoff.domain import progress
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs


def test_result_prints_the_delivered_text(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1", text="A short answer.")
    assert signoff("result", "brief-1").stdout == "A short answer.\n"
    assert json.loads(signoff("result", "brief-1", "--json").stdout) == jobs.drafts["brief-1"].model_dump(mode="json")


def test_result_shows_nothing_before_completion(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1", text="A secret.")
    done = signoff("result", "brief-1", "--json")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "the job is awaiting_review" in done.stderr


def test_cancel_tells_how_the_job_ended(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    done = signoff("cancel", "brief-1", "--as", "ann", "--reason", "asked twice")
    assert done.exit_code == 0
    assert done.stdout.startswith("brief-1: cancelled, cancelled by ann: asked twice\n")
    assert jobs.cancels == [("brief-1", "ann", "asked twice")]


def test_cancel_tells_when_it_was_too_late(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1")
    completed = jobs.records["brief-1"]
    jobs.add_held("brief-1")
    jobs.steps["brief-1"] = [completed]
    assert json.loads(signoff("cancel", "brief-1", "--json").stdout)["status"] == "completed"


def test_cancel_without_waiting_tells_where_the_job_stands(signoff: Signoff, jobs: FakeJobs) -> None:
    record = jobs.add_running("brief-1")
    jobs.steps["brief-1"] = [progress.cancelled(record, "cancelled", START)]
    assert json.loads(signoff("cancel", "brief-1", "--no-wait", "--json").stdout)["status"] == "running"
    told = signoff("cancel", "brief-1", "--no-wait").stdout
    assert told.startswith("brief-1 will be stopped; it is running until")
    assert told.rstrip().endswith("signoff watch brief-1 --until closed")


def test_a_closed_job_cannot_be_cancelled(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1")
    done = signoff("cancel", "brief-1")
    assert (done.exit_code, jobs.cancels) == (4, [])
    assert "closed already" in done.stderr
