"""`signoff doctor`: what is well, what is not, and that no illness stops it."""

import asyncio
import base64
import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.domain import names
from signoff.encryption import KeyRing, new_entry
from signoff.settings import Settings
from starter.checks.check import Check, State, bounded, ok
from starter.checks.keys import encryption
from starter.checks.provider import ahead
from starter.examining import examined, is_healthy
from starter.sockets import free_ports
from tests.adapters.wire import answering, serving
from tests.contract.buckets import a_bucket, name_endpoint, serving_buckets
from tests.starter.conftest import Signoff
from tests.starter.openai_process import simulating
from tests.starter.processes import OURS
from tests.world import a_world, start_dev_server

# Apprise loads its parts when they are first needed, and one of them asks for a module that Python is to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def openai_url() -> Iterator[str]:
    with simulating() as url:
        yield url


@pytest.fixture(autouse=True)
def _alone(openai_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name a simulator, a state directory, and a Temporal server and a gateway that are not there."""
    for name in [name for name in os.environ if name.upper().startswith(OURS)]:
        monkeypatch.delenv(name)
    temporal, gateway = free_ports(2)
    (tmp_path / "profiles.toml").touch()
    environ = {
        "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}",
        "TEMPORAL_CONFIG_FILE": str(tmp_path / "profiles.toml"),
        "SIGNOFF_STATE_DIR": str(tmp_path / "state"),
        "SIGNOFF_GATEWAY_PORT": str(gateway),
        "OPENAI_API_KEY": "sk-a-key-of-mine",
        "OPENAI_BASE_URL": openai_url,
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


async def found() -> dict[str, Check]:
    return {check.name: check for check in await examined()}


def name_server(env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)


async def test_a_deployment_that_works_is_healthy(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNOFF_ENCRYPTION_KEYS", new_entry("k1"))
    name_server(real_env, monkeypatch)
    async with a_world(real_env), asyncio.timeout(30):
        checks = await examined()
        while not is_healthy(checks):  # the worker's first poll may be under way
            checks = await examined()
    assert [check for check in checks if check.state is not State.OK] == []
    assert len(checks) == 15


async def test_without_a_worker_nobody_works(real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    name_server(real_env, monkeypatch)
    workers = (await found())["workers"]
    assert workers.state is State.PROBLEM
    assert names.LOOK_TASK_QUEUE in workers.told
    assert "start a worker" in workers.advice


async def test_missing_search_attributes_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with await start_dev_server(list(names.SEARCH_ATTRIBUTES)[1:]) as env:
        name_server(env, monkeypatch)
        attributes = (await found())["search attributes"]
    assert (attributes.state, attributes.advice) == (State.PROBLEM, "signoff setup")
    assert attributes.told == "default lacks JobStatus"


async def test_a_namespace_that_is_not_there_is_named(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_server(real_env, monkeypatch)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    checks = await found()
    assert checks["temporal"].state is State.PROBLEM
    assert "has no namespace elsewhere" in checks["temporal"].told


async def test_a_server_without_standalone_activities_is_a_problem_where_webhooks_are_on(
    env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_server(env, monkeypatch)
    assert (await found())["standalone activities"].state is State.WARNING
    monkeypatch.setenv("SIGNOFF_WEBHOOKS", "true")
    assert (await found())["standalone activities"].state is State.PROBLEM


@pytest.mark.parametrize(
    ("variable", "value", "name", "state", "told"),
    [
        ("SIGNOFF_WEBHOKS", "true", "settings", State.PROBLEM, "did you mean SIGNOFF_WEBHOOKS?"),
        ("SIGNOFF_GATEWAY_PORT", "many", "settings", State.PROBLEM, "SIGNOFF_GATEWAY_PORT"),
        ("SIGNOFF_POLICY_FILE", "/nowhere/policy.toml", "policy", State.PROBLEM, "/nowhere/policy.toml"),
        ("SIGNOFF_ARCHIVE_URL", "file:/dev/null/archive", "archive", State.PROBLEM, "file:/dev/null/archive"),
        ("SIGNOFF_ARCHIVE_URL", "memory:", "archive", State.WARNING, "lost"),
        ("SIGNOFF_WEBHOOK_SECRETS", "whsec_c2hvcnQ=", "webhook secrets", State.PROBLEM, "decodes to 5 bytes"),
        ("SIGNOFF_WEBHOOK_SECRETS", ",".join([SECRET] * 3), "webhook secrets", State.PROBLEM, "two are the most"),
        ("SIGNOFF_WEBHOOK_SECRETS", SECRET, "webhook secrets", State.WARNING, "SIGNOFF_WEBHOOKS is off"),
        ("SIGNOFF_WEBHOOKS", "true", "webhook secrets", State.WARNING, "there is no secret"),
        ("SIGNOFF_WEBHOOKS", "true", "webhook endpoints", State.WARNING, "none is registered"),
        ("SIGNOFF_WEBHOOKS", "true", "gateway", State.WARNING, "nothing answers at"),
        ("SIGNOFF_NOTIFY_URLS", "json://127.0.0.1:9 nosuch://me", "notices", State.PROBLEM, "address 2 can't be used"),
        ("SIGNOFF_NOTIFY_FILE", "/nowhere/notify.yml", "notices", State.PROBLEM, "/nowhere/notify.yml can't be read"),
        ("SIGNOFF_NOTIFY_URLS", "json://127.0.0.1:9", "notices", State.WARNING, "they have no links"),
        ("OPENAI_API_KEY", "", "openai key", State.PROBLEM, "OPENAI_API_KEY is not set"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", "openai key", State.PROBLEM, "no answer from OpenAI"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", "clock", State.WARNING, "not compared"),
        ("TEMPORAL_ADDRESS", "nonsense", "temporal", State.PROBLEM, "nonsense"),
    ],
)
async def test_what_is_wrong_is_found_and_told(  # noqa: PLR0913, PLR0917  the columns of the table
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str, state: State, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    check = (await found())[name]
    assert check.state is state
    assert told in check.told
    assert check.advice


@pytest.mark.parametrize(
    ("status", "state", "told"),
    [
        (401, State.PROBLEM, "refuses the key"),
        (403, State.WARNING, "answers 403"),
        (404, State.OK, "accepted by"),
        (429, State.WARNING, "answers 429"),
        (500, State.PROBLEM, "answers 500"),
    ],
)
async def test_the_key_is_judged_by_the_answer(
    monkeypatch: pytest.MonkeyPatch, status: int, state: State, told: str
) -> None:
    async with serving(answering(status, b"{}")) as wire:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.url}/v1")
        key = (await found())["openai key"]
    assert key.state is state
    assert f"{wire.url}/v1/" in key.told
    assert told in key.told


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (0, State.OK),
        (20, State.OK),
        (-60, State.WARNING),
        (60, State.WARNING),
        (-400, State.PROBLEM),
        (400, State.PROBLEM),
    ],
)
async def test_a_clock_that_is_off_is_found(monkeypatch: pytest.MonkeyPatch, seconds: int, state: State) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    async with serving(answering(404, b"{}", date=date)) as wire:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.url}/v1")
        assert (await found())["clock"].state is state


@pytest.mark.parametrize(
    ("at", "seconds"),
    [(-2.0, -1.0), (-0.9, 0.0), (1.0, 0.0), (3.0, 1.0)],
)
def test_whole_seconds_and_the_time_of_the_call_are_no_skew(at: float, seconds: float) -> None:
    """The call took from noon until two seconds later."""
    told = ahead(NOON + timedelta(seconds=at), NOON, NOON + timedelta(seconds=2))
    assert told.total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"status": "ok", "webhooks": True}, State.OK),
        (200, {"status": "ok", "webhooks": False}, State.WARNING),
        (200, {"hello": "world"}, State.PROBLEM),
        (200, ["ok"], State.PROBLEM),
        (503, {"status": "ill"}, State.PROBLEM),
    ],
)
async def test_the_gateway_is_judged_by_its_health(
    monkeypatch: pytest.MonkeyPatch, status: int, body: object, state: State
) -> None:
    monkeypatch.setenv("SIGNOFF_WEBHOOKS", "true")
    async with serving(answering(status, json.dumps(body).encode())) as wire:
        monkeypatch.setenv("SIGNOFF_GATEWAY_PORT", wire.url.rpartition(":")[2])
        assert (await found())["gateway"].state is state


@pytest.mark.parametrize(("mode", "state"), [(0o600, State.OK), (0o644, State.PROBLEM), (0o660, State.PROBLEM)])
async def test_tokens_that_others_may_read_are_a_problem(tmp_path: Path, mode: int, state: State) -> None:
    file = tmp_path / "state" / "tokens.json"
    file.parent.mkdir()
    file.write_text("{}")
    file.chmod(mode)
    assert (await found())["tokens"].state is state
    assert stat.S_IMODE(file.stat().st_mode) == mode


async def test_a_check_that_hangs_is_a_problem_after_its_bound() -> None:
    async def hanging() -> Check:
        await asyncio.Event().wait()
        return ok("slow", "never")

    check = await bounded("slow", hanging(), timedelta(milliseconds=10))
    assert (check.state, check.told) == (State.PROBLEM, "no answer within 0.01 s")


async def test_a_check_that_breaks_is_a_problem_and_no_traceback() -> None:
    async def broken() -> Check:
        raise KeyError("a bug")

    assert (await bounded("odd", broken())).told == "KeyError: 'a bug'"


def test_with_everything_down_it_ends_with_1_and_says_so(signoff: Signoff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("SIGNOFF_WEBHOOK_SECRETS", SECRET)
    done = signoff("doctor", "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["is_healthy"]) == (1, False)
    assert all(set(check) == {"name", "state", "told", "advice"} for check in document["checks"])
    assert not any(secret in done.stdout for secret in ("sk-a-key-of-mine", SECRET))


def test_each_check_is_one_line(signoff: Signoff) -> None:
    done = signoff("doctor")
    assert len(done.stdout.splitlines()) == 15
    assert "problem" in done.stdout
    assert done.stderr == ""


def test_warnings_are_healthy() -> None:
    assert is_healthy([Check("one", State.WARNING, "told", "advice")])
    assert not is_healthy([Check("one", State.PROBLEM, "told", "advice")])


async def test_the_archive_is_tried_and_nothing_of_that_stays(tmp_path: Path) -> None:
    check = (await found())["archive"]
    assert (check.state, "and removed again" in check.told) == (State.OK, True)
    assert [path for path in (tmp_path / "state/archive").rglob("*") if path.is_file()] == []


async def test_a_bucket_is_tried_and_one_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_buckets() as endpoint:
        name_endpoint(monkeypatch, endpoint)
        monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", f"s3://{a_bucket(endpoint)}/prefix")
        assert (await found())["archive"].state is State.OK
        monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", "s3://not-there/prefix")
        check = (await found())["archive"]
    assert (check.state, "there is no such bucket" in check.told) == (State.PROBLEM, True)


@pytest.mark.parametrize(
    ("keys", "written_with", "state", "told"),
    [
        ("", [""], State.WARNING, "in the clear"),
        ("NEW", ["NEW"], State.OK, "new encrypts; 1 object of the archive read with them"),
        ("NEW,OLD", ["NEW", "OLD"], State.OK, "new encrypts, old only decrypt"),
        ("NEW", ["", "NEW"], State.WARNING, "1 of 2 objects of the archive are not encrypted"),
        ("NEW", ["OLD", "NEW"], State.PROBLEM, "1 of 2 objects can't be read"),
        ("", ["OLD"], State.PROBLEM, "the key old, which SIGNOFF_ENCRYPTION_KEYS lacks"),
        ("new=short", [""], State.PROBLEM, "the key of new is no base64"),
    ],
)
async def test_the_keys_are_tried_on_a_sample_of_the_archive(
    keys: str, written_with: list[str], state: State, told: str, tmp_path: Path
) -> None:
    entries = {"NEW": new_entry("new"), "OLD": new_entry("old")}
    archive = open_archive(f"file:{tmp_path / 'state' / 'archive'}")
    for number, name in enumerate(written_with):
        ring = KeyRing.parse([entries[name]] if name else [])
        await EncryptedArchive(archive, ring).put(f"jobs/{number}/record.json", b"{}")
    given = tuple(SecretStr(entries.get(name, name)) for name in keys.split(",") if name)
    found = await encryption(Settings(state_dir=tmp_path / "state", encryption_keys=given))
    assert (found.state, told in found.told) == (state, True), found
    assert bool(found.advice) == (state is not State.OK)
