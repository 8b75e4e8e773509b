"""`signoff amend`: options become one merge patch, and what can't be meant is refused with the option's name."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from signoff.domain.failures import FailureClass, Stage, failure_at
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

TOO_LONG = failure_at(Stage.CREATE, FailureClass.MALFORMED_INPUT, "too long", START, code="context_length_exceeded")
WHY = ["--reason", "the brief was cut off"]


@pytest.fixture(autouse=True)
def _stopped(jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", TOO_LONG)


def test_an_amended_job_makes_a_new_attempt_and_keeps_what_changed(signoff: Signoff, jobs: FakeJobs) -> None:
    done = signoff(
        "amend", "brief-1", "--set", "max_output_tokens=8000", "--unset", "temperature", *WHY, "--as", "olga"
    )
    assert done.exit_code == 0
    assert done.stdout.startswith("brief-1 is amended by olga; it is queued\n  a new attempt is made, which is paid")
    assert jobs.requests["brief-1"].response == {"model": "m", "max_output_tokens": 8000}
    shown = signoff("show", "brief-1").stdout
    assert 'amend by olga after attempt 1 "the brief was cut off"\n' in shown
    assert "max_output_tokens: not set -> 8000\n" in shown
    assert "temperature: 0.5 -> removed\n" in shown


@pytest.mark.parametrize(
    ("options", "patch"),
    [
        (["--set", "max_output_tokens=8000"], {"max_output_tokens": 8000}),
        (["--set", "input=a text"], {"input": "a text"}),
        (["--set", 'user="8000"'], {"user": "8000"}),
        (["--set", "user="], {"user": ""}),
        (["--set", "input=a=b"], {"input": "a=b"}),
        (["--set", "store_it=true", "--set", "n=1.5"], {"store_it": True, "n": 1.5}),
        (["--set", 'tools=[{"type": "web_search"}]'], {"tools": [{"type": "web_search"}]}),
        (
            ["--set", "reasoning.effort=low", "--set", "reasoning.summary=auto"],
            {"reasoning": {"effort": "low", "summary": "auto"}},
        ),
        (["--unset", "temperature", "--unset", "text.format"], {"temperature": None, "text": {"format": None}}),
        (["--response", '{"input": "x", "tools": null}'], {"input": "x", "tools": None}),
        (["--response", '{"input": "x"}', "--set", "user=ann"], {"input": "x", "user": "ann"}),
    ],
)
def test_options_become_one_merge_patch(
    signoff: Signoff, jobs: FakeJobs, options: list[str], patch: dict[str, Any]
) -> None:
    signoff("amend", "brief-1", *options, *WHY)
    assert jobs.repairs[0].response == patch


def test_changes_are_read_from_a_file_or_from_standard_input(signoff: Signoff, jobs: FakeJobs, tmp_path: Path) -> None:
    (tmp_path / "changes.json").write_text('{"input": "from a file"}')
    signoff("amend", "brief-1", "--file", str(tmp_path / "changes.json"), *WHY)
    jobs.add_stopped("brief-1", TOO_LONG)
    signoff("amend", "brief-1", "--file", "-", *WHY, stdin=json.dumps({"input": "piped"}))
    assert [repair.response for repair in jobs.repairs] == [{"input": "from a file"}, {"input": "piped"}]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "for example --set max_output_tokens=8000"),
        (["--response", "{}"], "nothing would change"),
        (["--response", "{'a': 1}"], "--response is not JSON: "),
        (["--response", "[1]"], "--response must hold one JSON object, the parameters to change"),
        (["--response", '{"a": NaN}'], "--response is not JSON: NaN"),
        (["--response", '{"a": 1}', "--file", "-"], "--response and --file"),
        (["--file", "missing.json"], "missing.json can't be read"),
        (["--set", "max_output_tokens"], "--set max_output_tokens: must be NAME=VALUE"),
        (["--set", "=8000"], "--set : names a parameter"),
        (["--set", "reasoning..effort=low"], "--set reasoning..effort: names a parameter"),
        (["--set", "temperature=null"], "use --unset temperature"),
        (["--set", "a=1", "--set", "a=2"], "--set a: a is named twice"),
        (["--set", "a=1", "--unset", "a"], "--unset a: a is named twice"),
        (["--set", "a=1", "--set", "a.b=2"], "--set a.b: a is given as a whole as well"),
        (["--set", "a.b=2", "--unset", "a"], "--unset a: parts of a are given as well"),
        (["--set", "seed=1e999"], "can't be sent"),
        (["--response", '{"a": "\\ud800"}'], "can't be sent"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_option(
    signoff: Signoff, jobs: FakeJobs, options: list[str], told: str
) -> None:
    done = signoff("amend", "brief-1", *options, *WHY)
    assert (done.exit_code, done.stdout, jobs.repairs) == (2, "", [])
    assert told in done.stderr


def test_an_amendment_needs_a_reason(signoff: Signoff, jobs: FakeJobs) -> None:
    done = signoff("amend", "brief-1", "--set", "max_output_tokens=8000")
    assert (done.exit_code, jobs.repairs) == (2, [])
    assert "--reason" in done.stderr


def test_a_parameter_that_is_the_products_own_is_refused_with_4(signoff: Signoff, jobs: FakeJobs) -> None:
    done = signoff("amend", "brief-1", "--set", "store=false", *WHY)
    assert done.exit_code == 4
    assert "response.store" in done.stderr
    assert jobs.records["brief-1"].status == "needs_attention"


def test_a_deadline_alone_is_an_amendment(signoff: Signoff, jobs: FakeJobs) -> None:
    done = signoff("amend", "brief-1", "--deadline", "PT4H", *WHY)
    assert done.exit_code == 0
    assert (jobs.repairs[-1].deadline, jobs.repairs[-1].response) == (timedelta(hours=4), {})


def test_a_deadline_that_is_none_is_refused_with_its_option(signoff: Signoff, jobs: FakeJobs) -> None:
    done = signoff("amend", "brief-1", "--deadline", "four hours", *WHY)
    assert (done.exit_code, jobs.repairs) == (2, [])
    assert "--deadline: " in done.stderr
