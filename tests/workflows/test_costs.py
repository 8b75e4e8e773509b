"""What a job cost over its whole life: retries, strays and reworks, and what nobody knows of it."""

from decimal import Decimal
from typing import Any

from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.spending import job_cost
from signoff.domain.status import JobStatus
from signoff.ports import RawResponse
from tests.workflows.losing import lost
from tests.world import a_decision, a_world

PRICES = {"currency": "USD", "models": {"a-model": {"input": 10, "output": 100}}}
POLICY = DeploymentPolicy.model_validate({"prices": PRICES})
LATER = {"model": "a-model", "input": "a question", "background_options": {"completion_window": "8h"}}


def used(tokens: int) -> dict[str, Any]:
    return {
        "usage": {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens},
        "model": "a-model-2026-01-01",
    }


class Each(InMemoryResponses):
    """Shows each response as its own step says."""

    steps: dict[str, dict[str, Any]]

    async def retrieve(self, response_id: str, include: Any = ()) -> RawResponse:
        self.script = [self.steps[response_id]]
        return await super().retrieve(response_id, include)


async def test_a_job_sums_what_its_retries_its_stray_and_its_rework_cost(env: WorkflowEnvironment) -> None:
    provider = Each(create_script=[lost(), None])
    provider.steps = {
        "resp_1": completed(**used(1_000)),
        "resp_2": {"status": "failed", "error": {"code": "server_error", "message": "no"}, **used(20_000)},
        "resp_3": completed(**used(300_000)),
        "resp_4": completed("A longer answer.", **used(4_000_000)),
    }
    async with a_world(env, provider=provider, policy=POLICY) as world:
        job_id = await world.submit(response=LATER)
        held = await world.held(job_id)
        unknown = job_cost(held)
        assert unknown.unknown == ("attempt 1: it may have been paid, the reply to its create was lost",)
        await world.jobs.announce(job_id, "resp_1")
        await world.until(job_id, lambda record: bool(record.strays))
        asked = a_decision(held.review.digest if held.review else "", "request_changes", comment="longer")
        await world.jobs.decide(job_id, asked)
        record = await world.until(job_id, lambda record: len(record.drafts) == 2)
        assert [attempt.cost and str(attempt.cost.amount) for attempt in record.attempts] == [
            None,
            "0.120000",  # 20,000 x 10 / 1,000,000 less 40 %
            "1.800000",
            "24.000000",
        ]
        assert [stray.cost and stray.cost.amount for stray in record.strays] == [Decimal("0.006")]
        assert (job_cost(record).amounts, job_cost(record).is_complete) == ({"USD": Decimal("25.926")}, True)
        assert (await world.jobs.describe(job_id)).cost == job_cost(record)


async def test_a_cancelled_job_is_read_from_the_archive_with_what_is_unknown(env: WorkflowEnvironment) -> None:
    async with a_world(env, provider=InMemoryResponses(script=[IN_PROGRESS]), policy=POLICY) as world:
        job_id = await world.submit()
        await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        await world.jobs.cancel(job_id, by="an operator")
        await world.handle(job_id).result()
        found = job_cost(await world.jobs.record(job_id))
        assert (found.is_reckoned, found.unknown) == (True, ("attempt 1: OpenAI told no usage",))


async def test_without_a_price_table_a_job_is_as_it_was(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[completed(**used(1_000))])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert (record.tokens, record.attempts[0].cost) == (1_000, None)
        assert not job_cost(record).is_reckoned
