"""Bodies of answers: none over the limit is read to its end, and one large one is held at a time."""

import asyncio
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.orders import ResponseOrder
from activities.results import Keeper
from signoff.adapters.archive import open_archive
from signoff.adapters.checks import DraftChecker
from signoff.adapters.encrypted import EncryptedArchive
from signoff.adapters.receiving import TOO_LARGE, Room
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Deliverable
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.layout import deliverable_path
from signoff.encryption import KeyRing, new_entry
from tests.adapters.provider import CREATE, provider_at
from tests.adapters.wire import Act, Wire, answer_for_ever, answering, serving

LIMIT = 1_000_000
AT = datetime(2026, 11, 1, tzinfo=UTC)


async def refusal_of(act: Act, stage: Stage) -> FaultError:
    async with serving(act) as wire, provider_at(wire.url, limit_bytes=LIMIT) as provider:
        with pytest.raises(FaultError) as refused:
            await (provider.create(CREATE) if stage is Stage.CREATE else provider.retrieve("resp_1"))
    return refused.value


@pytest.mark.parametrize(
    ("act", "size"),
    [(answering(200, b" " * (LIMIT + 1)), "1,000,001 bytes"), (answer_for_ever, "more than 1,000,000 bytes")],
    ids=["a length that is told", "a body without end"],
)
async def test_a_body_over_the_limit_needs_an_operator_and_names_the_setting(act: Act, size: str) -> None:
    fault = await refusal_of(act, Stage.LOOK)
    assert (classify(fault.seen), fault.seen.error_code) == (FailureClass.UNCLASSIFIED, TOO_LARGE)
    assert f"has {size}, and SIGNOFF_RESPONSE_LIMIT_BYTES is 1,000,000; raise it" in fault.seen.message


async def test_a_reply_to_a_create_over_the_limit_leaves_open_what_was_created() -> None:
    assert classify((await refusal_of(answer_for_ever, Stage.CREATE)).seen) is FailureClass.OUTCOME_UNKNOWN


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = json.dumps({"id": "resp_1"}).encode().ljust(LIMIT)
    async with serving(answering(200, body)) as wire, provider_at(wire.url, limit_bytes=LIMIT) as provider:
        assert (await provider.retrieve("resp_1")).data == body


async def test_one_task_at_a_time_has_room_and_may_enter_it_twice() -> None:
    room, entered, leave = Room(), [], asyncio.Event()

    async def work(name: str) -> None:
        await room.enter()
        await room.enter()
        entered.append(name)
        await leave.wait()

    tasks = [asyncio.create_task(work(name)) for name in "ab"]
    for _ in range(10):
        await asyncio.sleep(0)
    assert entered == ["a"]
    leave.set()
    await asyncio.gather(*tasks)
    assert entered == ["a", "b"]


async def test_a_task_that_fails_leaves_the_room() -> None:
    room = Room()

    async def work() -> None:
        await room.enter()
        raise ValueError("it failed")

    for _ in range(2):
        with pytest.raises(ValueError, match="it failed"):
            await asyncio.wait_for(asyncio.create_task(work()), 5)


def slowly(body: bytes) -> Act:
    """Answer without ever holding the body a second time."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        await wire.read(reader)
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode())
        for start in range(0, len(body), 65_536):
            writer.write(body[start : start + 65_536])
            await writer.drain()

    return act


@pytest.mark.parametrize("letters", ["The tide rises. ", "The tide rises 🌊. ", "你好"])
async def test_a_large_result_takes_less_than_twice_its_size_whatever_its_letters(letters: str, tmp_path: Path) -> None:
    """What a worker holds beside its usual memory, from the answer to the encrypted draft and back."""
    size = 20_000_000
    text = letters * (size // len(letters.encode()))
    part = {"type": "output_text", "text": text, "annotations": []}
    body = {"id": "resp_1", "status": "completed", "output": [{"type": "message", "content": [part]}]}
    archive = EncryptedArchive(open_archive(f"file:{tmp_path}"), KeyRing.parse([new_entry("key")]))
    keeper = Keeper(archive, DraftChecker())
    order = ResponseOrder(job_id="job-1", attempt=1, response_id="resp_1", created_at=AT)
    act = slowly(json.dumps(body, ensure_ascii=False).encode())
    async with serving(act) as wire, provider_at(wire.url) as provider:
        tracemalloc.start()
        try:
            raw = await provider.retrieve("resp_1")
            ended = await keeper.keep(order, raw, looks=1, at=AT)
            del raw
            digest = ended.deliverable.digest if ended.deliverable else ""
            data = await archive.get(deliverable_path("job-1", digest))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert Deliverable.model_validate_json(data or b"").text == text
    assert peak < 2 * size
