"""`signoff submit`: what it takes, what it refuses, and with which words."""

import json
from pathlib import Path

import pytest

from signoff.domain.errors import UnreachableError
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs

REQUEST = {"requester": "ann", "response": {"model": "gpt-5-mini", "input": "How do tides work?"}}
EXAMPLE = Path(__file__).parents[2] / "examples" / "research-brief.json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    return path


def test_prints_the_job_id_and_what_to_type_next(signoff: Signoff, file: Path) -> None:
    done = signoff("submit", str(file), "--job-id", "brief-1")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "brief-1 was started"
    assert done.stdout.rstrip().endswith("signoff watch brief-1")


def test_a_repeat_finds_its_job_and_another_request_is_refused(signoff: Signoff, file: Path) -> None:
    signoff("submit", str(file), "--job-id", "brief-1")
    again = signoff("submit", str(file), "--job-id", "brief-1", "--json")
    other = signoff("submit", str(file), "--job-id", "brief-1", "--title", "Another one")
    assert (again.exit_code, json.loads(again.stdout)) == (0, {"job_id": "brief-1", "is_new": False})
    assert (other.exit_code, other.stdout) == (4, "")
    assert "belongs to another request" in other.stderr


def test_options_go_before_the_fields_of_the_file(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    signoff("submit", str(file), "--job-id", "brief-1", "--requester", "bob", "--title", "Tides")
    assert (jobs.records["brief-1"].requester, jobs.records["brief-1"].title) == ("bob", "Tides")


def test_a_dash_reads_standard_input(signoff: Signoff) -> None:
    done = signoff("submit", "-", "--json", stdin=json.dumps(REQUEST))
    assert (done.exit_code, json.loads(done.stdout)["is_new"]) == (0, True)


def test_the_example_is_a_request(signoff: Signoff, jobs: FakeJobs) -> None:
    assert signoff("submit", str(EXAMPLE)).exit_code == 0
    assert list(jobs.records) == ["job-new"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"requester": "ann",\n "response": }', "line 2, column 14"),
        (b"", "line 1, column 1"),
        (b"[1]", "must hold one JSON object"),
        (b'"text"', "must hold one JSON object"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": "\xff"}', "byte 7 can't be read"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "is not JSON"),
        (b" " * (17 * 1024 * 1024 + 1), "more than 17,825,792 bytes"),
        (b'{"response": {"model": "m"}}', "requester: is required"),
        (b'{"requester": "ann", "respond": {}}', "respond: there is no such field; did you mean response?"),
        (b'{"requester": "ann", "response": {"model": "m", "background": false}}', "response.background"),
        (b'{"requester": "ann", "response": {"model": "m", "seed": 1e999}}', "inf"),
    ],
)
def test_bad_input_is_refused_with_the_place(signoff: Signoff, jobs: FakeJobs, content: bytes, told: str) -> None:
    done = signoff("submit", "-", stdin=content)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("signoff: ")
    assert told in done.stderr
    assert not jobs.records


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cant_be_read_is_named(signoff: Signoff, tmp_path: Path, name: str) -> None:
    done = signoff("submit", str(tmp_path / name))
    assert done.exit_code == 2
    assert f"{tmp_path / name} can't be read" in done.stderr


def test_says_what_to_do_when_nobody_answers(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    jobs.error = UnreachableError("no answer; submit it again as brief-1")
    done = signoff("submit", str(file), "--json")
    assert (done.exit_code, done.stdout) == (5, "")
    assert done.stderr == "signoff: no answer; submit it again as brief-1\n"
