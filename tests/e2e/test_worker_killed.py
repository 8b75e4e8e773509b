"""The worker is killed in the middle of a job, and another one goes on."""

import asyncio

import pytest

from signoff.domain.failures import POSSIBLY_SENT, FailureClass
from signoff.domain.status import JobStatus, NextAction
from tests.e2e.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_while_the_response_runs(world: World) -> None:
    job_id = await world.submit(scenario="completed queued=0 running=6")
    await world.until(job_id, lambda seen: seen.looks > 0)
    await world.kill_worker()
    await world.start_worker()
    await world.decide(job_id)
    assert (await world.closed(job_id)).status is JobStatus.COMPLETED
    assert await world.creates_of(job_id) == 1


async def test_while_a_result_is_held(world: World) -> None:
    """What was held is the same after the crash, and a decision still counts."""
    job_id = await world.submit()
    before = await world.held(job_id)
    await world.kill_worker()
    await world.start_worker()
    answer = await world.decide(job_id)
    record = await world.closed(job_id)
    assert answer.is_accepted
    assert record.deliverable
    assert (record.status, record.deliverable.digest) == (JobStatus.COMPLETED, before.digest)
    assert await world.creates_of(job_id) == 1


async def test_while_the_delivery_is_under_way(world: World) -> None:
    """The delivery is repeated under the same key with the same bytes; nothing is generated again."""
    world.receiver.may_answer.clear()
    world.receiver.has_arrived.clear()
    job_id = await world.submit(delivery={"channel": "http", "url": world.receiver.url})
    await world.decide(job_id)
    await world.receiver.has_arrived.wait()
    await world.kill_worker()
    world.receiver.may_answer.set()
    await world.start_worker()
    record = await world.closed(job_id)
    assert record.status is JobStatus.COMPLETED
    assert record.deliverable
    bodies = world.receiver.bodies[f"{job_id}:{record.deliverable.digest}"]
    assert len(bodies) == 2
    assert len(set(bodies)) == 1
    assert await world.creates_of(job_id) == 1


async def test_while_a_mail_is_on_its_way(world: World) -> None:
    """The mail server has it, and nobody heard so: it is not sent again until an operator says so, who looked."""
    world.office.may_answer = asyncio.Event()
    world.office.has_taken.clear()
    job_id = await world.submit(delivery={"channel": "email", "to": ["ana@example.com"]})
    await world.decide(job_id)
    await world.office.has_taken.wait()
    await world.kill_worker()
    world.office.may_answer.set()
    await world.start_worker()
    stopped = await world.until(job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
    told = (stopped.failure_class, stopped.failure_code, stopped.next_action)
    assert told == (FailureClass.OUTCOME_UNKNOWN, POSSIBLY_SENT, NextAction.INSPECT)
    assert len(message_ids(world, job_id)) == 1
    await world.jobs.retry(job_id, by="ops", reason="the mailbox lost it")
    assert (await world.closed(job_id)).status is JobStatus.COMPLETED
    first, second = message_ids(world, job_id)
    assert first == second


def message_ids(world: World, job_id: str) -> list[str]:
    letters = [taken.letter for taken in world.office.taken]
    return [letter["Message-ID"] for letter in letters if letter["Signoff-Job-Id"] == job_id]
