"""Starts jobs and bare signals, spread out, and notes when each was seen and when it could have been seen first."""

import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from bench import freshness_signal
from bench.freshness_watching import Sighting, UnseenError, see_awaiting_review
from bench.freshness_world import World
from signoff.domain.errors import SignoffError
from signoff.domain.job import JobRequest
from signoff.domain.names import METADATA_JOB_ID
from signoff.domain.schedule import WaitMode

START_SECONDS: Final = 0.75
"""Between two starts of any kind, so that waits for a core stay rare on two of them."""

SHORTEST_SECONDS: Final = 3
_QUEUED_SECONDS: Final = 0.5
_GRACE_SECONDS: Final = 60
_WARM_UPS: Final = 3


class Kind(StrEnum):
    """What is waited for."""

    WEBHOOK = "webhook"
    POLL = "poll"
    SIGNAL = "bare signal"


@dataclass(frozen=True)
class Planned:
    """One job or bare signal: when it starts, counted from the first one, and how long the world outside takes."""

    kind: Kind
    workflow_id: str
    start_seconds: float
    run_seconds: float


@dataclass(frozen=True)
class Seen:
    """What was seen of it. `due_at` is the end of the response, or the moment before the signal was sent."""

    planned: Planned
    due_at: float
    sighting: Sighting
    looks: int

    @property
    def late_ms(self) -> float:
        """How long nobody could see it."""
        return (self.sighting.at - self.due_at) * 1000


@dataclass(frozen=True)
class Run:
    """All that was seen, and why the others were not, by their ids. Those that warmed up count in neither."""

    seen: Sequence[Seen]
    unseen: dict[str, str]


def make_schedule(seed: int, jobs: int, longest: int) -> list[Planned]:
    """Spread so many of each kind over time, in a random order, with run times evenly from the least to `longest`."""
    chance = random.Random(seed)
    share = (longest - SHORTEST_SECONDS) / jobs
    runs = [
        (kind, number, SHORTEST_SECONDS + share * (number + chance.random())) for kind in Kind for number in range(jobs)
    ]
    chance.shuffle(runs)
    return [
        Planned(kind, f"{kind.name.lower()}-{number}", place * START_SECONDS, seconds)
        for place, (kind, number, seconds) in enumerate(runs)
    ]


async def warm_up(world: World) -> None:
    """Let every part do once what it is about to be measured at.

    Raises:
        UnseenError: The stack does not work.
    """
    planned = [
        Planned(kind, f"warm-up-{kind.name.lower()}-{number}", number * 3.0, SHORTEST_SECONDS)
        for number in range(_WARM_UPS)
        for kind in Kind
    ]
    if unseen := (await observe(world, planned)).unseen:
        msg = f"the stack does not work: {unseen}"
        raise UnseenError(msg)


async def observe(world: World, schedule: Sequence[Planned]) -> Run:
    """Start everything at its time, and wait until it was seen or is overdue."""
    driver = _Driver(world, len(schedule))
    await asyncio.gather(*(driver.follow(planned) for planned in schedule))
    ledger = await world.ledger()
    seen = [*driver.signals, *_read_ends(driver.jobs, ledger)]
    missing = {planned.workflow_id for planned in schedule} - {one.planned.workflow_id for one in seen}
    return Run(seen, {one: driver.unseen.get(one, "the simulator knows no create of it") for one in sorted(missing)})


class _Driver:
    def __init__(self, world: World, count: int) -> None:
        self._world, self._count, self._done = world, count, 0
        self.jobs: list[tuple[Planned, Sighting]] = []
        self.signals: list[Seen] = []
        self.unseen: dict[str, str] = {}

    async def follow(self, planned: Planned) -> None:
        await asyncio.sleep(planned.start_seconds)
        try:
            async with asyncio.timeout(planned.run_seconds + _GRACE_SECONDS):
                await (self._signal(planned) if planned.kind is Kind.SIGNAL else self._job(planned))
        except (SignoffError, RPCError, UnseenError, TimeoutError) as error:
            self.unseen[planned.workflow_id] = f"{type(error).__name__}: {error}"
        self._done += 1
        if self._done % 15 == 0 or self._done == self._count:
            sys.stderr.write(f"  {self._done} of {self._count} seen\n")

    async def _job(self, planned: Planned) -> None:
        await self._world.jobs.submit(_request(planned))
        self.jobs.append((planned, await see_awaiting_review(self._world.temporal, planned.workflow_id)))

    async def _signal(self, planned: Planned) -> None:
        temporal = self._world.temporal
        handle: WorkflowHandle[Any, None] = await temporal.start_workflow(
            freshness_signal.WORKFLOW, id=planned.workflow_id, task_queue=freshness_signal.TASK_QUEUE
        )
        watch = asyncio.create_task(see_awaiting_review(temporal, planned.workflow_id))
        try:
            await asyncio.sleep(planned.run_seconds)
            sent_at = time.time()
            await handle.signal(freshness_signal.WAKE)
            self.signals.append(Seen(planned, sent_at, await watch, looks=0))
        finally:
            watch.cancel()


def _request(planned: Planned) -> JobRequest:
    is_polling = planned.kind is Kind.POLL
    # A job that polls looks at once when it is announced as well, so nothing may be announced to it.
    webhook = " webhook=missing" if is_polling else ""
    scenario = f"completed queued={_QUEUED_SECONDS} running={_running(planned)}{webhook}"
    return JobRequest(
        job_id=planned.workflow_id,
        requester="benchmark",
        wait=WaitMode.POLL if is_polling else WaitMode.WEBHOOK,
        response={"model": "gpt-5.5", "input": "How do tides work?", "metadata": {"simulator": scenario}},
    )


def _running(planned: Planned) -> float:
    return round(planned.run_seconds - _QUEUED_SECONDS, 3)


def _read_ends(jobs: Sequence[tuple[Planned, Sighting]], ledger: Any) -> Iterator[Seen]:  # noqa: ANN401  JSON
    """Compute from the simulator's ledger when each response had completed."""
    creates = {create["metadata"].get(METADATA_JOB_ID): create for create in ledger["creates"]}
    for planned, sighting in jobs:
        if create := creates.get(planned.workflow_id):
            ended_at = create["created_at"] + _QUEUED_SECONDS + _running(planned)
            yield Seen(planned, ended_at, sighting, looks=ledger["retrieves"].get(create["id"], 0))
