"""`signoff submit --jsonl`: thousands of requests, of which none is started twice and no refusal stops the others."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from signoff.domain.description import Submitted
from signoff.domain.errors import SettingsError, UnreachableError
from signoff.domain.job import JobRequest
from starter.cli import app
from starter.inputs import LIMIT_BYTES
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs


def a_line(number: int, **changes: Any) -> str:
    response = {"model": "gpt-5-mini", "input": f"Question {number}"}
    return json.dumps({"requester": "newsroom", "response": response, **changes})


class BusyJobs(FakeJobs):
    """Jobs whose submits take a while, and something happens at one of them."""

    submits = under_way = most_under_way = 0
    takes = 0.001

    async def submit(self, request: JobRequest) -> Submitted:
        self.submits += 1
        number = self.submits
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.takes)
            self.meet(number)
            return await super().submit(request)
        finally:
            self.under_way -= 1

    def meet(self, number: int) -> None:
        """Let what happens at this submit happen."""


class InterruptedJobs(BusyJobs):
    """Somebody presses Ctrl-C at the 50th submit."""

    def meet(self, number: int) -> None:
        if number == 50:
            os.kill(os.getpid(), signal.SIGINT)


class AwayJobs(BusyJobs):
    """Nobody answers some of the submits."""

    away = range(0)

    def meet(self, number: int) -> None:
        if number in self.away:
            raise UnreachableError("nobody answered")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


def document(done: Result) -> dict[str, Any]:
    told = json.loads(done.stdout)
    return {name: told[name] for name in ("lines", "new", "known_before", "refused", "is_complete")}


def refusals(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.with_name("requests.refused.jsonl").read_text().splitlines()]


def test_a_file_that_is_submitted_again_starts_nothing_twice(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    file.write_text("\n".join(a_line(number) for number in range(300)))
    first, again = (signoff("submit", str(file), "--jsonl", "--json") for _ in range(2))
    whole = {"lines": 300, "refused": 0, "is_complete": True}
    assert (first.exit_code, document(first)) == (0, {**whole, "new": 300, "known_before": 0})
    assert (again.exit_code, document(again)) == (0, {**whole, "new": 0, "known_before": 300})
    assert len(jobs.records) == 300
    assert not file.with_name("requests.refused.jsonl").exists()


def test_a_line_is_a_job_by_its_request_unless_it_names_one(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    same_in_other_words = (
        '{"response": {"input": "Question 1", "model": "gpt-5-mini"}, "title": "", "requester": "newsroom"}'
    )
    named = [a_line(1, job_id=name) for name in ("brief-1", "brief-2")]
    file.write_text("\n".join([a_line(1), same_in_other_words, *named, a_line(2)]))
    assert document(signoff("submit", "--jsonl", str(file), "--json"))["new"] == 4
    made = sorted(set(jobs.records) - {"brief-1", "brief-2"})
    digests = sorted(jobs.records[job_id].request_digest for job_id in made)
    assert made == [f"job-{digest.removeprefix('sha256:')[:32]}" for digest in digests]


def test_options_go_before_the_fields_of_every_line(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    file.write_text(f"{a_line(1)}\n\n   \n{a_line(2, requester='ann')}\r\n")
    assert signoff("submit", "--jsonl", str(file), "--requester", "bob").exit_code == 0
    assert {record.requester for record in jobs.records.values()} == {"bob"}


@pytest.mark.parametrize(
    ("line", "reason", "kept"),
    [
        (b'{"requester": ', "the line is not JSON: Expecting value at column 15", {"text": '{"requester": '}),
        (b"[1]", "must hold one JSON object", {"text": "[1]"}),
        (b'{"a": "\xff"}', "byte 7 can't be read", {"text": '{"a": "\ufffd"}'}),
        ('{"title": "\u00dc"}'.encode(), "requester: is required", {"request": {"title": "\u00dc"}}),
        (b'{"title": "\\ud800"}', "requester: is required", {"request": {"title": "\ud800"}}),
        (a_line(1, job_id="brief-1").encode(), "another request", {"request": json.loads(a_line(1, job_id="brief-1"))}),
        (b'{"a": "' + b"x" * LIMIT_BYTES + b'"}', "longer than any request", {"text": '{"a": "' + "x" * 993}),
    ],
)
def test_a_refused_line_is_kept_with_the_reason_and_the_others_go_on(
    signoff: Signoff, file: Path, line: bytes, reason: str, kept: dict[str, Any]
) -> None:
    file.write_bytes(b"\n".join([a_line(2, job_id="brief-1").encode(), line, a_line(3).encode(), b""]))
    done = signoff("submit", "--jsonl", str(file), "--at-once", "1", "--json")
    assert (done.exit_code, document(done)["new"], document(done)["refused"]) == (2, 2, 1)
    [refused] = refusals(file)
    assert reason in refused.pop("reason")
    assert refused == {"line": 2, **kept}


def test_the_file_of_refusals_can_be_mended_and_submitted(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    file.write_text('{"response": {"model": "m"}}\n{"requester": "ann" "response": {"model": "m"}}\n')
    done = signoff("submit", "--jsonl", str(file))
    refused = file.with_name("requests.refused.jsonl")
    assert done.stdout.rstrip().endswith(f"signoff submit --jsonl {refused}")
    without, broken = refused.read_text().splitlines()
    again = signoff("submit", "--jsonl", str(refused), "--json")
    still = file.with_name("requests.refused.refused.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in still[1:]] == [json.loads(broken)["text"]]
    refused.write_text(
        without.replace('{"response"', '{"requester": "bob", "response"') + "\n" + broken.replace('ann\\" ', 'ann\\", ')
    )
    mended = signoff("submit", "--jsonl", str(refused), "--json")
    assert (again.exit_code, mended.exit_code, document(mended)["new"]) == (2, 0, 2)
    assert {record.requester for record in jobs.records.values()} == {"ann", "bob"}


def submitted(jobs: FakeJobs, *arguments: str) -> Result:
    async def opened() -> FakeJobs:
        return jobs

    return CliRunner().invoke(app, ["submit", "--jsonl", *arguments, "--json"], obj=opened)


def fill(file: Path, count: int) -> None:
    file.write_text("".join(f"{a_line(number)}\n" for number in range(count)))


@pytest.mark.parametrize("at_once", [1, 7])
def test_no_more_are_under_way_than_asked_for(file: Path, at_once: int) -> None:
    fill(file, 12)
    jobs = BusyJobs()
    jobs.takes = 0.2
    assert submitted(jobs, str(file), "--at-once", str(at_once)).exit_code == 0
    assert jobs.most_under_way == at_once


def test_an_interrupted_run_lets_finish_what_is_under_way_and_is_gone_on_with(file: Path) -> None:
    fill(file, 500)
    jobs = InterruptedJobs()
    first = submitted(jobs, str(file))
    done = document(first)
    assert (first.exit_code, done["is_complete"]) == (130, False)
    assert 50 <= done["new"] == len(jobs.records) < 100
    again = document(submitted(jobs, str(file)))
    assert (again["new"], again["known_before"]) == (500 - done["new"], done["new"])


def test_an_interrupted_run_says_how_to_go_on(file: Path) -> None:
    fill(file, 500)
    jobs = InterruptedJobs()

    async def opened() -> FakeJobs:
        return jobs

    done = CliRunner().invoke(app, ["submit", "--jsonl", str(file)], obj=opened)
    assert "run the same command again to go on" in done.stdout
    assert "Ctrl-C again" in done.stderr


def test_a_server_that_is_away_for_a_moment_is_waited_for(file: Path) -> None:
    fill(file, 60)
    jobs = AwayJobs()
    jobs.away = range(30, 33)
    done = submitted(jobs, str(file))
    assert (done.exit_code, document(done)["new"], jobs.submits) == (0, 60, 63)
    assert done.stderr.count("tried again") == 1


def test_a_server_that_stays_away_ends_the_run_with_what_was_submitted(file: Path) -> None:
    fill(file, 60)
    jobs = AwayJobs()
    jobs.away = range(30, 10_000)
    done = submitted(jobs, str(file), "--patience", "1s")
    assert (done.exit_code, document(done)["new"], document(done)["is_complete"]) == (5, 29, False)
    assert done.stderr.endswith("signoff: nobody answered\n")
    assert json.loads(done.stdout)["seconds"] >= 0.5  # what it waited for in vain counts as well


def test_what_every_line_would_meet_ends_the_run(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    fill(file, 100)
    jobs.error = SettingsError("the key is not here")
    done = signoff("submit", "--jsonl", str(file), "--json")
    assert (done.exit_code, document(done)["lines"]) == (2, 0)
    assert not file.with_name("requests.refused.jsonl").exists()


def test_standard_input_is_read_as_it_comes(signoff: Signoff, jobs: FakeJobs, file: Path) -> None:
    refused = file.with_name("wrong.jsonl")
    done = signoff("submit", "--jsonl", "-", "--refused", str(refused), stdin=f"{a_line(1)}\nno\n{a_line(2)}")
    assert (done.exit_code, len(jobs.records)) == (2, 2)
    assert json.loads(refused.read_text())["line"] == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--jsonl", "--job-id", "brief-1"], "--job-id names one job"),
        (["--jsonl", "--patience", "soon"], "--patience: 'soon' is not a duration"),
        (["--jsonl", "--refused", "requests.jsonl"], "that is the file of requests itself"),
        (["--jsonl", "--refused", "no/such/folder/refused.jsonl"], "refused.jsonl can't be written"),
        (["--refused", "refused.jsonl"], "add --jsonl"),
    ],
)
def test_what_can_not_be_asked_is_told(
    signoff: Signoff, file: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.chdir(file.parent)
    file.write_text("no request\n")
    done = signoff("submit", file.name, *options)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cant_be_read_is_named(signoff: Signoff, tmp_path: Path, name: str) -> None:
    done = signoff("submit", "--jsonl", str(tmp_path / name))
    assert done.exit_code == 2
    assert f"{tmp_path / name} can't be read" in done.stderr
