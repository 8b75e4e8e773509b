"""What keeps a bucket from being used, and as what it is seen."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from activities.errors import failure_of
from signoff.adapters.archive import NO_BUCKET, NO_CREDENTIALS, ObjectArchive, open_archive, require_usable
from signoff.adapters.stores import open_store
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault
from tests.contract.buckets import NOWHERE, a_bucket, answering_always, name_endpoint, serving_buckets

PATH = "jobs/a/record.json"
URL = "s3://a-bucket/prefix"
Call = Callable[[ObjectArchive], Awaitable[object]]
CALLS: dict[str, Call] = {
    "put": lambda archive: archive.put(PATH, b"{}"),
    "get": lambda archive: archive.get(PATH),
    "delete": lambda archive: archive.delete(PATH),
    "paths": lambda archive: anext(archive.paths(PATH), None),
    "folders": lambda archive: archive.folders(PATH),
}

each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


async def seen(work: Awaitable[object]) -> FaultError:
    with pytest.raises(FaultError) as raised:
        await work
    assert raised.value.seen.stage is Stage.ARCHIVE
    assert PATH in raised.value.seen.message
    assert "\n" not in raised.value.seen.message
    return raised.value


def class_of(fault: FaultError) -> FailureClass:
    return failure_of(fault, datetime.now(UTC)).failure_class


@each_call
async def test_a_bucket_that_is_not_there_is_no_missing_object(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_buckets() as endpoint:
        name_endpoint(monkeypatch, endpoint)
        fault = await seen(call(open_archive(URL)))
        assert await open_archive(f"s3://{a_bucket(endpoint)}").get(PATH) is None
    assert (fault.seen.error_code, class_of(fault)) == (NO_BUCKET, FailureClass.CONFIGURATION)
    assert "create it" in fault.seen.message


@each_call
@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
async def test_denied_access_is_for_an_operator_and_names_the_variables(
    call: Call, monkeypatch: pytest.MonkeyPatch, status: HTTPStatus
) -> None:
    with answering_always(status) as endpoint:
        name_endpoint(monkeypatch, endpoint)
        fault = await seen(call(open_archive(URL)))
    assert class_of(fault) is FailureClass.CONFIGURATION
    assert "AWS_ACCESS_KEY_ID" in fault.seen.message


@each_call
@pytest.mark.parametrize("status", [HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE])
async def test_a_store_that_is_ill_may_recover(call: Call, monkeypatch: pytest.MonkeyPatch, status: HTTPStatus) -> None:
    with answering_always(status) as endpoint:
        name_endpoint(monkeypatch, endpoint)
        assert class_of(await seen(call(open_archive(URL)))) is FailureClass.TRANSIENT


@each_call
async def test_a_store_that_can_not_be_reached_is_given_up_soon(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    name_endpoint(monkeypatch, NOWHERE)
    async with asyncio.timeout(20):
        fault = await seen(call(open_archive(URL)))
    assert (fault.seen.network, class_of(fault)) == (NetworkFault.LOST, FailureClass.TRANSIENT)


@each_call
async def test_a_store_that_takes_calls_and_never_answers_is_a_timeout(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        name_endpoint(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        fault = await seen(call(ObjectArchive(open_store(URL), URL, patience=timedelta(milliseconds=200))))
    assert (fault.seen.network, class_of(fault)) == (NetworkFault.TIMEOUT, FailureClass.TRANSIENT)


@each_call
async def test_without_any_credentials_it_says_that_none_are_set(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    name_endpoint(monkeypatch, NOWHERE)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", NOWHERE)
    fault = await seen(call(open_archive(URL)))
    # The machine's own service may be back in a moment, so a running job goes on trying.
    assert (fault.seen.error_code, class_of(fault)) == (NO_CREDENTIALS, FailureClass.TRANSIENT)
    with pytest.raises(SettingsError, match=r"SIGNOFF_ARCHIVE_URL: .*no credentials are set.*AWS_ACCESS_KEY_ID"):
        await require_usable(open_archive(URL))


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, None])
async def test_a_process_does_not_start_where_only_an_operator_can_help(
    monkeypatch: pytest.MonkeyPatch,
    status: HTTPStatus | None,
) -> None:
    with answering_always(status) if status else serving_buckets() as endpoint:
        name_endpoint(monkeypatch, endpoint)
        with pytest.raises(SettingsError, match="SIGNOFF_ARCHIVE_URL"):
            await require_usable(open_archive(URL))


async def test_a_process_starts_while_the_store_is_away_or_empty(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    name_endpoint(monkeypatch, NOWHERE)
    await require_usable(open_archive(URL))
    await require_usable(open_archive(f"file:{tmp_path}"))


def test_a_worker_ends_on_a_bucket_that_is_not_there_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_buckets() as endpoint:
        name_endpoint(monkeypatch, endpoint)
        monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", URL)
        done = subprocess.run([sys.executable, "-m", "worker"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "SIGNOFF_ARCHIVE_URL: the archive failed" in done.stderr
    assert "there is no such bucket" in done.stderr
    assert len(done.stderr.splitlines()) == 1
