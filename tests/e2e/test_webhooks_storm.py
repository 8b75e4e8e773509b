"""A thousand webhooks in any order, some twice, some never: each job ends right, and almost none is looked at twice."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

import httpx2
import pytest
import pytest_asyncio

from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.e2e.announcing import AnnouncedWorld, announced_world, waited

T = TypeVar("T")
pytestmark = pytest.mark.asyncio(loop_scope="session")
SEED: Final = 20_261_125
JOBS: Final = 300
ANNOUNCED_JOBS: Final = 240
WEBHOOKS: Final = 1_000
AT_ONCE: Final = 16
FIRST_SECONDS: Final = 30
RUNNING_SECONDS: Final = 1
BOUND_SECONDS: Final = 120
LIMITS: Final = httpx2.Limits(max_connections=AT_ONCE)


@dataclass(frozen=True)
class Storm:
    """How the webhooks were answered, what became of the jobs, and how often each response was looked at."""

    answers: Counter[int]
    announced: list[JobRecord]
    missing: list[JobRecord]
    looks: dict[str, int]

    def looks_at(self, records: list[JobRecord]) -> list[int]:
        return [self.looks.get(record.response_id, 0) for record in records]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def storm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Storm]:
    folder = tmp_path_factory.mktemp("storm")
    async with (
        announced_world(folder, first_seconds=FIRST_SECONDS) as world,
        asyncio.timeout(BOUND_SECONDS),
    ):
        scenario = f"completed webhook=missing queued=0 running={RUNNING_SECONDS}"
        jobs = await bounded(world.submit(scenario=scenario, requester="storm") for _ in range(JOBS))
        responses = await ended(world, jobs)
        async with httpx2.AsyncClient(trust_env=False, timeout=30, limits=LIMITS) as http:
            answers = await bounded(world.post(http, *one) for one in webhooks_about(responses[:ANNOUNCED_JOBS]))
        await all_held(world)
        records = await bounded(world.jobs.record(job_id) for job_id in jobs)
        looks = (await world.ledger())["retrieves"]
        yield Storm(Counter(answers), records[:ANNOUNCED_JOBS], records[ANNOUNCED_JOBS:], looks)


async def bounded(works: Iterable[Awaitable[T]]) -> list[T]:
    """Do it all, a few at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(work: Awaitable[T]) -> T:
        async with turns:
            return await work

    return await asyncio.gather(*(in_turn(work) for work in works))


def webhooks_about(responses: list[str]) -> list[tuple[str, str]]:
    """Name each response at least once, at random several times, under an old id or a new one, in any order."""
    chance = random.Random(SEED)
    sent = [(response_id, f"evt_{number}") for number, response_id in enumerate(responses)]
    while len(sent) < WEBHOOKS:
        response_id, webhook_id = chance.choice(sent)
        sent.append((response_id, webhook_id if chance.random() < 0.5 else f"evt_{len(sent)}"))
    chance.shuffle(sent)
    return sent


async def ended(world: AnnouncedWorld, jobs: list[str]) -> list[str]:
    """Wait until the response of each job has ended, without looking at any."""
    while True:
        responses = await world.responses_of(jobs)
        creates: list[dict[str, Any]] = (await world.ledger())["creates"]
        youngest = max((create["created_at"] for create in creates), default=0)
        if len(responses) == len(jobs) and time.time() > youngest + RUNNING_SECONDS:
            return [responses[job_id] for job_id in jobs]
        await asyncio.sleep(0.1)


async def all_held(world: AnnouncedWorld) -> None:
    """Wait until every job is held, by asking the index, which costs the worker nothing."""
    while True:
        held = await world.jobs.list(status=JobStatus.AWAITING_REVIEW, requester="storm", limit=JOBS)
        if len(held) == JOBS:
            return
        await asyncio.sleep(0.5)


async def test_every_webhook_is_taken(storm: Storm) -> None:
    assert storm.answers == {200: WEBHOOKS}


async def test_every_job_is_held(storm: Storm) -> None:
    records = storm.announced + storm.missing
    assert [record.status for record in records] == [JobStatus.AWAITING_REVIEW] * JOBS
    assert {len(record.attempts) for record in records} == {1}


async def test_an_announced_job_costs_hardly_more_than_one_look(storm: Storm) -> None:
    looks = storm.looks_at(storm.announced)
    average = sum(looks) / len(looks)
    print(f"{average:.3f} looks per announced job: {Counter(looks)}")  # noqa: T201  shown when it fails, or with -s
    assert 1 <= average <= 1.3


async def test_an_announced_job_does_not_wait_for_the_safety_net(storm: Storm) -> None:
    longest = max(waited(record) for record in storm.announced)
    print(f"held at most {longest} after the create")  # noqa: T201  shown when it fails, or with -s
    assert longest < timedelta(seconds=FIRST_SECONDS)


async def test_a_job_whose_webhook_is_missing_costs_one_look_of_the_safety_net(storm: Storm) -> None:
    assert storm.looks_at(storm.missing) == [1] * (JOBS - ANNOUNCED_JOBS)
    assert min(waited(record) for record in storm.missing) >= timedelta(seconds=FIRST_SECONDS)
