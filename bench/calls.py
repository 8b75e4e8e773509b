"""What the driver's own calls cost the server and the worker, so that a reader can take them off."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from bench.driver import Tracked
from bench.stack import Cpu, Rig
from signoff.domain.status import JobStatus

_REPEATS: Final = 50
_BOUND: Final = timedelta(seconds=60)
_RUN_TIME: Final = timedelta(seconds=1)


async def price_calls(rig: Rig, listed: str) -> dict[str, Cpu]:
    """Measure a query of a held job, and a list of the jobs of one requester.

    Such a list is the dearest that the driver can get; most of its own are shorter.
    """
    job_id = (await rig.jobs.submit(Tracked(rig, "calls", 1, _RUN_TIME).request("calls-0"))).job_id
    await asyncio.wait_for(_held(rig, job_id), _BOUND.total_seconds())
    prices = {
        "query": await _price(rig, lambda: rig.jobs.record(job_id)),
        "list": await _price(rig, lambda: rig.jobs.list(requester=listed, limit=1_000)),
    }
    await rig.jobs.cancel(job_id, by="benchmark")
    return prices


async def price_idling(rig: Rig, duration: timedelta) -> Cpu:
    """Measure what a second costs in which nothing happens."""
    before = rig.cpu()
    await asyncio.sleep(duration.total_seconds())
    return rig.cpu().since(before).over(duration.total_seconds())


async def _held(rig: Rig, job_id: str) -> None:
    async for job in rig.jobs.follow(job_id):
        if job.status is JobStatus.AWAITING_REVIEW:
            return


async def _price(rig: Rig, call: Callable[[], Awaitable[object]]) -> Cpu:
    before = rig.cpu()
    for _ in range(_REPEATS):
        await call()
    return rig.cpu().since(before).over(_REPEATS)
