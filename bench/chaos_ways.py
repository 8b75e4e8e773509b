"""The two ways of running the same jobs through the same chaos: the product's, and the plain one."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from bench.chaos_accounts import (
    account_creates,
    account_deliveries,
    account_jobs,
    account_plain_creates,
    account_plain_jobs,
)
from bench.chaos_figures import TrackedWay, Way
from bench.chaos_plain import Plain
from bench.chaos_plain_worker import TASK_QUEUE as PLAIN_TASK_QUEUE
from bench.chaos_receipts import account_receipts, repeated_after
from bench.chaos_schedule import Schedule
from bench.chaos_tracked import Tracked
from bench.chaos_workers import Workers
from bench.chaos_world import Faults, running_world
from signoff.domain import names

_PROGRESS_INTERVAL: Final = timedelta(seconds=15)
_PLAIN_COMMAND: Final = [sys.executable, "-P", "-m", "bench.chaos_plain_worker"]


@dataclass(frozen=True)
class Chaos:
    """What both ways go through.

    Attributes:
        workers: How many run at once.
        bound: How long after the last kill a job that is still open counts as stuck; a kill that waits for a delivery
            waits no longer either.
        kept: Where the files of a run stay; without it they are removed.
    """

    schedule: Schedule
    faults: Faults
    workers: int
    bound: timedelta
    kept: Path | None

    def folder(self, way: str) -> Path | None:
        """Say where the files of one way stay."""
        return self.kept / way if self.kept else None


async def run_tracked(chaos: Chaos) -> TrackedWay:
    """Run the product's jobs."""
    sys.stderr.write("signoff: starting Temporal, the simulator and the workers\n")
    planned = chaos.schedule.jobs
    async with running_world(chaos.faults, chaos.folder("signoff")) as world:
        workers = Workers(world, world.plan.worker_command, names.TASK_QUEUE, chaos.workers)
        async with workers.working(chaos.schedule.kills, chaos.bound):
            driver = Tracked(world, planned, workers.passed)
            seconds = await _timed(workers.beside(_told("signoff", driver, workers, chaos)))
            told = await workers.beside(driver.tell())
            ledger, deliveries = await world.ledger(), world.receiver.deliveries
            closed = [record for record in told.records.values() if record.closed_at]
            return TrackedWay(
                jobs=len(planned),
                kills=workers.kills,
                seconds=seconds,
                job_seconds=[(one.closed_at - one.opened_at).total_seconds() for one in closed if one.closed_at],
                replies_lost=len(ledger["replies_lost"]),
                fates=account_jobs([job.job_id for job in planned], told.records, told.unreadable, deliveries),
                creates=account_creates(ledger["creates"], told.records),
                deliveries=account_deliveries(deliveries, driver.log.approvals),
                uncalled_ends=workers.uncalled_ends,
                hits=repeated_after(world.receiver.hits, deliveries),
                records=told.records,
                log=driver.log,
                contradicted=told.contradicted,
                receipts=account_receipts(told.records, told.receipts, deliveries, driver.log.approvals),
                unsound=told.unsound,
            )


async def run_plain(chaos: Chaos) -> Way:
    """Run plain jobs."""
    sys.stderr.write("plain: starting Temporal, the simulator and the workers\n")
    planned = chaos.schedule.jobs
    async with running_world(chaos.faults, chaos.folder("plain")) as world:
        workers = Workers(world, _PLAIN_COMMAND, PLAIN_TASK_QUEUE, chaos.workers)
        async with workers.working(chaos.schedule.kills, chaos.bound):
            driver = Plain(world, planned, workers.passed)
            seconds = await _timed(workers.beside(_told("plain", driver, workers, chaos)))
            ledger, deliveries = await world.ledger(), world.receiver.deliveries
            return Way(
                jobs=len(planned),
                kills=workers.kills,
                seconds=seconds,
                job_seconds=driver.job_seconds,
                replies_lost=len(ledger["replies_lost"]),
                fates=account_plain_jobs([job.job_id for job in planned], driver.response_ids, driver.failed),
                creates=account_plain_creates(ledger["creates"], driver.response_ids),
                deliveries=account_deliveries(deliveries),
                uncalled_ends=workers.uncalled_ends,
                hits=repeated_after(world.receiver.hits, deliveries),
            )


async def _told(way: str, driver: Tracked | Plain, workers: Workers, chaos: Chaos) -> None:
    """Run the jobs, and say now and then how far they are."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(_PROGRESS_INTERVAL.total_seconds())
            kills, jobs = len(chaos.schedule.kills), len(chaos.schedule.jobs)
            sys.stderr.write(f"{way}: {workers.kills} of {kills} kills, {driver.ended} of {jobs} jobs ended\n")

    telling = asyncio.create_task(tell())
    try:
        await driver.run(chaos.bound)
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _timed(work: Coroutine[Any, Any, None]) -> float:
    started = time.monotonic()
    await work
    return time.monotonic() - started
