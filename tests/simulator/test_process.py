"""`python -m signoff.simulator` is a process that says where it is and ends cleanly."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import openai
import pytest

BOUND_SECONDS = 30


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "signoff.simulator", "--port", "0", stdout=PIPE, stderr=PIPE
    )
    yield started
    if started.returncode is None:
        started.kill()
    await started.communicate()


async def _address(process: Process) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), BOUND_SECONDS)
    found = re.fullmatch(r"simulator listening on (http://127\.0\.0\.1:[1-9][0-9]*/v1)\n", line.decode())
    assert found, line
    return found[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_listens_answers_and_ends_with_0(process: Process, number: signal.Signals) -> None:
    async with openai.AsyncOpenAI(api_key="any", base_url=await _address(process)) as client:
        created = await client.responses.create(
            model="gpt-5.5",
            input="x",
            background=True,
            metadata={"simulator": "completed queued=0 running=0"},
        )
        assert (await client.responses.retrieve(created.id)).status == "completed"
        # The client's connection is still open here: an idle one must not hold up the end.
        process.send_signal(number)
        rest, errors = await asyncio.wait_for(process.communicate(), BOUND_SECONDS)
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_a_taken_port_is_told(process: Process) -> None:
    port = (await _address(process)).rsplit(":", 1)[1].removesuffix("/v1")
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "signoff.simulator", "--port", port, stdout=PIPE, stderr=PIPE
    )
    output, errors = await asyncio.wait_for(second.communicate(), BOUND_SECONDS)
    assert second.returncode != 0
    assert output == b""
    assert b"address already in use" in errors.lower()
