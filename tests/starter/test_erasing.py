"""`erase` and `upkeep`: what they ask for, what they tell, how they end."""

import json
from datetime import timedelta

import pytest

from signoff.domain.erasure import Copy, ErasureAnswer, Fate
from signoff.domain.removal import Kind, Removal
from signoff.domain.retention import Swept
from signoff.domain.upkeep import UpkeepReport
from signoff.upkeep import UpkeepStatus
from starter.removing import erasure_lines, report_lines, status_document, status_lines
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

ERASE = ("erase", "brief-1", "--reason", "request 4711", "--as", "olga")


def test_a_closed_job_is_erased_and_shown_as_that(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1", text="a secret")
    done = signoff(*ERASE, "--keep-history", "--keep-upstream")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "brief-1 is erased"
    assert "  Temporal     kept, as was asked for" in lines
    assert "  OpenAI       resp_1 kept, as was asked for" in lines
    shown = signoff("show", "brief-1")
    assert "erased by olga at 2026-05-01 12:00 UTC: request 4711" in shown.stdout
    assert "brief-1: (erased)" in shown.stdout
    assert "signoff result" not in shown.stdout


def test_why_is_needed(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1")
    for options in ((), ("--reason", " ")):
        done = signoff("erase", "brief-1", *options)
        assert (done.exit_code, done.stderr) == (2, "signoff: erasing needs --reason: say why\n")
    assert not jobs.tombstones


def test_an_open_job_is_refused(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    done = signoff(*ERASE)
    assert (done.exit_code, done.stdout) == (4, "")
    assert "only closed jobs can be erased" in done.stderr


def test_one_that_is_not_done_yet_has_an_exit_code_of_its_own_and_is_asked_again(
    signoff: Signoff, jobs: FakeJobs
) -> None:
    jobs.add_completed("brief-1")
    jobs.has_worker = False
    done = signoff(*ERASE)
    assert done.exit_code == 6
    assert "this goes on by itself" in done.stdout
    assert "erase brief-1 --reason 'request 4711' --as olga" in done.stdout
    told = json.loads(signoff(*ERASE, "--json").stdout)
    assert (told["is_done"], told["history"]["fate"]) == (False, "pending")


def test_what_could_not_be_removed_is_told_with_the_reason_and_what_to_type() -> None:
    answer = ErasureAnswer(
        job_id="brief-1",
        at=START,
        by="olga",
        reason="asked for",
        is_done=True,
        objects=3,
        history=Copy(of="history", fate=Fate.REFUSED, note="no permission"),
    )
    lines = list(erasure_lines(answer, "signoff erase brief-1"))
    assert "  Temporal     NOT removed: no permission" in lines
    assert lines[-3:] == [
        "next, once that is mended, type",
        "  signoff erase brief-1",
        "    removes what could not be removed",
    ]


def test_what_retention_removed_is_part_of_the_story(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_completed("brief-1")
    removal = Removal(kind=Kind.RESPONSE, at=START, objects=2)
    jobs.records["brief-1"] = jobs.records["brief-1"].model_copy(update={"removed": (removal,)})
    assert "response removed by retention on 2026-05-01" in signoff("show", "brief-1").stdout


SWEPT = Swept(jobs=10, changed=2, removed={Kind.DRAFT: 3}, after="job-9", is_complete=True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "looked at 10 jobs; 3 objects of 2 jobs removed"),
        ({"is_dry_run": True}, "looked at 10 jobs; 3 objects of 2 jobs would be removed, since this was a dry run"),
        ({"is_complete": False}, "it came to job-9; the next run of the schedule goes on there"),
        ({"unreadable": 1}, "1 record that can't be relied on; nothing of them went"),
    ],
)
def test_a_run_tells_what_it_did(changes: dict[str, object], told: str) -> None:
    report = UpkeepReport(swept=SWEPT.model_copy(update=changes))
    assert told in "\n".join(report_lines(report))


def test_the_status_tells_when_the_next_run_is_due_and_what_the_last_one_did() -> None:
    status = UpkeepStatus(
        is_scheduled=True, next_at=START + timedelta(hours=15), last_at=START, last=UpkeepReport(swept=SWEPT)
    )
    lines = "\n".join(status_lines(status))
    assert "scheduled daily; next run at 2026-05-02 03:00:00 UTC" in lines
    assert "3 objects of 2 jobs removed" in lines
    assert json.loads(json.dumps(status_document(status)))["last"]["swept"]["removed"] == {"draft": 3}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (UpkeepStatus(is_scheduled=False), "nothing keeps the archive up by itself"),
        (UpkeepStatus(is_scheduled=True, is_paused=True), "paused: no run starts by itself"),
    ],
)
def test_a_schedule_that_does_nothing_is_told(status: UpkeepStatus, told: str) -> None:
    assert next(iter(status_lines(status))) == told


@pytest.mark.parametrize(("answer", "is_erased"), [("y\n", True), ("n\n", False)])
def test_at_a_terminal_it_asks_once_more(
    signoff: Signoff, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch, answer: str, *, is_erased: bool
) -> None:
    jobs.add_completed("brief-1")
    monkeypatch.setattr("starter.erasing.is_at_terminal", lambda: True)
    done = signoff(*ERASE, stdin=answer.encode())
    assert "remove all content of brief-1 for good?" in done.stderr
    assert (done.exit_code == 0, bool(jobs.tombstones)) == (is_erased, is_erased)


def test_whoever_is_sure_is_not_asked(signoff: Signoff, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.add_completed("brief-1")
    monkeypatch.setattr("starter.erasing.is_at_terminal", lambda: True)
    assert signoff(*ERASE, "--yes").exit_code == 0
    assert jobs.tombstones
