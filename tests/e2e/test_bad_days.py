"""Outages, lost replies and broken connections of a real provider process, and the people who repair what stopped."""

import asyncio
from typing import Any

import pytest

from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.e2e.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
QUICK = "queued=0 running=1"
PARK = {"on_unknown": "park"}


@pytest.fixture(autouse=True)
async def steering(world: World) -> Any:
    """Leave the simulator as it was found."""
    yield
    await world.simulator("DELETE", "control")


async def steer(world: World, **control: Any) -> None:
    await world.simulator("PUT", "control", control)


async def held(world: World, job_id: str) -> JobRecord:
    async with asyncio.timeout(60):
        await world.held(job_id)
    return await world.jobs.record(job_id)


async def stopped(world: World, job_id: str) -> JobRecord:
    async with asyncio.timeout(60):
        await world.until(job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION and seen.is_complete)
    return await world.jobs.record(job_id)


async def response_of(world: World, job_id: str) -> str:
    """Find out from the simulator which response a job created, as someone with a dashboard would."""
    async with asyncio.timeout(20):
        while True:
            creates = (await world.simulator("GET", "ledger")).json()["creates"]
            for create in creates:
                if create["metadata"].get("signoff_job_id") == job_id:
                    return str(create["id"])
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("how", ["status", "refuse"])
async def test_an_outage_costs_time_and_nothing_else(world: World, how: str) -> None:
    running = await world.submit(scenario="completed queued=0 running=5")
    await world.until(running, lambda seen: seen.looks > 0)
    await steer(world, outage={"seconds": 6, "status": 503, "how": how})
    begun = await world.submit(scenario=f"completed {QUICK}")
    for job_id in (running, begun):
        await held(world, job_id)
        assert await world.creates_of(job_id) == 1


async def test_a_lost_response_is_found_where_the_provider_has_a_list(world: World) -> None:
    await steer(world, listing=True)
    job_id = await world.submit(scenario=f"lost {QUICK}")
    record = await held(world, job_id)
    [attempt] = record.attempts
    assert attempt.is_adopted
    assert await world.creates_of(job_id) == 1
    assert not record.possibly_paid_twice


async def test_a_lost_response_is_adopted_when_somebody_names_it(world: World) -> None:
    job_id = await world.submit(scenario=f"lost {QUICK}", policy=PARK)
    assert (await stopped(world, job_id)).next_action is NextAction.INSPECT
    response_id = await response_of(world, job_id)
    await world.jobs.announce(job_id, response_id)
    record = await held(world, job_id)
    assert [attempt.response_id for attempt in record.attempts] == [response_id]
    assert await world.creates_of(job_id) == 1


async def test_a_response_that_turns_up_late_is_stopped_and_recorded(world: World) -> None:
    job_id = await world.submit(scenario="lost queued=0 running=60")
    await world.until(job_id, lambda seen: seen.status is JobStatus.RUNNING and seen.is_complete)
    lost = await response_of(world, job_id)
    await world.jobs.announce(job_id, lost)
    await world.until(job_id, lambda seen: seen.strays > 0)
    record = await world.jobs.record(job_id)
    assert [(stray.response_id, stray.status) for stray in record.strays] == [(lost, ResponseStatus.CANCELLED)]
    assert record.possibly_paid_twice
    assert record.response_id != lost
    await world.jobs.cancel(job_id, by="a test")
    await world.closed(job_id)


@pytest.mark.parametrize(("when", "accepted"), [("before", 1), ("during", 2), ("after", 2)])
async def test_a_connection_that_breaks_in_a_create_is_never_blindly_repeated(
    world: World, when: str, accepted: int
) -> None:
    await steer(world, close={"when": when, "operations": ["create"], "times": 1})
    job_id = await world.submit(scenario=f"completed {QUICK}")
    record = await held(world, job_id)
    assert record.attempts[0].is_outcome_unknown
    assert len(record.attempts) == 2
    assert await world.creates_of(job_id) == accepted


async def test_a_worker_that_dies_in_a_create_leaves_it_in_the_record(world: World) -> None:
    await steer(world, slow={"seconds": 20, "operations": ["create"]})
    job_id = await world.submit(scenario=f"completed {QUICK}")
    lost = await response_of(world, job_id)
    await world.kill_worker()
    await steer(world)
    await world.start_worker()
    record = await held(world, job_id)
    first, second = record.attempts
    assert first.is_outcome_unknown
    assert second.response_id not in {"", lost}
    assert record.possibly_paid_twice
    assert await world.creates_of(job_id) == 2


async def test_an_amended_job_goes_on(world: World) -> None:
    job_id = await world.submit(scenario=f"400 code=context_length_exceeded then completed {QUICK}")
    assert (await stopped(world, job_id)).next_action is NextAction.AMEND_REQUEST
    answer = await world.jobs.amend(job_id, response={"input": "shorter"}, by="a-service")
    assert answer.is_accepted
    record = await held(world, job_id)
    assert [change.parameter for change in record.repairs[0].changes] == ["input"]


async def test_a_job_goes_on_once_the_quota_is_restored(world: World) -> None:
    job_id = await world.submit(scenario=f"429 code=insufficient_quota then completed {QUICK}")
    assert (await stopped(world, job_id)).next_action is NextAction.RESTORE_QUOTA
    assert (await world.jobs.retry(job_id, by="ops")).is_accepted
    await held(world, job_id)
    assert await world.creates_of(job_id) == 1


async def test_an_abandoned_job_has_failed(world: World) -> None:
    job_id = await world.submit(scenario=f"failed code=bio_policy {QUICK}")
    await stopped(world, job_id)
    assert (await world.jobs.abandon(job_id, by="ops", reason="it will never pass")).is_accepted
    record = await world.closed(job_id)
    assert (record.status, record.reason) == (JobStatus.FAILED, "given up by ops: it will never pass")
