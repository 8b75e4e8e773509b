"""A client that notes when it describes a workflow."""

import asyncio
from itertools import pairwise
from typing import Any

from temporalio.client import (
    Client,
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    WorkflowExecutionDescription,
)

from signoff.client import JobClient
from tests.world import World


class Counter(Interceptor):
    """Keeps the moment of each description, on the clock of the event loop."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002  the SDK's name
        return _Counting(next, self.moments)

    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.moments)]


class _Counting(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, moments: list[float]) -> None:  # noqa: A002  the SDK's name
        super().__init__(next)
        self._moments = moments

    async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:  # noqa: A002  the SDK's name
        self._moments.append(asyncio.get_running_loop().time())
        return await super().describe_workflow(input)


def counted(world: World, counter: Counter) -> JobClient:
    """Give a second client of a world, whose descriptions are counted."""
    config: dict[str, Any] = dict(world.env.client.config())
    return JobClient(Client(**{**config, "interceptors": [counter]}), world.archive)
