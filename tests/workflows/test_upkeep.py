"""The upkeep of the archive: started daily by a schedule, inert without rules, and going on where it stopped."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import ScheduleOverlapPolicy
from temporalio.common import WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from signoff.adapters.archive import open_archive
from signoff.domain import layout, names
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.removal import Kind
from signoff.domain.retention import Retention, Swept
from signoff.domain.upkeep import SLICES, Compacted, SweepOrder, UpkeepOrder, UpkeepReport
from signoff.upkeep import run_upkeep, schedule_upkeep, upkeep_status
from tests.activities.erased_job import CONTENT, JOB, fill
from tests.world import a_world
from workflows.upkeep import Upkeep

PATIENCE = timedelta(seconds=30)
DAY = timedelta(days=1)
DRAFTS = DeploymentPolicy(retention=Retention(drafts=DAY))


async def test_the_schedule_is_made_once_and_brought_up_to_date_by_a_repeat(real_env: WorkflowEnvironment) -> None:
    client = real_env.client
    assert not (await upkeep_status(client)).is_scheduled
    assert await schedule_upkeep(client)
    assert not await schedule_upkeep(client)
    found = await client.get_schedule_handle(names.UPKEEP_ID).describe()
    assert found.schedule.spec.intervals[0].every == DAY
    assert found.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    status = await upkeep_status(client)
    assert (status.is_scheduled, status.is_paused, status.last) == (True, False, None)
    assert status.next_at


async def test_a_schedule_that_was_paused_stays_paused(real_env: WorkflowEnvironment) -> None:
    await schedule_upkeep(real_env.client)
    await real_env.client.get_schedule_handle(names.UPKEEP_ID).pause()
    await schedule_upkeep(real_env.client)
    assert (await upkeep_status(real_env.client)).is_paused


@pytest.mark.parametrize("policy", [DeploymentPolicy(), DRAFTS])
async def test_a_run_by_hand_does_what_the_rules_say_and_without_any_nothing(
    real_env: WorkflowEnvironment, policy: DeploymentPolicy
) -> None:
    archive = open_archive("memory:")
    await fill(archive)
    async with a_world(real_env, archive=archive, policy=policy):
        dry = await run_upkeep(real_env.client, is_dry_run=True, patience=PATIENCE)
        assert {path async for path in archive.paths(f"jobs/{JOB}")} > set(CONTENT)
        report = await run_upkeep(real_env.client, is_dry_run=False, patience=PATIENCE)
    expected = {} if policy.retention.is_inert else {Kind.DRAFT: 1}
    assert (dry.swept.removed, report.swept.removed) == (expected, expected)
    gone = set(CONTENT) - {path async for path in archive.paths(f"jobs/{JOB}")}
    assert len(gone) == len(expected)


async def test_the_schedule_starts_a_run_that_a_worker_does(real_env: WorkflowEnvironment) -> None:
    archive = open_archive("memory:")
    await fill(archive)
    async with a_world(real_env, archive=archive, policy=DRAFTS) as world:
        await schedule_upkeep(real_env.client)
        await real_env.client.get_schedule_handle(names.UPKEEP_ID).trigger()
        for _ in range(300):
            if (status := await upkeep_status(real_env.client)).last:
                break
            await real_env.sleep(0.1)
        assert status.last
        assert status.last.swept.removed == {Kind.DRAFT: 1}
        assert [job.job_id for job in await world.jobs.list()] == []  # it is no job
    assert await archive.get(layout.record_path(JOB))


async def test_a_bounded_run_leaves_the_rest_to_the_next_one_which_begins_there(real_env: WorkflowEnvironment) -> None:
    begun: list[str] = []

    @activity.defn(name=names.SWEEP_ARCHIVE)
    async def endless(order: SweepOrder) -> Swept:
        begun.append(order.begun.after)
        return order.begun.model_copy(update={"after": f"job-{len(begun):03}", "jobs": order.begun.jobs + 1})

    @activity.defn(name=names.COMPACT_INDEX)
    async def compacted(_: UpkeepOrder) -> Compacted:
        return Compacted()

    client = real_env.client
    handle: Any
    async with Worker(client, task_queue="a-queue", workflows=[Upkeep], activities=[endless, compacted]):
        options: Any = {"task_queue": "a-queue", "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE}
        # A workflow with a cron is given the result of the run before it, as one that a schedule starts.
        handle = await client.start_workflow(
            names.UPKEEP, UpkeepOrder(), id="by-cron", cron_schedule="@every 1s", **options
        )
        for _ in range(300):
            if len(begun) > SLICES:
                break
            await real_env.sleep(0.1)
        await handle.terminate()
        history = await client.get_workflow_handle("by-cron", run_id=handle.first_execution_run_id).fetch_history()
    assert begun[0] == ""
    assert begun[SLICES] == f"job-{SLICES:03}"
    await Replayer(workflows=[Upkeep], data_converter=pydantic_data_converter).replay_workflow(history)


@pytest.mark.parametrize(("is_complete", "expected"), [(True, ""), (False, "job-7")])
def test_the_next_run_begins_anew_after_one_that_came_to_the_end(is_complete: bool, expected: str) -> None:  # noqa: FBT001
    assert UpkeepReport(swept=Swept(after="job-7", is_complete=is_complete)).resume_after == expected
