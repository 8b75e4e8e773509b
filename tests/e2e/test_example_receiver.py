"""The example receiver as a process: it takes what is genuine, each of it once."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from signoff.adapters.http import HttpChannel
from signoff.adapters.secrets import DeliverySecrets
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.delivery import Http, HttpContent, Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.ports import Parcel

ROOT = Path(__file__).parents[2]
SECRET = "whsec_" + "e" * 40
OTHER = "whsec_" + "f" * 40
AT_ONCE = 8


def command(folder: Path) -> list[str]:
    receiver = str(ROOT / "examples" / "receiver" / "receiver.py")
    return [sys.executable, receiver, "--port", "0", "--database", str(folder / "receiver.db")]


def environment(secrets: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "RECEIVER_SECRETS": secrets}


@contextmanager
def receiving(folder: Path, secrets: str = SECRET) -> Iterator[str]:
    """Run the receiver until it is killed at the end of the block; gives its URL."""
    with subprocess.Popen(command(folder), env=environment(secrets), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()


@asynccontextmanager
async def channel(url: str, secret: str = SECRET) -> AsyncIterator[HttpChannel]:
    host = url.removeprefix("http://").partition("/")[0]
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield HttpChannel(client, [host], DeliverySecrets.parse([SecretStr(f"reports={secret}")]))


def parcel(url: str, text: str = "Ebbe & Flut", content: HttpContent = HttpContent.DELIVERABLE) -> Parcel:
    data = Deliverable(job_id="report-1", attempt=1, text=text).canonical()
    where = Http(url=url, signing_secret="reports", content=content)
    return Parcel(job_id="report-1", digest=digest_of(data), data=data, destination=where)


async def deliver(url: str, secret: str = SECRET) -> Receipt:
    async with channel(url, secret) as sending:
        return await sending.deliver(parcel(url))


def taken(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "receiver.db")) as database:
        return [text for (text,) in database.execute("SELECT text FROM results ORDER BY number")]


def shown(folder: Path, job_id: str) -> str:
    asked = [*command(folder), "--show", job_id]
    return subprocess.run(asked, env=environment(""), capture_output=True, text=True, timeout=20, check=True).stdout


async def test_repeats_at_once_and_after_a_crash_are_one_effect(tmp_path: Path) -> None:
    with receiving(tmp_path) as url:
        receipts = await asyncio.gather(*(deliver(url) for _ in range(AT_ONCE)))
        assert {receipt.reference for receipt in receipts} == {"/results/report-1"}
        assert taken(tmp_path) == ["Ebbe & Flut"]
    with receiving(tmp_path) as url:
        await deliver(url)
        async with channel(url) as sending:
            await sending.deliver(parcel(url, "another text"))
    assert taken(tmp_path) == ["Ebbe & Flut", "another text"]
    assert shown(tmp_path, "report-1") == "Ebbe & Flut\nanother text\n"
    assert shown(tmp_path, "report-2") == "nothing was taken from report-2\n"


async def test_the_text_alone_is_taken_as_well(tmp_path: Path) -> None:
    with receiving(tmp_path) as url:
        async with channel(url) as sending:
            await sending.deliver(parcel(url, content=HttpContent.TEXT))
    assert taken(tmp_path) == ["Ebbe & Flut"]


async def test_what_somebody_else_signed_is_refused_without_effect(tmp_path: Path) -> None:
    with receiving(tmp_path, secrets=SECRET) as url:
        with pytest.raises(FaultError, match="HTTP 400") as raised:
            await deliver(url, OTHER)
        assert "not genuine" in raised.value.seen.evidence
        assert classify(raised.value.seen) is FailureClass.MALFORMED_INPUT
    assert taken(tmp_path) == []


async def test_either_secret_counts_while_one_replaces_the_other(tmp_path: Path) -> None:
    with receiving(tmp_path, secrets=f"{SECRET},{OTHER}") as url:
        await deliver(url, OTHER)
        await deliver(url)
    assert taken(tmp_path) == ["Ebbe & Flut"]


async def test_a_database_that_is_held_by_somebody_has_the_delivery_repeated(tmp_path: Path) -> None:
    with receiving(tmp_path) as url, closing(sqlite3.connect(tmp_path / "receiver.db")) as held:
        held.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FaultError, match="HTTP 503") as raised:
            await deliver(url)
        assert classify(raised.value.seen) is FailureClass.TRANSIENT
        held.rollback()
        await deliver(url)
    assert taken(tmp_path) == ["Ebbe & Flut"]


@pytest.mark.parametrize("secrets", ["", "whsec_YWJj"])
def test_without_a_good_secret_it_does_not_start(tmp_path: Path, secrets: str) -> None:
    ended = subprocess.run(
        command(tmp_path), env=environment(secrets), capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("RECEIVER_SECRETS: ")


@pytest.mark.parametrize("head", ["POST /results HTTP/1.1", "POST /elsewhere HTTP/1.1\r\ncontent-length: 2"])
async def test_what_is_no_delivery_at_all_is_refused(tmp_path: Path, head: str) -> None:
    with receiving(tmp_path) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(url).port)
        writer.write(f"{head}\r\n\r\n".encode())
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 10)
        writer.close()
