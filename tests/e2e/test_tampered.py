"""A deliverable that was changed in the archive after its approval is never delivered, whatever the channel."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signoff.domain import layout, names
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.deliverable import digest_of
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction
from tests.e2e.conftest import World
from tests.starter.processes import SIGNOFF, run

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHANNELS = ("http", "file", "object")


@dataclass(frozen=True)
class Approved:
    """A job whose approval waits for a worker, and the object that it approves."""

    job_id: str
    digest: str
    object: Path
    data: bytes

    @property
    def tampered(self) -> bytes:
        """Say something else, in the same form."""
        return self.data.replace(b'"text":"', b'"text":"Send the money. ', 1)


def destination(world: World, channel: str) -> dict[str, Any]:
    match channel:
        case "http":
            return {"channel": "http", "url": world.receiver.url}
        case "file":
            return {"channel": "file", "folder": "tampered"}
        case _:
            return {"channel": "object", "url": f"file:{world.plan.state_dir.parent}/results"}


def arrived(world: World, channel: str, one: Approved) -> list[bytes]:
    """Give what is at the destination of a job."""
    if channel == "http":
        return [body for key, bodies in world.receiver.bodies.items() if key.startswith(one.job_id) for body in bodies]
    places = {
        "file": world.plan.state_dir / "delivered" / "tampered",
        "object": world.plan.state_dir.parent / "results",
    }
    return [file.read_bytes() for file in places[channel].rglob(f"*{one.job_id}*")]


async def approved(world: World, channel: str) -> Approved:
    """Have a draft held."""
    job_id = await world.submit(delivery=destination(world, channel))
    held = await world.held(job_id)
    digest = held.digest or ""
    place = world.plan.state_dir / "archive" / layout.deliverable_path(job_id, digest)
    return Approved(job_id, digest, place, place.read_bytes())


async def approve_and_tamper(world: World, jobs: Sequence[Approved]) -> None:
    """Approve while no worker is there to deliver, and change what was approved before one comes."""
    await world.kill_worker()
    for one in jobs:
        decision = Decision(decision_id=one.job_id, kind=DecisionKind.APPROVE, digest=one.digest, reviewer="ana")
        await world.stack.temporal.get_workflow_handle(one.job_id).signal(names.APPROVE, decision)
        one.object.write_bytes(one.tampered)
    await world.start_worker()


async def stopped(world: World, one: Approved) -> JobRecord:
    await world.until(one.job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
    return await world.jobs.record(one.job_id)


async def test_what_was_tampered_with_goes_nowhere_until_it_is_restored(world: World) -> None:
    jobs = dict(zip(CHANNELS, await asyncio.gather(*(approved(world, one) for one in CHANNELS)), strict=True))
    await approve_and_tamper(world, list(jobs.values()))
    for channel, one in jobs.items():
        record = await stopped(world, one)
        assert record.failure
        found = (record.failure.stage, record.failure.failure_class, record.next_action)
        assert found == (Stage.DELIVER, FailureClass.UNCLASSIFIED, NextAction.RETRY_DELIVERY)
        both = {one.digest, digest_of(one.tampered)}
        assert all(digest in record.failure.message for digest in both)
        shown = await asyncio.to_thread(run, *SIGNOFF, "show", one.job_id, environ=world.environ)
        assert all(digest in shown.stdout for digest in both), shown.stdout + shown.stderr
        assert arrived(world, channel, one) == []
    await the_restored_ones_arrive(world, jobs)


async def the_restored_ones_arrive(world: World, jobs: dict[str, Approved]) -> None:
    """Retry in vain while the object is wrong, then with success, on the same approval."""
    first = jobs["http"]
    before = await stopped(world, first)
    await world.jobs.retry(first.job_id, by="ops", reason="try it")
    record = await stopped(world, first)
    assert before.failure
    assert record.failure
    assert record.failure.at > before.failure.at
    assert record.failure.message == before.failure.message
    for channel, one in jobs.items():
        assert arrived(world, channel, one) == []
        one.object.write_bytes(one.data)
        await world.jobs.retry(one.job_id, by="ops", reason="restored from the backup")
        closed = await world.closed(one.job_id)
        assert (closed.status, closed.approvers) == (JobStatus.COMPLETED, ("ana",))
        assert arrived(world, channel, one) == [one.data]
        assert await world.creates_of(one.job_id) == 1
