"""Messages that the server drops, as it does while a workflow task fails."""

from typing import Any

import pytest
from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowUpdateInput, WorkflowUpdateHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from signoff.client import JobClient
from signoff.domain.errors import UnreachableError
from signoff.domain.status import JobStatus
from tests.world import a_decision, a_world


class Dropping(Interceptor):
    """Answers the first updates as the server does that drops them."""

    def __init__(self, drops: int) -> None:
        self.drops = drops

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002  the SDK's name
        return DroppingCalls(next, self)


class DroppingCalls(OutboundInterceptor):
    """The calls of a client, of which updates are dropped."""

    def __init__(self, inner: OutboundInterceptor, dropping: Dropping) -> None:
        super().__init__(inner)
        self._dropping = dropping

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:  # noqa: A002  as above
        if self._dropping.drops:
            self._dropping.drops -= 1
            raise RPCError("unexpected workflow task failure", RPCStatusCode.FAILED_PRECONDITION, b"")
        return await super().start_workflow_update(input)


def dropping(client: Client, drops: int) -> Client:
    config = client.config()
    config["interceptors"] = [*config["interceptors"], Dropping(drops)]
    return Client(**config)


async def test_a_dropped_decision_is_sent_again_and_counts_once(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        jobs = JobClient(dropping(real_env.client, 2), world.archive)
        answer = await jobs.decide(job_id, a_decision(held.opened_review.digest))
        assert (answer.is_accepted, answer.status) == (True, JobStatus.DELIVERING)
        await world.handle(job_id).result()
        assert len((await world.jobs.record(job_id)).opened_review.lines) == 1


async def test_whoever_is_dropped_again_and_again_is_told(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        jobs = JobClient(dropping(real_env.client, 4), world.archive)
        with pytest.raises(UnreachableError, match="may still be applied"):
            await jobs.decide(job_id, a_decision(held.opened_review.digest))
        await world.approve(job_id)
