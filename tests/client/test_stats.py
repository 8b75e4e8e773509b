"""The numbers of all jobs, from the index of a real server and from the archive's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from temporalio.testing import WorkflowEnvironment

from bench.open_jobs import start_held
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.client import JobClient
from signoff.domain.attempt import Attempt
from signoff.domain.cost import Cost
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Observation
from signoff.domain.stats import JobStats
from signoff.domain.status import JobStatus, NextAction
from signoff.domain.usage import Usage
from tests.activities.desk import FlakyArchive
from tests.closed.making import DAY, closed
from tests.world import World, a_world


async def numbers(world: World, is_so: Callable[[JobStats], bool]) -> JobStats:
    """Count once the index has caught up."""
    for _ in range(200):
        found = await world.jobs.stats()
        if is_so(found):
            return found
        await world.env.sleep(timedelta(milliseconds=50))
    pytest.fail(f"not counted: {found}")


async def test_jobs_are_counted_by_status_class_and_next_action(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env, provider=InMemoryResponses(script=[IN_PROGRESS])) as world:
        await world.submit(job_id="runs")
        await world.until("runs", lambda record: record.status is JobStatus.RUNNING)
        await world.submit(job_id="lost")
        await world.until("lost", lambda record: record.status is JobStatus.RUNNING)
        await world.handle("lost").terminate()
        refused = Observation(stage=Stage.CREATE, http_status=401, message="the key was revoked")
        world.provider.create_script = (FaultError(refused),)
        world.provider.creates = 0
        await world.submit(job_id="stopped")
        await world.stopped("stopped")
        found = await numbers(
            world, lambda told: told.statuses[JobStatus.NEEDS_ATTENTION] == 1 and told.statuses[JobStatus.FAILED] == 1
        )
    assert set(found.statuses) == set(JobStatus)
    assert (found.statuses[JobStatus.RUNNING], found.open_jobs) == (1, 2)
    assert (found.failure_classes, found.next_actions) == (
        {FailureClass.CONFIGURATION: 1},
        {NextAction.FIX_CONFIGURATION: 1},
    )
    assert (found.reviews.first_due, found.reviews.oldest) == (None, None)


@pytest.mark.parametrize("count", [30, 150])
async def test_of_many_reviews_those_that_come_first_are_found(real_env: WorkflowEnvironment, count: int) -> None:
    async with a_world(real_env) as world:
        await start_held(real_env.client, count, "ann")
        found = await numbers(world, lambda told: told.statuses[JobStatus.AWAITING_REVIEW] == count)
        listed = await world.jobs.list(status=JobStatus.AWAITING_REVIEW, limit=count)
    due = {job.job_id: job.review_due_at for job in listed if job.review_due_at}
    begun = {job.job_id: job.started_at for job in listed}
    assert len(due) == len(begun) == count
    assert found.reviews.first_due
    assert found.reviews.oldest
    assert (found.reviews.first_due.job_id, found.reviews.first_due.due_at) == ("ann-00001", min(due.values()))
    assert found.reviews.oldest.submitted_at == begun[found.reviews.oldest.job_id]
    # Where more than a page of jobs began within a second, any of them may be told as the oldest.
    assert found.reviews.oldest.submitted_at - min(begun.values()) <= timedelta(seconds=1)
    assert found.reviews.due_within_day == sum(at < found.at + DAY for at in due.values())


async def test_a_longer_list_than_one_page_is_whole(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.listing.LONGEST_PAGE", 10)
    async with a_world(real_env) as world:
        await start_held(real_env.client, 35, "ann")
        await numbers(world, lambda told: told.statuses[JobStatus.AWAITING_REVIEW] == 35)
        assert len({job.job_id for job in await world.jobs.list(limit=1_000)}) == 35
        assert len(await world.jobs.list(limit=25)) == 25


def an_attempt(amount: str | None, currency: str = "USD") -> Attempt:
    now = datetime.now(UTC)
    cost = None if amount is None else Cost(amount=Decimal(amount), currency=currency)
    return Attempt(number=1, started_at=now, response_id="r", ended_at=now, usage=Usage(total_tokens=10), cost=cost)


async def test_what_was_spent_is_summed_up_from_the_archive(real_env: WorkflowEnvironment) -> None:
    now = datetime.now(UTC)
    async with a_world(real_env) as world:
        for number, (amount, currency) in enumerate([("0.50", "USD"), ("1.25", "USD"), ("2", "EUR"), (None, "")]):
            attempts = (an_attempt(amount, currency),)
            await closed(world.archive, f"closed-{number}", now - number * DAY, attempts=attempts, strays=())
        await closed(world.archive, "long-ago", now - 9 * DAY, attempts=(an_attempt("100"),), strays=())
        week, longer = (await world.jobs.stats()).spend, (await world.jobs.stats(since=now - 30 * DAY)).spend
    assert week
    assert (week.jobs, week.tokens, week.not_known_in_full) == (4, 40, 1)
    assert week.amounts == {"USD": Decimal("1.75"), "EUR": Decimal(2)}
    assert longer
    assert (longer.jobs, longer.amounts["USD"]) == (5, Decimal("101.75"))


async def test_without_the_archive_jobs_are_counted_and_that_is_said(real_env: WorkflowEnvironment) -> None:
    jobs = JobClient(real_env.client, FlakyArchive(failures=1_000))
    found = await jobs.stats()
    assert (found.open_jobs, found.spend) == (0, None)
    assert "what was spent is not known" in found.lacks[0]
