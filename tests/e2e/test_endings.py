"""Each ending once, with everything real but OpenAI."""

import json
from pathlib import Path

import pytest

from signoff.domain.decision import DecisionKind
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.e2e.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_delivered_by_release(world: World) -> None:
    job_id = await world.submit(title="A brief")
    await world.decide(job_id)
    record = await world.closed(job_id)
    result = await world.jobs.result(job_id)
    assert record.status is JobStatus.COMPLETED
    assert record.receipt
    assert result.citations
    assert await world.creates_of(job_id) == 1


async def test_delivered_by_http(world: World) -> None:
    job_id = await world.submit(delivery={"channel": "http", "url": world.receiver.url})
    await world.decide(job_id)
    record = await world.closed(job_id)
    assert record.receipt
    assert record.deliverable
    [body] = world.receiver.bodies[f"{job_id}:{record.deliverable.digest}"]
    assert json.loads(body)["job_id"] == job_id
    assert record.receipt.reference == "/inbox/1"


async def test_delivered_into_a_file(world: World) -> None:
    job_id = await world.submit(delivery={"channel": "file", "folder": "briefs"})
    await world.decide(job_id)
    record = await world.closed(job_id)
    assert record.receipt
    [written] = (world.plan.state_dir / "delivered" / "briefs").iterdir()
    assert Path(record.receipt.reference) == written
    assert json.loads(written.read_bytes())["job_id"] == job_id


async def test_rejected(world: World) -> None:
    job_id = await world.submit()
    await world.decide(job_id, DecisionKind.REJECT)
    assert (await world.closed(job_id)).status is JobStatus.REJECTED


async def test_expired(world: World) -> None:
    job_id = await world.submit(review={"window": "PT1S"})
    record = await world.closed(job_id)
    assert record.status is JobStatus.EXPIRED
    assert record.review
    assert not record.review.lines


async def test_cancelled_while_running(world: World) -> None:
    job_id = await world.submit(scenario="completed queued=0 running=300")
    await world.until(job_id, lambda seen: seen.status is JobStatus.RUNNING)
    await world.jobs.cancel(job_id, by="an operator", reason="not needed")
    record = await world.closed(job_id)
    assert (record.status, record.response_status) == (JobStatus.CANCELLED, ResponseStatus.CANCELLED)


async def test_a_typo_in_a_parameter_costs_nothing(world: World) -> None:
    """Whoever starts a job without the client's check still pays nothing for a typo."""
    job_id = await world.submit(response={"model": "a-model", "input": "x", "temperatur": 0})
    seen = await world.until(job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
    assert seen.next_action is NextAction.AMEND_REQUEST
    assert "did you mean temperature?" in seen.reason
    assert await world.creates_of(job_id) == 0
    await world.jobs.cancel(job_id, by="a-service")
    assert (await world.closed(job_id)).status is JobStatus.CANCELLED


async def test_a_destination_that_is_not_allowed_costs_nothing(world: World) -> None:
    job_id = await world.submit(delivery={"channel": "http", "url": "http://elsewhere.example/inbox"})
    seen = await world.until(job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
    assert seen.next_action is NextAction.FIX_CONFIGURATION
    assert "SIGNOFF_DELIVERY_HOSTS" in seen.reason
    assert await world.creates_of(job_id) == 0
