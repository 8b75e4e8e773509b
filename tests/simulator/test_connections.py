"""A simulator process closes connections for real, and the real OpenAI client says what it should."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import Response

from tests.simulator.driving import create_body
from tests.simulator.receiver import SECRET, receiving

BOUND_SECONDS = 30


@dataclass
class Running:
    """A simulator process, and the clients that talk to it."""

    process: asyncio.subprocess.Process
    http: httpx2.AsyncClient
    client: openai.AsyncOpenAI

    async def steer(self, **steering: Any) -> None:
        assert (await self.http.put("/simulator/control", json=steering)).status_code == 200

    async def create(self, timeout: float = BOUND_SECONDS) -> Response:  # noqa: ASYNC109 -- the client's own
        return await self.client.responses.create(model="m", input="x", background=True, timeout=timeout)

    async def end(self) -> tuple[int | None, bytes, bytes]:
        self.process.terminate()
        async with asyncio.timeout(BOUND_SECONDS):
            out, err = await self.process.communicate()
        return self.process.returncode, out, err


async def _start(*options: str) -> tuple[asyncio.subprocess.Process, str]:
    command = [sys.executable, "-m", "signoff.simulator", "--port", "0", *options]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), BOUND_SECONDS)
    found = re.search(r"http://127\.0\.0\.1:[0-9]+", line.decode())
    assert found, line
    return process, found[0]


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    process, url = await _start()
    async with (
        httpx2.AsyncClient(base_url=url, trust_env=False) as http,
        openai.AsyncOpenAI(api_key="any", base_url=f"{url}/v1", max_retries=0) as client,
    ):
        yield Running(process, http, client)
    if process.returncode is None:
        process.kill()
    await process.communicate()


@pytest.mark.parametrize("when", ["before", "during", "after"])
async def test_a_closed_connection_is_a_connection_error(running: Running, when: str) -> None:
    await running.steer(close={"when": when, "operations": ["create"], "times": 1})
    with pytest.raises(openai.APIConnectionError) as lost:
        await running.create()
    # A connection that is closed over a request that nobody read is reset.
    assert isinstance(lost.value.__cause__, (httpx2.RemoteProtocolError, httpx2.ReadError))
    assert (await running.create()).status == "queued"
    assert (await running.end())[::2] == (0, b"")


async def test_a_reply_cut_in_half_had_begun(running: Running) -> None:
    await running.steer(close={"when": "during", "times": 1})
    with pytest.raises(openai.APIConnectionError) as lost:
        await running.create()
    assert "incomplete message body" in str(lost.value.__cause__) or "peer closed" in str(lost.value.__cause__)


async def test_a_late_reply_is_a_timeout_and_a_lost_one(running: Running) -> None:
    await running.steer(slow={"seconds": 60, "operations": ["create"]})
    with pytest.raises(openai.APITimeoutError):
        await running.create(timeout=1)
    async with asyncio.timeout(BOUND_SECONDS):
        while not (ledger := (await running.http.get("/simulator/ledger")).json())["replies_lost"]:  # noqa: ASYNC110 -- another process sets no event
            await asyncio.sleep(0)
    assert ledger["replies_lost"] == [line["id"] for line in ledger["creates"]]


@pytest.mark.parametrize(("how", "error"), [("close", openai.APIConnectionError), ("slow", openai.APITimeoutError)])
async def test_a_lost_create_is_seen_as_such(running: Running, how: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await running.client.responses.create(**create_body(f"lost how={how}"), timeout=1)
    ledger = (await running.http.get("/simulator/ledger")).json()
    assert ledger["replies_lost"] == [line["id"] for line in ledger["creates"]]
    assert len(ledger["creates"]) == 1


async def test_a_refused_connection_is_one_and_ends(running: Running) -> None:
    await running.steer(outage={"seconds": 3, "how": "refuse"})
    with pytest.raises(openai.APIConnectionError) as refused:
        await running.create()
    assert isinstance(refused.value.__cause__, httpx2.ConnectError)
    async with asyncio.timeout(BOUND_SECONDS):
        while not await _answers(running):  # noqa: ASYNC110 -- another process sets no event
            await asyncio.sleep(0)
    assert (await running.create()).status == "queued"


async def test_it_ends_while_it_refuses_connections(running: Running) -> None:
    await running.steer(outage={"seconds": 600, "how": "refuse"})
    assert (await running.end())[::2] == (0, b"")


async def test_it_ends_at_once_while_replies_are_late(running: Running) -> None:
    await running.steer(slow={"seconds": 600})
    call = asyncio.ensure_future(running.create())
    async with asyncio.timeout(BOUND_SECONDS):
        while not (await running.http.get("/simulator/ledger")).json()["creates"]:  # noqa: ASYNC110 -- another process sets no event
            await asyncio.sleep(0)
    # Waiting for the reply would end in a line on stderr.
    assert (await running.end())[::2] == (0, b"")
    await asyncio.wait([call])


async def test_a_receiver_can_be_named_at_the_start() -> None:
    async with receiving() as receiver:
        process, url = await _start("--webhook-url", receiver.url, "--webhook-secret", SECRET)
        async with openai.AsyncOpenAI(api_key="any", base_url=f"{url}/v1", max_retries=0) as client:
            created = await client.responses.create(**create_body("completed queued=0 running=0.1"))
        (received,) = await receiver.first(1)
        process.terminate()
        async with asyncio.timeout(BOUND_SECONDS):
            assert (await process.communicate())[1] == b""
    event = received.unwrap()
    assert event.type == "response.completed"
    assert (event.data.id, process.returncode) == (created.id, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--webhook-url", "http://127.0.0.1:1/"], b"'webhook.secret' takes"),
        (["--webhook-url", "http://example.org/", "--webhook-secret", SECRET], b"'webhook.url' takes"),
    ],
)
async def test_a_bad_receiver_is_told_at_the_start(options: list[str], said: bytes) -> None:
    command = [sys.executable, "-m", "signoff.simulator", "--port", "0", *options]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(BOUND_SECONDS):
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert said in errors


async def _answers(running: Running) -> bool:
    try:
        return (await running.http.get("/simulator/control")).status_code == 200
    except httpx2.TransportError:
        return False
