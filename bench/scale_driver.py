"""Many open jobs: submitted, half polled and half held, waited beside, worked beside, and taken up by a new worker."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from random import Random
from typing import Any, Final

import psutil
from pydantic import JsonValue
from temporalio.client import Client

from bench.stack import Rig
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.job import JobRequest
from signoff.domain.names import METADATA_JOB_ID
from signoff.domain.status import JobStatus
from starter.children import start_child
from starter.stack import StackError

REQUESTER: Final = "scale"
AT_ONCE: Final = 20
_HELD: Final = "completed queued=0 running=1"
_POLLED: Final = "completed queued=0 running=86400"
_BOUND_SECONDS: Final = 1_800


def make_requests(name: str, count: int, seed: int) -> list[JobRequest]:
    """Write requests of which every second one's response takes a day, in an order that the seed decides."""
    scenarios = [_POLLED if number % 2 else _HELD for number in range(count)]
    Random(seed).shuffle(scenarios)
    return [_request(f"{name}-{number}", scenario) for number, scenario in enumerate(scenarios)]


async def submit_all(rig: Rig, requests: Sequence[JobRequest]) -> float:
    """Submit them, `AT_ONCE` at a time as `signoff submit --jsonl` does. Returns the seconds it took."""
    slots, begun_at = asyncio.Semaphore(AT_ONCE), time.monotonic()

    async def submit(request: JobRequest) -> None:
        async with slots:
            await rig.jobs.submit(request)

    await asyncio.gather(*map(submit, requests))
    return time.monotonic() - begun_at


async def all_settled(rig: Rig, count: int) -> float:
    """Wait until one half is held and the other was looked at. Returns the seconds it took."""

    async def is_settled() -> bool:
        held = await held_count(rig.temporal)
        sys.stderr.write(f"  {held:,} of {count - count // 2:,} held\n")
        return held >= count - count // 2 and len(await looks_of(rig)) >= count // 2

    return await _seconds_until(is_settled, pause=1)


async def held_count(temporal: Client) -> int:
    """Count the jobs of the benchmark that are held for review."""
    query = f'Requester="{REQUESTER}" AND JobStatus="{JobStatus.AWAITING_REVIEW}" AND ExecutionStatus="Running"'
    return (await temporal.count_workflows(query)).count


async def looks_of(rig: Rig) -> dict[str, int]:
    """Count the looks at each response that still runs."""
    ledger = await rig.ledger()
    running = (one["id"] for one in ledger["creates"] if one["metadata"].get("simulator") == _POLLED)
    return {one: looks for one in running if (looks := ledger["retrieves"].get(one, 0))}


async def probe(rig: Rig, name: str, count: int) -> dict[str, list[float]]:
    """Measure new jobs one after another: until their create, and a decision until it is answered and delivered."""
    times: dict[str, list[float]] = {"create": [], "decision": [], "delivered": []}
    for number in range(count):
        job_id = f"{name}-{number}"
        begun_at = time.time()
        await rig.jobs.submit(_request(job_id, _HELD))
        await _seconds_until(partial(_is_held, rig, job_id), pause=0.2)
        times["create"].append((await _created_at(rig, job_id) - begun_at) * 1000)
        begun = time.monotonic()
        await _approve(rig, job_id)
        times["decision"].append((time.monotonic() - begun) * 1000)
        await rig.temporal.get_workflow_handle(job_id).result()
        times["delivered"].append((time.monotonic() - begun) * 1000)
    return {what: sorted(values) for what, values in times.items()}


@asynccontextmanager
async def restarted(rig: Rig) -> AsyncIterator[psutil.Process]:
    """Kill the worker, and have a new one as long as the block runs."""
    rig.worker.kill()
    await asyncio.to_thread(psutil.wait_procs, [rig.worker], timeout=10)
    environ = rig.plan.environment(os.environ)
    command, patience = rig.plan.worker_command, rig.plan.patience
    child = await start_child("worker-again", command, logs=rig.plan.logs, environ=environ, patience=patience)
    try:
        yield psutil.Process(child.process.pid)
    finally:
        await child.stop()


async def all_looked_again(rig: Rig, before: dict[str, int]) -> float:
    """Wait until each running response was looked at once more. Returns the seconds it took."""

    async def is_done() -> bool:
        now = await looks_of(rig)
        return all(now[one] > looks for one, looks in before.items())

    return await _seconds_until(is_done, pause=1)


def _request(job_id: str, scenario: str) -> JobRequest:
    response: dict[str, JsonValue] = {
        "model": "gpt-5.5",
        "input": "How do tides work?",
        "metadata": {"simulator": scenario},
    }
    return JobRequest(job_id=job_id, title=f"Benchmark job {job_id}", requester=REQUESTER, response=response)


async def _is_held(rig: Rig, job_id: str) -> bool:
    return (await rig.jobs.describe(job_id)).status is JobStatus.AWAITING_REVIEW


async def _created_at(rig: Rig, job_id: str) -> float:
    ledger: Any = await rig.ledger()
    return min(float(one["created_at"]) for one in ledger["creates"] if one["metadata"].get(METADATA_JOB_ID) == job_id)


async def _approve(rig: Rig, job_id: str) -> None:
    _, record = await rig.jobs.draft(job_id)
    digest = record.deliverable.digest if record.deliverable else ""
    decision = Decision(decision_id=f"{job_id}-approval", kind=DecisionKind.APPROVE, digest=digest, reviewer="reviewer")
    answer = await rig.jobs.decide(job_id, decision)
    if not answer.is_accepted:
        msg = f"the approval of {job_id} was refused: {answer.reason}"
        raise StackError(msg)


async def _seconds_until(is_so: Callable[[], Coroutine[Any, Any, bool]], pause: float) -> float:
    begun_at = time.monotonic()
    while time.monotonic() - begun_at < _BOUND_SECONDS:
        if await is_so():
            return time.monotonic() - begun_at
        await asyncio.sleep(pause)
    msg = f"it was not so within {_BOUND_SECONDS} s"
    raise StackError(msg)
