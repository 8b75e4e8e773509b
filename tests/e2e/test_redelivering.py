"""A delivery that goes nowhere is found, sent elsewhere and approved for there, all by what an operator types."""

import asyncio
import json
from typing import Any

import pytest

from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.e2e.conftest import World
from tests.starter.processes import SIGNOFF, run

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def typed(world: World, *words: str) -> str:
    done = await asyncio.to_thread(run, *SIGNOFF, *words, environ=world.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def stuck(world: World, job_id: str) -> list[dict[str, Any]]:
    """List the stuck deliveries of a job, once it has any."""
    async with asyncio.timeout(30):
        while True:
            lines = json.loads(await typed(world, "deliveries", "--stuck", "--json"))
            if mine := [line for line in lines if line["job_id"] == job_id]:
                return mine


async def redirected(world: World, job_id: str) -> JobRecord:
    """Send the second delivery to the receiver, and have that approved."""
    told = await typed(world, "redeliver", job_id, "--delivery", "2", "--to", world.receiver.url, "--reason", "moved")
    assert "people approve where it goes first" in told
    held = await world.held(job_id)
    assert world.receiver.bodies.get(f"{job_id}:{held.digest}:2") is None, "nothing goes there before"
    seen = await typed(world, "review", job_id)
    assert f"-> POST to {world.receiver.url}" in seen
    digest = held.digest or ""
    await typed(world, "approve", job_id, "--digest", digest, "--redirect", "1", "--as", "bo")
    return await world.closed(job_id)


async def test_a_delivery_is_found_and_sent_elsewhere_while_it_is_repeated(world: World) -> None:
    nowhere = f"http://{world.receiver.empty_host}/inbox"
    world.receiver.may_answer.set()
    places = [{"channel": "file", "folder": "redelivered"}, {"channel": "http", "url": nowhere}]
    job_id = await world.submit(delivery=places)
    await world.decide(job_id)
    [line] = await stuck(world, job_id)
    assert (line["number"], line["of"], line["state"]) == (2, 2, "under_way")
    assert "did not answer" in line["last_fault"]
    record = await redirected(world, job_id)
    digest = record.deliverable.digest if record.deliverable else ""
    file = world.plan.state_dir / "delivered" / "redelivered" / f"{job_id}.json"
    assert (record.status, record.reason) == (JobStatus.COMPLETED, "delivered to 2 destinations")
    assert world.receiver.bodies[f"{job_id}:{digest}:2"] == [file.read_bytes()]
    assert [review.approvers for review in record.reviews] == [("ana",), ("bo",)]
    assert await world.creates_of(job_id) == 1
    assert "no delivery is stuck" in await typed(world, "deliveries", "--stuck")
