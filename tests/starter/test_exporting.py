"""The commands that take a job out of the system and that verify it: what they print, and how they end."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from signoff.adapters.archive import open_archive
from signoff.domain.record_schema import record_schema
from starter.cli import app
from tests.shelf import NOBODY, Shelf
from tests.starter.fake import FakeJobs

Signoff = Callable[..., Result]


@pytest.fixture
async def shelf(tmp_path: Path) -> Shelf:
    made, jobs = Shelf(open_archive(f"file:{tmp_path}/archive")), FakeJobs()
    jobs.add_completed("brief-1")
    jobs.add_held("brief-2")
    await made.keep(jobs, "brief-1")
    await made.keep(jobs, "brief-2")
    return made


@pytest.fixture
def signoff(shelf: Shelf) -> Signoff:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), obj=shelf.reader)

    return run


@pytest.fixture
def alone(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Signoff:
    """Run a command where nobody answers at Temporal's address."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", str(shelf.archive).removeprefix("the archive "))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_an_exported_folder_verifies(signoff: Signoff, tmp_path: Path) -> None:
    done = signoff("export", "brief-1", "--to", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"brief-1: 7 files in {tmp_path}/out\nnext, type\n")
    assert (tmp_path / "out/report.html").is_file()
    verified = signoff("verify", "--folder", str(tmp_path / "out"))
    assert (verified.exit_code, "differs" in verified.stdout) == (0, False)


def test_an_open_job_says_that_it_is_open(signoff: Signoff, tmp_path: Path) -> None:
    done = signoff("export", "brief-2", "--to", str(tmp_path / "out"))
    assert "it is still open (awaiting_review)" in done.stdout
    assert "This job was still open" in (tmp_path / "out/report.html").read_text()


def test_the_manifest_is_printed_as_json(signoff: Signoff, tmp_path: Path) -> None:
    done = signoff("export", "brief-1", "--to", str(tmp_path / "out"), "--no-report", "--json")
    written = json.loads((tmp_path / "out/manifest.json").read_text())
    written.pop("integrity")
    assert json.loads(done.stdout) == written
    assert not (tmp_path / "out/report.html").exists()


def test_what_is_absent_is_named(shelf: Shelf, signoff: Signoff, tmp_path: Path) -> None:
    asyncio.run(shelf.lose("brief-1", "attempts/1/response.json"))
    done = signoff("export", "brief-1", "--to", str(tmp_path / "out"))
    assert (done.exit_code, "absent: attempts/1/response.json" in done.stdout) == (0, True)
    assert "Not everything is here." in (tmp_path / "out/report.html").read_text()


def test_a_difference_is_told_with_both_digests_and_by_the_exit_code(shelf: Shelf, signoff: Signoff) -> None:
    assert signoff("verify", "brief-1").exit_code == 0
    asyncio.run(shelf.put("brief-1", "attempts/1/response.json", b"{}"))
    done = signoff("verify", "brief-1")
    assert done.exit_code == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("differs")]
    assert line.count("sha256:") == 2
    told = signoff("verify", "brief-1", "--json")
    assert (told.exit_code, json.loads(told.stdout)["is_sound"]) == (1, False)


@pytest.mark.parametrize("arguments", [(), ("brief-1", "--folder", "x"), ("--folder", "nowhere")])
def test_either_a_job_or_an_exported_folder_is_verified(signoff: Signoff, arguments: tuple[str, ...]) -> None:
    assert signoff("verify", *arguments).exit_code == 2


def test_an_impossible_job_id_is_no_job(signoff: Signoff, tmp_path: Path) -> None:
    assert signoff("verify", "../etc").exit_code == 3
    assert signoff("export", "../etc", "--to", str(tmp_path / "out")).exit_code == 3


def test_the_schema_is_printed(signoff: Signoff) -> None:
    assert json.loads(signoff("record-schema").stdout) == record_schema()
    assert json.loads(signoff("record-schema", "--json").stdout) == record_schema()


READING = [("show",), ("show", "--json"), ("result",), ("review",), ("drafts",), ("verify",), ("export", "--to", "out")]


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_closed_jobs_are_read_where_no_temporal_server_answers(
    alone: Signoff, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *options = arguments
    done = alone(command, "brief-1", *options)
    assert done.exit_code == 0, done.output
    assert f"no Temporal server answers at {NOBODY}" in done.stderr
    assert "Temporal was not asked" in done.stderr


@pytest.mark.parametrize("command", ["show", "result", "verify"])
def test_of_an_open_job_nothing_is_claimed_where_no_temporal_server_answers(alone: Signoff, command: str) -> None:
    done = alone(command, "brief-2")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "holds no closed job brief-2" in done.stderr


def test_what_acts_on_jobs_still_needs_temporal(alone: Signoff) -> None:
    done = alone("cancel", "brief-1", "--as", "ana")
    assert (done.exit_code, "Temporal was not asked" in done.stderr) == (5, False)


def test_a_folder_is_verified_without_any_environment(signoff: Signoff, tmp_path: Path) -> None:
    signoff("export", "brief-1", "--to", str(tmp_path / "out"))
    assert CliRunner().invoke(app, ["verify", "--folder", str(tmp_path / "out")]).exit_code == 0


def test_without_the_extra_the_report_is_refused_with_its_name(shelf: Shelf, tmp_path: Path) -> None:
    """In a process of its own, where the import of jinja2 fails."""
    code = "import sys; sys.modules['jinja2'] = None; from starter.cli import app; app(sys.argv[1:])"
    where = str(shelf.archive).removeprefix("the archive ")
    environment = {**os.environ, "TEMPORAL_ADDRESS": NOBODY, "SIGNOFF_ARCHIVE_URL": where}

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        arguments = ["export", "brief-1", "--to", str(tmp_path / "out"), *more]
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )

    refused = run()
    assert (refused.returncode, (tmp_path / "out").exists()) == (2, False)
    assert "pip install 'signoff[gateway]', or export with --no-report" in refused.stderr
    assert run("--no-report").returncode == 0
