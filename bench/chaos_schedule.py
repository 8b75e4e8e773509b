"""What the seed decides: when workers are killed, when jobs start, how long they run, who is approved first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from random import Random
from typing import Final

SHORTEST_LIFE_SECONDS: Final = 0.2
RUN_SECONDS: Final = (1.0, 8.0)
HELD_SECONDS: Final = (0.0, 1.0)
"""How long an answer has been held when its sender is killed."""


class Around(StrEnum):
    """What the kills are placed around."""

    LIFE = "life"
    DELIVERY = "delivery"


class Moment(StrEnum):
    """When, as the receiver sees it, the sender of a delivery is killed.

    Before the POST: the connection is open, and nothing of it was read. While it is held: the receiver has acted,
    and not answered. After the answer: that has just left, and the sender had no time to report it.
    """

    BEFORE_POST = "before_post"
    WHILE_HELD = "while_held"
    AFTER_ANSWER = "after_answer"


@dataclass(frozen=True)
class Kill:
    """One SIGKILL, so many seconds after the worker in this slot was ready to work.

    With a moment, it hits the worker whose delivery is the next to arrive; the seconds are those of a held answer.
    """

    slot: int
    after_seconds: float
    moment: Moment | None = None


@dataclass(frozen=True)
class PlannedJob:
    """One job.

    Attributes:
        after_kills: How many kills come before it is submitted.
        delay_seconds: How long after the last of them that is.
        rank: Which of several held jobs is approved first: the one with the lowest.
    """

    job_id: str
    queued_seconds: float
    running_seconds: float
    after_kills: int
    delay_seconds: float
    rank: float

    @property
    def scenario(self) -> str:
        """What the simulator is asked to play."""
        return f"completed queued={self.queued_seconds:g} running={self.running_seconds:g}"


@dataclass(frozen=True)
class Schedule:
    """All of it. The same seed and sizes give the same schedule."""

    seed: int
    kills: tuple[Kill, ...]
    jobs: tuple[PlannedJob, ...]


@dataclass(frozen=True)
class Sizes:
    """How much chaos: `life_seconds` is how long a worker lives on average, once it is ready."""

    jobs: int
    kills: int
    workers: int
    life_seconds: float
    around: Around = Around.LIFE


def make_schedule(seed: int, sizes: Sizes) -> Schedule:
    """Draw everything from the seed. Kills and jobs are drawn apart, so that more of the one change none of the other.

    Jobs start at moments that are counted in kills, so they meet the same killing however fast the machine is.
    """
    kills, jobs = Random(f"{seed}/kills"), Random(f"{seed}/jobs")
    planned = tuple(_job(jobs, f"chaos-{number:04}", sizes) for number in range(sizes.jobs))
    if sizes.around is Around.DELIVERY:
        placed = islice(_placed_kills(kills), sizes.kills)
        return Schedule(seed=seed, kills=tuple(placed), jobs=_evenly(planned, sizes.kills))
    return Schedule(seed=seed, kills=tuple(_kill(kills, sizes) for _ in range(sizes.kills)), jobs=planned)


def _placed_kills(chance: Random) -> Iterator[Kill]:
    """Give kills without end. Of three in a row each has another moment; their order is drawn."""
    while True:
        for moment in chance.sample([*Moment], len(Moment)):
            yield Kill(slot=0, after_seconds=round(chance.uniform(*HELD_SECONDS), 3), moment=moment)


def _evenly(jobs: tuple[PlannedJob, ...], kills: int) -> tuple[PlannedJob, ...]:
    """Spread the jobs over the kills, so that the first kill has one to wait for, and the last ones have fresh ones."""
    return tuple(replace(job, after_kills=number * kills // len(jobs)) for number, job in enumerate(jobs))


def _kill(chance: Random, sizes: Sizes) -> Kill:
    longest = max(2 * sizes.life_seconds - SHORTEST_LIFE_SECONDS, SHORTEST_LIFE_SECONDS)
    return Kill(
        slot=chance.randrange(sizes.workers),
        after_seconds=round(chance.uniform(SHORTEST_LIFE_SECONDS, longest), 3),
    )


def _job(chance: Random, job_id: str, sizes: Sizes) -> PlannedJob:
    seconds = chance.uniform(*RUN_SECONDS)
    queued = round(min(1.0, seconds / 2), 3)
    return PlannedJob(
        job_id=job_id,
        queued_seconds=queued,
        running_seconds=round(seconds - queued, 3),
        after_kills=int(chance.random() * sizes.kills),
        delay_seconds=round(chance.uniform(0.0, sizes.life_seconds), 3),
        rank=chance.random(),
    )
