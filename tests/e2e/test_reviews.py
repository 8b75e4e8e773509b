"""Decisions that meet a dead worker: each is told that it will be applied, and is."""

import asyncio

import pytest

from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind
from signoff.domain.status import JobStatus
from tests.e2e.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def decide(world: World, job_id: str, digest: str) -> DecisionAnswer:
    kind = DecisionKind.APPROVE
    decision = Decision(decision_id=f"d-{job_id}", kind=kind, digest=digest, reviewer="ana", comment="seen")
    return await world.jobs.decide(job_id, decision)


async def test_workers_that_die_in_the_middle_of_ten_decisions_lose_none(world: World) -> None:
    jobs = await asyncio.gather(*(world.submit() for _ in range(10)))
    held = {job.job_id: job.digest or "" for job in await asyncio.gather(*map(world.held, jobs))}
    before, after = jobs[:4], jobs[4:]
    answers = await asyncio.gather(*(decide(world, job_id, held[job_id]) for job_id in before))
    assert all(answer.is_accepted for answer in answers)
    await world.kill_worker()
    answers = await asyncio.gather(*(decide(world, job_id, held[job_id]) for job_id in after))
    assert all(answer.is_pending and "will be applied" in answer.reason for answer in answers)
    await world.start_worker()
    records = await asyncio.gather(*map(world.closed, jobs))
    for record in records:
        assert record.status is JobStatus.COMPLETED
        assert record.receipt
        assert record.receipt.digest == held[record.job_id]
        assert [line.decision_id for line in record.opened_review.lines] == [f"d-{record.job_id}"]
