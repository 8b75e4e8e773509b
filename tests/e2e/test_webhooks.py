"""The same words in every mode, and webhooks that meet a dead gateway, no worker, or a create that was lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import httpx2
import pytest
import pytest_asyncio

from signoff.domain.names import LOOK_WHEN_ANNOUNCED
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.e2e.announcing import AnnouncedWorld, announced_world, waited

pytestmark = pytest.mark.asyncio(loop_scope="session")
FIRST_SECONDS: Final = 25
"""Well beyond the 10 s for which Temporal holds a job's next step for a worker that died."""

BOUND_SECONDS: Final = 90
QUICK: Final = "queued=0 running=1"
MODES: Final = ("poll", "webhook", "auto")
ENDS: Final = {JobStatus.AWAITING_REVIEW, JobStatus.NEEDS_ATTENTION}
SCENARIOS: Final = [
    f"completed {QUICK}",
    f"failed code=server_error times=1 {QUICK}",
    f"429 then completed {QUICK}",
    f"incomplete reason=max_output_tokens {QUICK}",
    f"refusal {QUICK}",
    f"failed code=insufficient_quota {QUICK}",
    f"failed code=a_code_that_nobody_knows {QUICK}",
    f"completed looks=500,404,ok {QUICK}",
    f"completed webhook=early {QUICK}",
    "completed webhook=early queued=0 running=0",
    f"completed webhook=duplicate {QUICK}",
    f"completed webhook=reordered {QUICK}",
    f"completed webhook=forged {QUICK}",
    f"completed webhook=old {QUICK}",
    f"completed webhook=foreign {QUICK}",
    f"completed webhook=missing {QUICK}",
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def announced(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AnnouncedWorld]:
    async with announced_world(tmp_path_factory.mktemp("announced"), first_seconds=FIRST_SECONDS) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def records(announced: AnnouncedWorld) -> dict[tuple[str, str], JobRecord]:
    """Live every scenario in every mode, all at once; jobs that poll hear of nothing."""
    pairs = [(scenario, mode) for scenario in SCENARIOS for mode in MODES]
    jobs = [announced.submit(scenario=played(scenario, mode), wait=mode) for scenario, mode in pairs]
    async with asyncio.timeout(BOUND_SECONDS):
        ended = await asyncio.gather(*(_ended(announced, job_id) for job_id in await asyncio.gather(*jobs)))
    return dict(zip(pairs, ended, strict=True))


def played(scenario: str, mode: str) -> str:
    return scenario if mode != "poll" else re.sub(r" webhook=\w+", "", scenario) + " webhook=missing"


async def _ended(world: AnnouncedWorld, job_id: str) -> JobRecord:
    await world.until(job_id, lambda seen: seen.status in ENDS and seen.is_complete)
    return await world.jobs.record(job_id)


async def held(world: AnnouncedWorld, job_ids: list[str]) -> list[JobRecord]:
    async with asyncio.timeout(BOUND_SECONDS):
        await asyncio.gather(*(world.held(job_id) for job_id in job_ids))
    return [await world.jobs.record(job_id) for job_id in job_ids]


def told(record: JobRecord) -> dict[str, Any]:
    """Say what a record says, without the names, the times, the looks and the bytes of this one job."""
    return {
        "status": record.status,
        "reason": nameless(record.reason),
        "next_action": record.next_action,
        "actor": record.actor,
        "response_status": record.response_status,
        "failure": record.failure and (record.failure.failure_class, record.failure.code, record.failure.stage),
        "paid_twice": record.possibly_paid_twice,
        "strays": len(record.strays),
        "findings": record.deliverable and [finding.kind for finding in record.deliverable.findings],
        "attempts": [
            (attempt.number, attempt.response_status, attempt.is_adopted, attempt.failure and attempt.failure.code)
            for attempt in record.attempts
        ],
        "timeline": [(line.event, line.status, line.failure_class) for line in record.timeline],
    }


def nameless(text: str) -> str:
    return re.sub(r"\b(resp_|job-)\w+", r"\1", text)


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_record_says_the_same_however_the_end_was_noticed(
    records: dict[tuple[str, str], JobRecord], scenario: str
) -> None:
    polled, *others = [told(records[scenario, mode]) for mode in MODES]
    assert len(polled["timeline"]) > 2
    for other in others:
        assert other == polled


@pytest.mark.parametrize("fault", ["missing", "forged", "old"])
async def test_a_job_that_no_webhook_reached_is_looked_at_by_the_safety_net(
    records: dict[tuple[str, str], JobRecord], fault: str
) -> None:
    record = records[f"completed webhook={fault} {QUICK}", "webhook"]
    assert record.attempts[0].looks == 1
    assert waited(record) >= timedelta(seconds=FIRST_SECONDS)


@pytest.mark.parametrize("fault", ["duplicate", "reordered", "foreign"])
async def test_a_true_webhook_counts_whatever_comes_beside_it(
    records: dict[tuple[str, str], JobRecord], fault: str
) -> None:
    record = records[f"completed webhook={fault} {QUICK}", "webhook"]
    assert waited(record) < timedelta(seconds=FIRST_SECONDS)


@pytest.mark.parametrize("fault", ["forged", "old"])
async def test_a_webhook_that_can_not_be_trusted_is_refused(
    announced: AnnouncedWorld, records: dict[tuple[str, str], JobRecord], fault: str
) -> None:
    record = records[f"completed webhook={fault} {QUICK}", "webhook"]
    [sent] = await announced.sent_about([record.response_id])
    assert (sent["tries"], sent["delivered"]) == (1, False)


async def test_a_gateway_that_dies_in_a_burst_loses_nothing(announced: AnnouncedWorld) -> None:
    scenarios = [f"completed queued=0 running={2 + number / 10}" for number in range(40)]
    jobs = await asyncio.gather(*(announced.submit(scenario=scenario) for scenario in scenarios))
    async with asyncio.timeout(BOUND_SECONDS):
        before = await announced.delivered(jobs, at_least=8)
        await announced.kill_gateway()
        await announced.start_gateway()
        sent = await announced.delivered(jobs, at_least=len(jobs))
    assert len(before) < len(jobs)
    assert any(one["tries"] > 1 for one in sent)
    for record in await held(announced, jobs):
        assert waited(record) < timedelta(seconds=FIRST_SECONDS)


async def test_webhooks_that_come_while_no_worker_lives_wait_for_the_next_one(announced: AnnouncedWorld) -> None:
    jobs = await asyncio.gather(*(announced.submit(scenario="completed queued=0 running=3") for _ in range(5)))
    async with asyncio.timeout(BOUND_SECONDS):
        await asyncio.gather(*(announced.until(job_id, is_created) for job_id in jobs))
        await announced.kill_worker()
        await announced.delivered(jobs, at_least=len(jobs))
        await announced.start_worker()
    for record in await held(announced, jobs):
        assert waited(record) < timedelta(seconds=FIRST_SECONDS)
        assert await was_told(announced, record.job_id)
        assert record.attempts[0].looks == 1


def is_created(seen: Any) -> bool:
    return bool(seen.response_id)


async def was_told(world: AnnouncedWorld, job_id: str) -> bool:
    """Tell from the history whether a look came because of an announcement."""
    history = await world.stack.temporal.get_workflow_handle(job_id).fetch_history()
    kinds = [event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events]
    return LOOK_WHEN_ANNOUNCED in kinds


async def test_the_response_of_another_environment_is_left_alone_and_counted(announced: AnnouncedWorld) -> None:
    theirs = {"signoff_job_id": "a-job-of-theirs", "signoff_run_id": "a-run", "simulator": f"completed {QUICK}"}
    async with httpx2.AsyncClient(trust_env=False, base_url=announced.plan.provider_url) as http:
        parameters = {"model": "a-model", "input": "a question", "background": True, "metadata": theirs}
        key = {"Authorization": "Bearer a-key"}
        (await http.post("/responses", json=parameters, headers=key)).raise_for_status()
    async with asyncio.timeout(BOUND_SECONDS):
        await announced.counted("signoff_announcements_routed_total", outcome="foreign")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", ["close", "502"])
async def test_a_lost_create_is_adopted_through_its_webhook(announced: AnnouncedWorld, mode: str, how: str) -> None:
    job_id = await announced.submit(scenario=f"lost how={how} {QUICK}", wait=mode)
    [record] = await held(announced, [job_id])
    [attempt] = record.attempts
    assert attempt.is_adopted
    assert await announced.responses_of([job_id]) == {job_id: attempt.response_id}
    assert await announced.creates_of(job_id) == 1
    assert not record.possibly_paid_twice
