"""Writers, compactions that die and readers at once: no reader ever misses a job, or sees an older state of it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.closed.compacting import compact
from signoff.closed.entries import keep_entry
from signoff.closed.finding import find_closed
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from tests.closed.making import ALL, DAY, NOON, TOMORROW, closed_record

DOWN = FaultError(Observation(stage=Stage.ARCHIVE, message="the process died here"))
JOBS = 3
STAYS = 0.8


@dataclass
class TurnByTurn:
    """An archive in which one call happens at a time, in an order that a test chooses.

    A list sees its first half at one moment and its second half at another, as that of a bucket or folder may.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    waiting: list[tuple[object, asyncio.Future[None]]] = field(default_factory=list)
    last: object = None

    async def turn(self, process: object) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((process, waiting))
        await waiting

    def let_one_through(self, chance: Random) -> None:
        """Mostly the process that was let through before, so that one often gets far while another waits."""
        if not self.waiting:
            return
        same = [one for one in self.waiting if one[0] is self.last]
        chosen = chance.choice(same if same and chance.random() < STAYS else self.waiting)
        self.waiting.remove(chosen)
        self.last = chosen[0]
        chosen[1].set_result(None)


@dataclass(eq=False)
class Process:
    """The archive as one process has it, which dies after so many calls."""

    shared: TurnByTurn
    calls: int = 1_000_000

    async def _turn(self) -> None:
        await self.shared.turn(self)
        self.calls -= 1
        if self.calls < 0:
            raise DOWN

    async def put(self, path: str, data: bytes) -> None:
        await self._turn()
        self.shared.objects[path] = data

    async def get(self, path: str) -> bytes | None:
        await self._turn()
        return self.shared.objects.get(path)

    async def delete(self, path: str) -> None:
        await self._turn()
        self.shared.objects.pop(path, None)

    async def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        seen: set[str] = set()
        for half in (0, 1):
            await self._turn()
            within = [path for path in self.shared.objects if path.startswith(f"{folder}/") and path > after]
            # By the digest in its name: which half that is has nothing to do with when it was written.
            for path in within:
                if int(path.rpartition("/")[2].split(".")[-2 if path.endswith("json") else 0][-1], 16) % 2 == half:
                    seen.add(path)
        for path in seen:
            yield path

    async def folders(self, folder: str) -> list[str]:
        await self._turn()
        depth = folder.count("/") + 1
        return sorted({path.split("/")[depth] for path in self.shared.objects if path.startswith(f"{folder}/")})


@dataclass
class Play:
    """What is certain at each moment: the states whose writers have been told that they are kept."""

    archive: TurnByTurn
    kept: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    async def write(self, job: int, state: int) -> None:
        record = closed_record(f"job-{job}", NOON - (job % 2) * DAY)
        record = record.model_copy(update={"strays_omitted": state, "title": f"state {state}"})
        await keep_entry(Process(self.archive), record)
        self.kept[record.job_id] = max(state, self.kept.get(record.job_id, 0))

    async def compact(self, calls: int) -> None:
        try:
            await compact(Process(self.archive, calls), TOMORROW)
        except FaultError:
            return  # dead, or disturbed all the time: either way the next one goes on

    async def read(self) -> None:
        certain = dict(self.kept)
        found = await find_closed(Process(self.archive), ALL, 100)
        ids = [job.job_id for job in found.jobs]
        shown = {job.job_id: int(job.title.split()[1]) for job in found.jobs}
        if found.unreadable or len(ids) != len(set(ids)):
            self.wrong.append(f"shown twice, or unreadable: {found}")
        self.wrong += [f"{job} {state}, but {shown}" for job, state in certain.items() if shown.get(job, -1) < state]


Step = tuple[str, int, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, JOBS - 1), st.integers(0, 3)),
        st.tuples(st.just("compact"), st.integers(1, 60), st.just(0)),
        st.tuples(st.just("read"), st.just(0), st.just(0)),
    ),
    min_size=1,
    max_size=8,
)


def begun(play: Play, step: Step) -> Coroutine[Any, Any, None]:
    name, first, second = step
    match name:
        case "write":
            return play.write(first, second)
        case "compact":
            return play.compact(first)
        case _:
            return play.read()


async def until_all_wait(tasks: set[asyncio.Task[None]], archive: TurnByTurn) -> None:
    """Let everything run on until each task has ended, or waits for its turn."""
    before = -1
    while before != len(archive.waiting) or any(task.done() for task in tasks):
        before = len(archive.waiting)
        for _ in range(6):
            await asyncio.sleep(0)
        for task in [task for task in tasks if task.done()]:
            task.result()
            tasks.discard(task)


async def played(steps: list[Step], at_once: int, chance: Random) -> Play:
    archive = TurnByTurn()
    play = Play(archive)
    tasks: set[asyncio.Task[None]] = set()
    left = [*steps]
    if steps:
        left.insert(0, ("write", 0, 0))
    while left or tasks:
        while left and len(tasks) < at_once:
            tasks.add(asyncio.create_task(begun(play, left.pop(0))))
        await until_all_wait(tasks, archive)
        archive.let_one_through(chance)
    return play


@settings(max_examples=250, deadline=None)
@given(steps=STEPS, at_once=st.integers(1, 4), seed=st.randoms(use_true_random=False))
def test_every_reader_sees_every_kept_job_once_in_its_newest_state(
    steps: list[Step], at_once: int, seed: Random
) -> None:
    async def run() -> None:
        play = await played(steps, at_once, seed)
        # In the end, with nobody at work: still so, and so after a last compaction.
        rest = await played([], 1, seed)
        rest.archive.objects, rest.kept = play.archive.objects, play.kept
        for step in (("read", 0, 0), ("compact", 1_000, 0), ("read", 0, 0)):
            task = asyncio.create_task(begun(rest, step))
            while not task.done():
                await until_all_wait({task}, rest.archive)
                rest.archive.let_one_through(seed)
            task.result()
        assert play.wrong + rest.wrong == []

    asyncio.run(run())


def test_the_play_itself_notices_a_lost_job() -> None:
    """A property that nothing can break would say nothing."""

    async def run() -> list[str]:
        archive = TurnByTurn()
        play = Play(archive)
        play.kept["job-1"] = 1
        task = asyncio.create_task(play.read())
        while not task.done():
            await until_all_wait({task}, archive)
            archive.let_one_through(Random(0))
        return play.wrong

    assert asyncio.run(run()) == ["job-1 1, but {}"]
