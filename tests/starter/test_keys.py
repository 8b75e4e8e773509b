"""`signoff keys`: making keys, listing who lies under which, and changing over to another one."""

import asyncio
import json
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.adapters.rotation import Tally, Turn
from signoff.client import JobClient
from signoff.domain.job import parse_request
from signoff.encryption import KeyRing, new_entry
from signoff.temporal import data_converter
from starter import key_report, rotating
from starter.key_use import Histories, KeyUse, histories_of
from starter.rotating import Rotated
from tests.starter.conftest import Signoff
from tests.starter.processes import OURS

OLD, NEW, OTHER = new_entry("old"), new_entry("new"), new_entry("other")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name an archive, two keys, and a Temporal server that is not there."""
    for name in [name for name in os.environ if name.upper().startswith(OURS)]:
        monkeypatch.delenv(name)
    (tmp_path / "profiles.toml").touch()
    environ = {
        "TEMPORAL_ADDRESS": "127.0.0.1:9",
        "TEMPORAL_CONFIG_FILE": str(tmp_path / "profiles.toml"),
        "SIGNOFF_STATE_DIR": str(tmp_path),
        "SIGNOFF_ENCRYPTION_KEYS": f"{NEW},{OLD}",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def written(folder: Path, *keys: str, path: str = "jobs/a/record.json") -> None:
    archive = EncryptedArchive(open_archive(f"file:{folder / 'archive'}"), KeyRing.parse(list(keys)))
    asyncio.run(archive.put(path, b"{}"))


def knows(monkeypatch: pytest.MonkeyPatch, **uses: KeyUse) -> None:
    """Have Temporal tell this of the histories."""

    async def read(histories: Histories) -> None:
        histories.uses, histories.read = uses, 7

    monkeypatch.setattr(rotating, "_read", read)


def test_a_new_key_is_an_entry_alone_on_standard_output(signoff: Signoff) -> None:
    made = signoff("keys", "new", "2026-11")
    assert KeyRing.parse([made.stdout.strip()]).ids == ("2026-11",)
    assert "store of secrets" in made.stderr
    assert signoff("keys", "new", "2026-11").stdout != made.stdout
    assert KeyRing.parse([json.loads(signoff("keys", "new", "k", "--json").stdout)["entry"]]).ids == ("k",)


def test_what_is_no_id_of_a_key_is_refused(signoff: Signoff) -> None:
    refused = signoff("keys", "new", "Not an id")
    assert (refused.exit_code, "1 to 32 of a-z" in refused.stderr) == (2, True)


def test_a_list_says_which_key_encrypts_and_shows_none(signoff: Signoff) -> None:
    shown = signoff("keys", "list").stdout
    assert [line.split(maxsplit=1) for line in shown.splitlines()[1:]] == [
        ["new", "encrypts and decrypts"],
        ["old", "decrypts"],
    ]
    assert not any(entry.partition("=")[2] in shown for entry in (NEW, OLD))


def test_a_list_counts_the_archive_also_under_keys_that_are_missing(signoff: Signoff, tmp_path: Path) -> None:
    for number, keys in enumerate([(), (OLD,), (OLD,), (OTHER,)]):
        written(tmp_path, *keys, path=f"jobs/{number}/record.json")
    lines = {line.split()[0]: line for line in signoff("keys", "list", "--archive").stdout.splitlines()[1:]}
    assert {name: line.split()[-1] for name, line in lines.items()} == {"new": "0", "old": "2", "other": "1", "-": "1"}
    assert "missing here" in lines["other"]
    document = json.loads(signoff("keys", "list", "--archive", "--json").stdout)
    assert document["archive"] == {"plain": 1, "by_key": {"old": 2, "other": 1}, "unreadable": []}


def test_a_dry_run_says_what_would_be_done(signoff: Signoff, tmp_path: Path) -> None:
    written(tmp_path, OLD)
    shown = signoff("keys", "rotate", "--dry-run")
    assert (shown.exit_code, "1 object would be re-encrypted under new" in shown.stdout) == (0, True)
    assert "old is needed: 1 object" in shown.stdout
    assert (tmp_path / "archive/jobs/a/record.json").read_bytes().startswith(b"signoff-encrypted-1 old\n")


def test_a_key_that_nothing_needs_may_go(signoff: Signoff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    knows(monkeypatch)
    written(tmp_path, OLD)
    assert "old may be removed" in signoff("keys", "rotate").stdout
    document = json.loads(signoff("keys", "rotate", "--json").stdout)
    assert document["objects"] == {"current": 1, "reencrypted": 0, "changing": 0, "gone": 0, "unreadable": 0}
    assert [(key["id"], key["may_be_removed"]) for key in document["keys"]] == [("new", False), ("old", True)]


def test_a_key_that_histories_need_stays_with_the_oldest_open_job_and_the_end(
    signoff: Signoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = KeyUse(2, "brief-1", NOON, 3, NOON + timedelta(days=30))
    knows(monkeypatch, old=use)
    shown = signoff("keys", "rotate").stdout
    assert "old is needed: 2 open jobs (the oldest is brief-1 of 2026-11-25 12:00:00 UTC)" in shown
    assert "3 closed jobs, which Temporal keeps until 2026-12-25 12:00:00 UTC" in shown


def test_where_temporal_does_not_answer_the_archive_is_done_and_no_key_called_needless(
    signoff: Signoff, tmp_path: Path
) -> None:
    written(tmp_path, OLD)
    done = signoff("keys", "rotate")
    assert done.exit_code == 0
    assert "1 object re-encrypted under new" in done.stdout
    assert "nothing is known of the histories" in done.stdout
    assert "old may be needed" in done.stdout


def test_what_can_not_be_read_is_listed_and_the_exit_code_says_so(
    signoff: Signoff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knows(monkeypatch)
    written(tmp_path, OTHER)
    done = signoff("keys", "rotate")
    assert done.exit_code == 1
    assert "jobs/a/record.json" in done.stdout
    assert "the key other, which SIGNOFF_ENCRYPTION_KEYS lacks" in done.stdout
    assert "old may be needed" in done.stdout


def test_without_a_key_there_is_nothing_to_change_over_to(signoff: Signoff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_ENCRYPTION_KEYS", "")
    refused = signoff("keys", "rotate")
    assert (refused.exit_code, "signoff keys new" in refused.stderr) == (2, True)
    assert "nothing is encrypted" in signoff("keys", "list").stdout


@pytest.mark.parametrize(
    ("changed", "may_go"),
    [
        ({}, True),
        ({"silence": "no answer"}, None),
        ({"histories": Histories(are_all=False)}, None),
        ({"histories": Histories({"old": KeyUse(open_jobs=1, oldest_opened_at=NOON)})}, False),
        ({"histories": Histories({"old": KeyUse(closed_jobs=1, needed_until=NOON)})}, False),
        ({"tally": Tally(turns=Counter({Turn.CHANGING: 1}))}, None),
    ],
)
def test_a_key_is_called_needless_only_where_everything_is_known(changed: dict[str, Any], may_go: bool | None) -> None:  # noqa: FBT001
    done = replace(Rotated(KeyRing.parse([NEW, OLD]), is_dry=False), **changed)
    assert [one.may_go for one in key_report.verdicts(done)] == [False, may_go]


def test_the_use_of_a_key_ends_with_the_retention_of_the_last_job() -> None:
    use = KeyUse()
    for hours, closed in ((3, NOON), (1, None), (2, None), (4, NOON - timedelta(hours=1))):
        status = WorkflowExecutionStatus.COMPLETED if closed else WorkflowExecutionStatus.RUNNING
        job = SimpleNamespace(
            id=f"job-{hours}", start_time=NOON - timedelta(hours=5 - hours), close_time=closed, status=status
        )
        use.add(job, timedelta(days=1))  # type: ignore[arg-type] # the fields that count
    assert (use.open_jobs, use.oldest_open, use.closed_jobs) == (2, "job-1", 2)
    assert use.needed_until == NOON + timedelta(days=1)


async def test_histories_tell_their_keys_to_whoever_has_none(real_env: WorkflowEnvironment) -> None:
    for job_id, *keys in (("plain",), ("a-1", OLD), ("a-2", OLD), ("b", NEW, OLD)):
        config = real_env.client.config() | {"data_converter": data_converter(KeyRing.parse(keys))}
        jobs = JobClient(Client(**config), open_archive("memory:"))
        request = {"requester": "a", "response": {"model": "m", "input": "signoff-key-id\x12\x03xyz"}, "job_id": job_id}
        await jobs.submit(parse_request(request))
    async with asyncio.timeout(20):
        while await counted(real_env) < 4:  # noqa: ASYNC110  the index is behind for a moment
            await asyncio.sleep(0.05)
    histories = Histories()
    await histories_of(real_env.client, histories)
    assert {key_id: (use.open_jobs, use.oldest_open) for key_id, use in histories.uses.items()} == {
        "old": (2, "a-1"),
        "new": (1, "b"),
    }
    assert (histories.read, histories.are_all) == (4, True)
    few = Histories()
    await histories_of(real_env.client, few, limit=2)
    assert (few.read, few.are_all) == (2, False)


async def counted(env: WorkflowEnvironment) -> int:
    return (await env.client.count_workflows()).count
