"""`list --closed`, and the index that it searches: `archive compact` and `archive reindex`."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from signoff.adapters.archive import open_archive
from signoff.domain import layout
from signoff.domain.errors import BadRequestError
from signoff.domain.status import JobStatus
from starter.cli import app
from starter.finding import read_bound
from tests.closed.making import DAY, NOON, closed, closed_record, objects
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs


@pytest.fixture
def jobs() -> FakeJobs:
    fake = FakeJobs()
    science: Any = {"labels": {"desk": "science", "case": "17"}}
    for record in (
        closed_record("old", NOON - 40 * DAY, **science),
        closed_record("failed", NOON - DAY, JobStatus.FAILED, **science),
        closed_record("newest", NOON, JobStatus.EXPIRED, title="A brief"),
    ):
        fake.records[record.job_id] = record
    fake.add_held("open")
    return fake


def ids(done: Result) -> list[str]:
    assert done.exit_code == 0, done.stderr
    return [job["job_id"] for job in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["newest", "failed", "old"]),
        (["--since", "2026-11-01"], ["newest", "failed"]),
        (["--since", "2026-10-01T00:00Z", "--until", "2026-11-10"], ["failed", "old"]),
        (["--label", "desk=science", "--label", "case=17"], ["failed", "old"]),
        (["--status", "failed", "--status", "expired"], ["newest", "failed"]),
        (["--requester", "nobody"], []),
        (["--limit", "1"], ["newest"]),
        (["--all", "--limit", "1"], ["newest", "failed", "old"]),
    ],
)
def test_closed_jobs_are_listed_as_asked(signoff: Signoff, options: list[str], expected: list[str]) -> None:
    assert ids(signoff("list", "--closed", *options, "--json")) == expected


def test_a_table_shows_when_each_job_closed_and_says_what_it_leaves_out(signoff: Signoff) -> None:
    done = signoff("list", "--closed", "--limit", "1")
    assert done.exit_code == 0
    assert "2026-11-10 12:00:00 UTC" in done.stdout
    assert "A brief" in done.stdout
    assert "--all" in done.stderr


def test_what_the_list_lacks_is_said_beside_the_document(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.knows_cut_off = False
    done = signoff("list", "--closed", "--json")
    assert len(ids(done)) == 3
    assert "Temporal did not answer" in done.stderr


def test_a_torn_part_of_the_index_is_an_exit_code_and_named(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.unreadable = ("closed/days/2026-11-10/1.jsonl.gz was torn",)
    done = signoff("list", "--closed")
    assert done.exit_code == 1
    assert "newest" in done.stdout
    assert "closed/days/2026-11-10/1.jsonl.gz was torn" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--since", "7d"], "add --closed"),
        (["--all"], "add --closed"),
        (["--status", "failed", "--status", "expired"], "--status may be given once"),
        (["--label", "a=1", "--label", "b=2"], "--label may be given once"),
        (["--closed", "--status", "running"], "no closed job is running"),
        (["--closed", "--reviewer", "ana"], "--reviewer"),
        (["--closed", "--since", "yesterday"], "--since: 'yesterday' is not a time"),
        (["--closed", "--since", "2026-11-02", "--until", "2026-11-01"], "since"),
        (["--closed", "--label", "desk"], "KEY=VALUE"),
    ],
)
def test_what_can_not_be_asked_is_told(signoff: Signoff, options: list[str], told: str) -> None:
    done = signoff("list", *options)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", NOON - 7 * DAY),
        ("P7D", NOON - 7 * DAY),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T06:00+02:00", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_bound_is_a_time_or_how_long_ago(text: str | None, expected: datetime | None) -> None:
    assert read_bound(text, "--since", NOON) == expected


@pytest.mark.parametrize("text", ["999999w", "", "0d", "-7d"])
def test_a_bound_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadRequestError, match="--since"):
        read_bound(text, "--since", NOON)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive in a folder, and no Temporal server."""
    monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", f"file:{tmp_path / 'archive'}")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    return tmp_path / "archive"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


async def filled(folder: Path) -> None:
    archive = open_archive(f"file:{folder}")
    for number in range(3):
        await closed(archive, f"job-{number}", NOON - number * timedelta(days=1))


def test_without_a_temporal_server_the_archive_answers(folder: Path) -> None:
    asyncio.run(filled(folder))
    done = run("list", "--closed", "--json")
    assert ids(done) == ["job-0", "job-1", "job-2"]
    assert "Temporal did not answer" in done.stderr
    assert run("list").exit_code == 5


def test_an_index_is_compacted_and_built_anew_by_hand(folder: Path) -> None:
    asyncio.run(filled(folder))
    done = json.loads(run("archive", "compact", "--json").stdout)
    assert (done["days"], done["jobs"], done["removed"]) == (3, 3, 3)
    assert "nothing to compact" in run("archive", "compact").stdout
    for path in asyncio.run(objects(open_archive(f"file:{folder}"))):
        (folder / path).unlink()
    assert ids(run("list", "--closed", "--json")) == []
    built = run("archive", "reindex")
    assert "3 jobs indexed" in built.stdout
    assert "signoff archive compact" in built.stdout
    assert ids(run("list", "--closed", "--json")) == ["job-0", "job-1", "job-2"]
    assert json.loads(run("archive", "reindex", "--after", "job-1", "--json").stdout)["written"] == 1


def test_a_record_that_can_not_be_read_is_named_with_an_exit_code(folder: Path) -> None:
    asyncio.run(filled(folder))
    (folder / layout.record_path("job-1")).write_bytes(b"{")
    done = run("archive", "reindex")
    assert done.exit_code == 1
    assert layout.record_path("job-1") in done.stderr


@pytest.mark.parametrize("command", ["compact", "reindex"])
def test_each_command_of_the_archive_explains_itself(command: str) -> None:
    done = run("archive", command, "--help")
    assert f"Example: signoff archive {command}" in done.stdout
    assert "--json" in done.stdout
