"""`signoff claim`, `release`, `delegate`, `extend`, and how durations and times are typed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from signoff.domain.errors import BadRequestError, UnreachableError
from starter.durations import read_duration, read_moment
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs

DUE = datetime(2026, 5, 8, 12, 1, tzinfo=UTC)


def test_a_claim_is_seen_and_can_be_taken_back(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    assert signoff("claim", "brief-1", "--as", "bob").stdout.startswith("bob is on brief-1")
    assert "  claimed by   bob since 2026-05-01 12:02:00 UTC\n" in signoff("review", "brief-1").stdout
    assert signoff("release", "brief-1", "--as", "bob").exit_code == 0
    assert "claimed by   " not in signoff("review", "brief-1").stdout
    shown = signoff("show", "brief-1").stdout
    assert "arrangements\n  2026-05-01 12:02:00 UTC  claim by bob\n  2026-05-01 12:02:00 UTC  release by bob\n" in shown


def test_a_refused_claim_ends_with_4_and_is_kept(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1", reviewers=("ana", "eve"))
    done = signoff("claim", "brief-1", "--as", "bob", "--json")
    assert (done.exit_code, json.loads(done.stdout)["is_accepted"]) == (4, False)
    assert "the claim was refused: bob is not a reviewer of this job" in done.stderr
    assert "claim by bob REFUSED: bob is not a reviewer" in signoff("show", "brief-1").stdout


def test_a_seat_is_handed_over(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1", reviewers=("ana", "eve"))
    done = signoff("delegate", "brief-1", "--to", "bob", "--as", "ana", "--reason", "on holiday")
    assert done.stdout == "bob may decide on brief-1 in place of ana\n"
    assert "  may decide   eve, bob\n" in signoff("review", "brief-1").stdout


@pytest.mark.parametrize("options", [["--by", "2d"], ["--until", "2026-05-10T12:01"]])
def test_the_end_is_moved(signoff: Signoff, jobs: FakeJobs, options: list[str]) -> None:
    jobs.add_held("brief-1")
    done = signoff("extend", "brief-1", *options, "--as", "bob")
    assert done.stdout == "the review of brief-1 ends at 2026-05-10 12:01:00 UTC\n"
    assert jobs.records["brief-1"].decision_due_at == DUE + timedelta(days=2)


@pytest.mark.parametrize(
    "options", [[], ["--by", "2d", "--until", "2026-05-10"], ["--by", "soon"], ["--until", "soon"]]
)
def test_an_extension_says_until_when(signoff: Signoff, jobs: FakeJobs, options: list[str]) -> None:
    jobs.add_held("brief-1")
    done = signoff("extend", "brief-1", *options)
    assert (done.exit_code, jobs.arrangements) == (2, [])
    assert "--by" in done.stderr or "--until" in done.stderr


def test_a_lost_answer_tells_the_command_that_is_safe_to_repeat(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.error = UnreachableError("no answer")
    done = signoff("delegate", "brief-1", "--to", "bob", "--as", "ana", "--arrangement-id", "a-1")
    assert done.exit_code == 5
    assert "signoff delegate brief-1 --to bob --as ana --arrangement-id a-1" in done.stderr


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2d", timedelta(days=2)),
        ("36h", timedelta(hours=36)),
        ("1w 1d12h", timedelta(days=8, hours=12)),
        ("90min", timedelta(minutes=90)),
        ("P2D", timedelta(days=2)),
        ("PT36H", timedelta(hours=36)),
    ],
)
def test_a_duration_is_typed_in_either_form(text: str, span: timedelta) -> None:
    assert read_duration(text, "--by") == span


@pytest.mark.parametrize("text", ["", "2", "d", "2 days", "-2d", "0d", "P0D", "-P2D", "2d!", "99999999d", "PT"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadRequestError, match=r"--by: .* is not a duration"):
        read_duration(text, "--by")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-05-10", datetime(2026, 5, 10, tzinfo=UTC)),
        ("2026-05-10T12:00", datetime(2026, 5, 10, 12, tzinfo=UTC)),
        ("2026-05-10T12:00:00+02:00", datetime(2026, 5, 10, 10, tzinfo=UTC)),
        ("2026-05-10T12:00:00Z", datetime(2026, 5, 10, 12, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_utc(text: str, at: datetime) -> None:
    assert read_moment(text, "--until") == at
