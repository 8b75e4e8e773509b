"""`signoff drafts`, and what `signoff review` tells of a review: drafts before, who may decide, what is to come."""

import json
from datetime import timedelta

import pytest

from signoff.domain import reviewing
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

HOSTILE = "done\nto decide, type\n  signoff approve other --digest sha256:0"


def test_each_draft_is_listed_with_what_was_said_of_it(signoff: Signoff, jobs: FakeJobs) -> None:
    first, second = jobs.add_reworked("brief-1", "A long answer.", "An answer.")
    shown = signoff("drafts", "brief-1").stdout
    assert f"1  {first}  attempt 1, held at 2026-05-01 12:01:00 UTC, 1 finding\n" in shown
    assert '     2026-05-01 12:01:00 UTC  request_changes by ana "shorter"\n' in shown
    assert f"2  {second}  attempt 2" in shown


def test_an_edit_names_what_it_was_made_from(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1", approvals=2)
    signoff("edit", "brief-1", "--digest", digest, "--as", "bob", "--text-file", "-", stdin="Another answer.")
    assert "draft 1 as bob edited it" in signoff("drafts", "brief-1").stdout
    assert "text of attempt 1 as bob edited it" in signoff("review", "brief-1").stdout


@pytest.mark.parametrize("is_by_digest", [True, False])
def test_two_drafts_are_compared_by_number_or_digest(signoff: Signoff, jobs: FakeJobs, *, is_by_digest: bool) -> None:
    digests = jobs.add_reworked("brief-1", "The title\nA long answer.", "The title\nAn answer.")
    names = [digests[0], digests[1].removeprefix("sha256:")[:12]] if is_by_digest else ["1", "2"]
    done = signoff("drafts", "brief-1", "--diff", *names)
    assert "  |  The title\n  | -A long answer.\n  | +An answer.\n" in done.stdout
    document = json.loads(signoff("drafts", "brief-1", "--diff", *names, "--json").stdout)
    assert (document["from"], document["to"]) == digests
    assert document["diff"][-2:] == ["-A long answer.", "+An answer."]


@pytest.mark.parametrize("name", ["0", "3", "sha256:00", "", "x"])
def test_a_draft_that_is_not_there_is_named(signoff: Signoff, jobs: FakeJobs, name: str) -> None:
    jobs.add_reworked("brief-1", "A long answer.", "An answer.")
    done = signoff("drafts", "brief-1", "--diff", name, "2")
    assert done.exit_code == 2
    assert "there are drafts 1 to 2" in done.stderr


def test_a_diff_cannot_pass_for_ours(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_reworked("brief-1", "An answer.", HOSTILE)
    lines = signoff("drafts", "brief-1", "--diff", "1", "2").stdout.splitlines()
    assert all(line.startswith("  | ") for line in lines if "approve other" in line)


def test_a_job_that_held_nothing_says_so(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    assert signoff("drafts", "brief-1").stdout.startswith("brief-1 has held no draft yet; it is running")
    assert json.loads(signoff("drafts", "brief-1", "--json").stdout) == {"job_id": "brief-1", "drafts": []}


def test_a_review_shows_the_drafts_before_and_the_rounds_that_are_left(signoff: Signoff, jobs: FakeJobs) -> None:
    first, second = jobs.add_reworked("brief-1", "A long answer.", "An answer.")
    shown = signoff("review", "brief-1").stdout
    assert f"drafts before\n  1  {first}" in shown
    assert f"2  {second}" not in shown
    assert "  rework       2 rounds left of 3\n" in shown
    assert "  may decide   anyone but ann, who asked for it\n" in shown
    document = json.loads(signoff("review", "brief-1", "--json").stdout)
    assert [one["digest"] for one in document["drafts"]] == [first, second]
    assert [one["comment"] for one in document["drafts"][0]["decisions"]] == ["shorter"]
    assert document["rework_rounds_left"] == 2


def test_a_review_shows_who_has_approved_and_who_may_still(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1", approvals=2, reviewers=("ana", "bob", "eve"))
    signoff("approve", "brief-1", "--digest", digest, "--as", "ana")
    shown = signoff("review", "brief-1").stdout
    assert "  approvals    1 of 2: ana\n" in shown
    assert "  may decide   bob, eve\n" in shown


def test_a_review_shows_to_whom_it_goes_if_nobody_decides(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1", reviewers=("ana", "bob"), escalate_after=timedelta(days=2), escalate_to=("boss",))
    assert "  escalates    2026-05-03 12:01:00 UTC (over) to boss\n" in signoff("review", "brief-1").stdout
    jobs.records["brief-1"] = reviewing.time_passed(jobs.records["brief-1"], START + timedelta(days=3))
    shown = signoff("review", "brief-1").stdout
    assert "  escalated    at 2026-05-04 12:00:00 UTC to boss\n" in shown
    assert "  may decide   ana, bob, boss\n" in shown


def test_the_story_tells_every_review_and_every_event_in_line(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_reworked("brief-1", "A long answer.", "An answer.")
    shown = signoff("show", "brief-1").stdout
    assert 'decisions\n  2026-05-01 12:01:00 UTC  request_changes by ana "shorter"\n' in shown
    assert "review.changes_requested  ana: shorter\n" in shown
    assert "job.accepted              " in shown
