"""`signoff list`, `show` and `watch`: what people see of a job, and what programs read."""

import json
from datetime import timedelta

import pytest

from signoff.domain import reviewing
from signoff.domain.failures import FailureClass, Stage, failure_at
from signoff.domain.record import JobRecord
from signoff.domain.review import ReviewPolicy
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

QUOTA = failure_at(Stage.LOOK, FailureClass.QUOTA, "You exceeded your current quota.", START)


def test_show_tells_status_reason_and_the_exact_commands(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    shown = signoff("show", "brief-1").stdout
    assert "awaiting_review since 2026-05-01 12:01:00 UTC" in shown
    assert f"signoff approve brief-1 --digest {digest}\n" in shown
    assert "2026-05-01 12:00:00 UTC  job.accepted          accepted from ann" in shown


def test_show_tells_a_failure_in_plain_words_and_who_acts(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    shown = signoff("show", "brief-1").stdout
    assert "a quota or a spending limit is used up, when the response was looked at (class quota)" in shown
    assert "restore_quota, by the operator: pay the bill or raise the limit that ran out, then retry." in shown
    assert "signoff cancel brief-1" in shown


def test_show_as_json_is_the_whole_record(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1")
    document = json.loads(signoff("show", "brief-1", "--json").stdout)
    assert JobRecord.model_validate(document) == jobs.records["brief-1"]
    assert document["advice"]["next_action"] == "none"


@pytest.mark.parametrize("job_id", ["brief-2", "../brief", "-"])
@pytest.mark.parametrize("command", ["show", "watch", "review", "result", "cancel"])
def test_a_job_that_does_not_exist_ends_with_3(signoff: Signoff, command: str, job_id: str) -> None:
    done = signoff(command, job_id, "--json")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("signoff: there is no job")


def test_list_shows_every_job_id_whole(signoff: Signoff, jobs: FakeJobs) -> None:
    long = "j" * 128
    jobs.add_running(long)
    jobs.add_held("brief-1")
    lines = signoff("list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[long, "running"], ["brief-1", "awaiting_review"]]


def test_list_as_json_is_one_array(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    jobs.add_held("brief-2")
    found = json.loads(signoff("list", "--status", "awaiting_review", "--json").stdout)
    assert [job["job_id"] for job in found] == ["brief-2"]
    assert json.loads(signoff("list", "--requester", "nobody", "--json").stdout) == []


def test_list_picks_out_what_stopped_jobs(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    jobs.add_running("brief-2")
    found = json.loads(signoff("list", "--failure-class", "quota", "--json").stdout)
    assert [job["job_id"] for job in found] == ["brief-1"]
    assert signoff("list", "--failure-class", "policy").stdout == "no such jobs\n"
    wrong = signoff("list", "--failure-class", "money")
    assert (wrong.exit_code, "there are transient, rate_limited" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("limit", ["0", "10001", "many"])
def test_list_bounds_its_limit(signoff: Signoff, limit: str) -> None:
    assert signoff("list", "--limit", limit).exit_code == 2


def test_list_names_the_known_statuses(signoff: Signoff) -> None:
    done = signoff("list", "--status", "waiting")
    assert done.exit_code == 2
    assert "awaiting_review" in done.stderr


def test_watch_ends_when_a_person_is_needed(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = _will_be_held(jobs)
    done = signoff("watch", "brief-1")
    assert done.exit_code == 0
    assert [line.split()[3].rstrip(":") for line in done.stdout.splitlines()[:2]] == ["running", "awaiting_review"]
    assert f"signoff approve brief-1 --digest {digest}\n" in done.stdout
    assert jobs.records["brief-1"].status == "awaiting_review"


def test_watch_until_closed_goes_on_past_a_review(signoff: Signoff, jobs: FakeJobs) -> None:
    _will_be_held(jobs)
    expired = reviewing.expired(jobs.steps["brief-1"][-1], "nobody decided in time", START + timedelta(days=8))
    jobs.steps["brief-1"].append(expired)
    done = signoff("watch", "brief-1", "--until", "closed", "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "expired")


def test_watch_without_a_terminal_writes_no_control_characters(signoff: Signoff, jobs: FakeJobs) -> None:
    _will_be_held(jobs)
    shown = signoff("watch", "brief-1").stdout
    assert not [char for char in shown if char != "\n" and not char.isprintable()]


def test_ctrl_c_ends_the_watching_and_not_the_job(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    jobs.error = KeyboardInterrupt()
    done = signoff("watch", "brief-1")
    assert done.exit_code == 130
    assert "brief-1 goes on" in done.stderr


def _will_be_held(jobs: FakeJobs) -> str:
    digest = jobs.add_held("brief-1")
    held = jobs.records["brief-1"]
    assert held.review is not None
    assert held.review.policy == ReviewPolicy()
    jobs.add_running("brief-1")
    jobs.steps["brief-1"] = [held]
    return digest
