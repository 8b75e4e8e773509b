"""Decisions that nobody answers at once, and decisions that meet each other."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.client import JobClient
from signoff.domain.decision import DecisionAnswer
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.world import Outbox, World, a_decision, a_world

BOTH = 100


def digest_in(record: JobRecord) -> str:
    assert record.review
    return record.review.digest


async def held(world: World, count: int, approvals: int = 1) -> dict[str, str]:
    """Submit so many jobs, and give the held digest of each."""
    jobs = await asyncio.gather(*(world.submit(review={"approvals": approvals}) for _ in range(count)))
    records = await asyncio.gather(*(world.held(job_id) for job_id in jobs))
    return {record.job_id: digest_in(record) for record in records}


async def test_decisions_that_no_worker_answers_are_left_and_applied_later(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.deciding.PATIENCE", timedelta(seconds=1))
    archive, outbox = open_archive("memory:"), Outbox()
    async with a_world(real_env, archive=archive, provider=InMemoryResponses(script=[completed()])) as world:
        jobs = await held(world, 5)
    client = JobClient(real_env.client, archive)
    answers = await asyncio.gather(*(client.decide(job, a_decision(digest)) for job, digest in jobs.items()))
    assert {(answer.is_pending, answer.is_accepted) for answer in answers} == {(True, False)}
    assert all("will be applied" in answer.reason for answer in answers)
    async with a_world(real_env, archive=archive, outbox=outbox):
        outcomes = [await client._handle(job).result() for job in jobs]
    assert [outcome.status for outcome in outcomes] == [JobStatus.COMPLETED] * 5
    assert sorted(parcel.job_id for parcel in outbox.parcels) == sorted(jobs)
    for job, digest in jobs.items():
        record = await client.record(job)
        assert record.review
        assert len(record.review.lines) == 1  # the update and the signal were one decision
        again = await client.decide(job, a_decision(digest))
        assert (again.is_accepted, again.is_pending) == (True, False)


async def test_a_decision_that_was_left_and_breaks_a_rule_is_refused_later(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.deciding.PATIENCE", timedelta(seconds=1))
    archive = open_archive("memory:")
    async with a_world(real_env, archive=archive, provider=InMemoryResponses(script=[completed()])) as world:
        [(job, digest)] = (await held(world, 1)).items()
    client = JobClient(real_env.client, archive)
    assert (await client.decide(job, a_decision(digest, reviewer="a-service"))).is_pending
    async with a_world(real_env, archive=archive) as world:
        record = await world.until(job, lambda record: record.timeline[-1].event == "decision.refused")
    assert record.status is JobStatus.AWAITING_REVIEW
    assert "somebody else must decide" in record.timeline[-1].text


@pytest.mark.parametrize("approvals", [1, 2])
async def test_two_people_who_approve_at_once_bring_about_one_delivery(
    real_env: WorkflowEnvironment, approvals: int
) -> None:
    outbox = Outbox()
    async with a_world(real_env, outbox=outbox, provider=InMemoryResponses(script=[completed()])) as world:
        jobs = await held(world, BOTH // 2, approvals)

        async def both(job: str, digest: str) -> list[DecisionAnswer]:
            people = (a_decision(digest, reviewer=who) for who in ("ana", "bo"))
            return await asyncio.gather(*(world.jobs.decide(job, decision) for decision in people))

        answers = await asyncio.gather(*(both(job, digest) for job, digest in jobs.items()))
        for pair in answers:
            assert sum(answer.is_accepted for answer in pair) == approvals
            assert all("decision has been made" in one.reason or "closed" in one.reason for one in pair if one.reason)
        await asyncio.gather(*(world.handle(job).result() for job in jobs))
        assert sorted(parcel.job_id for parcel in outbox.parcels) == sorted(jobs)
        for job, digest in jobs.items():
            record = await world.jobs.record(job)
            assert (record.status, len(record.approvers)) == (JobStatus.COMPLETED, approvals)
            assert record.receipt
            assert record.receipt.digest == digest


async def test_a_decision_on_a_closed_job_is_refused_and_kept_in_the_archived_record(
    real_env: WorkflowEnvironment,
) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[completed()])) as world:
        [(job, digest)] = (await held(world, 1)).items()
        await world.jobs.decide(job, a_decision(digest))
        await world.handle(job).result()
        late = a_decision(digest, reviewer="bo")
        answers = [await world.jobs.decide(job, late) for _ in range(3)]
        assert [(one.is_accepted, "the job is closed" in one.reason) for one in answers] == [(False, True)] * 3
        record = await world.until(job, lambda record: record.timeline[-1].event == "decision.refused")
        assert record.status is JobStatus.COMPLETED
        assert [(line.reviewer, line.is_accepted) for line in record.opened_review.lines] == [
            ("ana", True),
            ("bo", False),
        ]
