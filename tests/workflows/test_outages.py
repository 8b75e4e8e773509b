"""Bad days, lived in seconds: long outages, long windows, late completions, budgets that end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, QUEUED, InMemoryResponses, completed
from signoff.domain.deployment import ClassOverride, DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.status import JobStatus, NextAction
from signoff.ports import RawResponse
from tests.world import a_world

CREATES = "ACTIVITY_TASK_SCHEDULED:create_response"
HOUR = timedelta(hours=1)


def now() -> datetime:
    """Tell the server's time, which is skipped; outside of activities there is none."""
    return activity.info().started_time if activity.in_activity() else datetime.now(UTC)


class Outage(InMemoryResponses):
    """Answers nothing from a moment on, for a while."""

    def __init__(self, lasts: timedelta, begins_after: timedelta = timedelta(0), **more: Any) -> None:
        super().__init__(**more)
        self.lasts, self.begins_after = lasts, begins_after
        self.opened_at: datetime | None = None
        self.refused = 0

    async def create(self, parameters: Any) -> RawResponse:
        self._check(Stage.CREATE)
        return await super().create(parameters)

    async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
        self._check(Stage.LOOK)
        return await super().retrieve(response_id, include)

    async def find(self, job_id: str, since: datetime) -> Any:
        self._check(Stage.FIND)
        return await super().find(job_id, since)

    def _check(self, stage: Stage) -> None:
        self.opened_at = self.opened_at or now()
        if self.begins_after <= now() - self.opened_at < self.begins_after + self.lasts:
            self.refused += 1
            raise FaultError(Observation(stage=stage, network=NetworkFault.REFUSED, message="nobody answers"))


class Takes(InMemoryResponses):
    """Each response is queued, then in progress, then completed, by the server's time."""

    def __init__(self, queued: timedelta, running: timedelta) -> None:
        super().__init__()
        self.queued, self.running = queued, running
        self.begun_at: dict[str, datetime] = {}

    async def create(self, parameters: Any) -> RawResponse:
        raw = await super().create(parameters)
        self.begun_at[str(raw.body["id"])] = now()
        return raw

    async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
        age = now() - self.begun_at[response_id]
        is_over = age >= self.queued + self.running
        self.script = [completed() if is_over else QUEUED if age < self.queued else IN_PROGRESS]
        return await super().retrieve(response_id, include)


async def test_an_outage_of_six_hours_before_the_create_is_survived(env: WorkflowEnvironment) -> None:
    provider = Outage(6 * HOUR, script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.until(job_id, lambda record: record.status is not JobStatus.QUEUED)
        record = await world.held(job_id)
        waits = [b.started_at - a.started_at for a, b in zip(record.attempts, record.attempts[1:], strict=False)]
        assert max(waits) <= 10 * HOUR / 60 + timedelta(seconds=5)
        assert record.attempts[-1].started_at - record.attempts[0].started_at >= 6 * HOUR
        assert provider.creates == 1
        assert provider.refused < 70
        assert not record.possibly_paid_twice


async def test_an_outage_of_six_hours_while_the_response_runs_costs_neither_creates_nor_history(
    env: WorkflowEnvironment,
) -> None:
    provider = Outage(6 * HOUR, begins_after=timedelta(minutes=1), script=[IN_PROGRESS] * 3 + [completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit(deadline="PT12H")
        record = await world.held(job_id)
        assert len(record.attempts) == provider.creates == 1
        assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:look_at_response") == 1
        assert await world.events(job_id, "") == 10


@pytest.mark.parametrize(
    ("window", "is_healthy"),
    [("8h", True), ("soonest", False)],
)
async def test_six_hours_in_the_queue_are_healthy_in_an_eight_hour_window(
    env: WorkflowEnvironment, window: str, *, is_healthy: bool
) -> None:
    provider = Takes(queued=6 * HOUR, running=HOUR)
    async with a_world(env, provider=provider) as world:
        response = {"model": "a-model", "input": "x", "background_options": {"completion_window": window}}
        job_id = await world.submit(response=response)
        ends = {JobStatus.AWAITING_REVIEW, JobStatus.NEEDS_ATTENTION}
        record = await world.until(job_id, lambda record: record.status in ends)
        assert (record.status is JobStatus.AWAITING_REVIEW) == is_healthy
        codes = {attempt.failure.code for attempt in record.attempts if attempt.failure}
        assert codes == (set() if is_healthy else {"stuck_in_queue"})
        assert await world.events(job_id, CREATES) == len(record.attempts) == (1 if is_healthy else 3)


async def test_a_response_that_was_stopped_and_completes_after_all_is_taken_before_another_is_paid(
    env: WorkflowEnvironment,
) -> None:
    """The cancel is confirmed, and half a minute later the provider shows it completed."""

    class Zombie(InMemoryResponses):
        async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
            seen_cancelled = self.cancelled and self.retrieved.count("cancelled")
            if self.cancelled and not seen_cancelled:
                self.retrieved.append("cancelled")
                return self._answer(response_id, {"status": "cancelled"})
            self.script = [completed("late")] if seen_cancelled else [IN_PROGRESS]
            return await super().retrieve(response_id, include)

    async with a_world(env, provider=Zombie()) as world:
        job_id = await world.submit(deadline="PT10M")
        record = await world.held(job_id)
        draft, _ = await world.jobs.draft(job_id)
        assert draft.text == "late"
        assert len(record.attempts) == world.provider.creates == 1
        assert "response.late" in [entry.event for entry in record.timeline]


async def test_an_amended_job_does_not_go_back_to_what_was_asked_before(env: WorkflowEnvironment) -> None:
    """Though the old run, which was stopped at its deadline, completes after all."""
    provider = InMemoryResponses(script=[IN_PROGRESS])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit(deadline="PT10M", policy={"classes": {"timeout": {"attempts": 1}}})
        await world.stopped(job_id)
        provider.script = [completed()]
        await world.jobs.amend(job_id, response={"input": "else"}, by="ana")
        record = await world.held(job_id)
        assert (record.response_id, provider.creates) == ("resp_2", 2)


@pytest.mark.parametrize(
    ("maximum", "told"),
    [
        ({"attempts": 2}, "the budget of 2 paid attempts is spent"),
        ({"wall_time": "PT15M"}, "the budget of wall time (15 min) is spent"),
        ({"tokens": 900}, "the budget of 900 tokens is spent (1,000 were used)"),
    ],
)
async def test_a_budget_that_is_spent_stops_the_job_and_says_which(
    env: WorkflowEnvironment, maximum: dict[str, Any], told: str
) -> None:
    usage = {"input_tokens": 200, "output_tokens": 300, "total_tokens": 500}
    slow = {"status": "failed", "error": {"code": "vector_store_timeout", "message": "slow"}, "usage": usage}
    provider = InMemoryResponses(script=[IN_PROGRESS] * 4 + [slow])
    async with a_world(env, provider=provider) as world:
        classes = {"timeout": {"attempts": 50, "first_delay": "PT10M"}}
        job_id = await world.submit(policy={"maximum": maximum, "classes": classes})
        record = await world.stopped(job_id)
        assert told in record.reason
        assert record.failure
        assert record.failure.failure_class is FailureClass.TIMEOUT
        assert record.next_action is NextAction.RETRY
        spent = len(record.attempts)
        await world.jobs.retry(job_id, by="ops", reason="one more")
        record = await world.until(job_id, lambda record: len(record.attempts) == spent + 1)


async def test_a_hint_of_hours_is_waited_for(env: WorkflowEnvironment) -> None:
    hint = FaultError(
        Observation(
            stage=Stage.CREATE,
            http_status=429,
            error_code="rate_limit_exceeded",
            retry_after=3 * HOUR,
            message="later",
        )
    )
    provider = InMemoryResponses(create_script=[hint, None], script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        first, second = record.attempts
        assert 3 * HOUR <= second.started_at - first.started_at < 3 * HOUR + timedelta(minutes=2)


async def test_a_provider_that_says_not_to_retry_is_believed(env: WorkflowEnvironment) -> None:
    final = FaultError(
        Observation(
            stage=Stage.CREATE, http_status=429, error_code="rate_limit_exceeded", may_retry=False, message="no"
        )
    )
    async with a_world(env, provider=InMemoryResponses(create_script=[final])) as world:
        job_id = await world.submit()
        record = await world.stopped(job_id)
        assert record.reason.startswith("the provider says that a retry is of no use")
        assert len(record.attempts) == 1


async def test_the_deployments_rules_hold_where_a_create_is_refused(env: WorkflowEnvironment) -> None:
    busy = FaultError(Observation(stage=Stage.CREATE, http_status=429, error_code="slow_down", message="busy"))
    rule = ClassOverride(attempts=2, first_delay=HOUR, longest_delay=HOUR, jitter=0)
    policy = DeploymentPolicy(classes={FailureClass.RATE_LIMITED: rule}, attention_window=timedelta(days=1))
    async with a_world(env, provider=InMemoryResponses(create_script=[busy]), policy=policy) as world:
        job_id = await world.submit()
        record = await world.stopped(job_id)
        first, second = record.attempts
        assert second.started_at - first.started_at >= HOUR
        assert record.attention_due_at == record.since + timedelta(days=1)
