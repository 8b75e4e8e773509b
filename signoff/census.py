"""Counting all jobs of a deployment at one moment, by Temporal's index, for whoever watches it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from signoff.domain import names
from signoff.domain.failures import FailureClass
from signoff.domain.status import JobStatus
from signoff.listing import JobLister
from signoff.temporal import RPC_TIMEOUT, translated
from signoff.visibility import Filters, stuck_query

SOON: Final = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "24h": timedelta(hours=24)}
"""Within which times reviews are counted that end."""

_QUEUES: Final = {
    (names.TASK_QUEUE, "workflow"): TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    (names.TASK_QUEUE, "activity"): TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    (names.LOOK_TASK_QUEUE, "activity"): TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


class Census(NamedTuple):
    """How many open jobs there are, and how many workers.

    `attention` counts those that have stopped by the class of the failure, `reviews_due` those held for review whose
    time ends soon, by how soon. `stuck` is how many have a delivery that waits for a person. `workers` counts those
    that asked for work within the last minutes, by task queue and kind of task.
    """

    jobs: Mapping[JobStatus, int]
    attention: Mapping[FailureClass, int]
    reviews_due: Mapping[str, int]
    stuck: int
    workers: Mapping[tuple[str, str], int]


class CensusTaker:
    """Counts by about ten short requests to Temporal, and some more while jobs have stopped."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    async def take(self) -> Census:
        """Count now.

        Raises:
            UnreachableError: Temporal did not answer.
        """
        try:
            jobs, workers = await asyncio.gather(JobLister(self._temporal).counts(), self._workers())
            attention, due, stuck = await asyncio.gather(
                self._attention(jobs[JobStatus.NEEDS_ATTENTION]),
                self._reviews_due(jobs[JobStatus.AWAITING_REVIEW]),
                self._count(stuck_query(), of=jobs[JobStatus.NEEDS_ATTENTION] + jobs[JobStatus.DELIVERING]),
            )
        except RPCError as error:
            raise translated(error, "the counts", "") from error
        return Census(jobs, attention, due, stuck, workers)

    async def _attention(self, total: int) -> dict[FailureClass, int]:
        queries = [Filters(status=JobStatus.NEEDS_ATTENTION, failure_class=one).query() for one in FailureClass]
        counts = await asyncio.gather(*(self._count(query, of=total) for query in queries))
        return dict(zip(FailureClass, counts, strict=True))

    async def _reviews_due(self, total: int) -> dict[str, int]:
        now = datetime.now(UTC)
        queries = [Filters(status=JobStatus.AWAITING_REVIEW, due_before=now + soon).query() for soon in SOON.values()]
        counts = await asyncio.gather(*(self._count(query, of=total) for query in queries))
        return dict(zip(SOON, counts, strict=True))

    async def _count(self, query: str, *, of: int) -> int:
        """Count some of so many; of none there is nothing to ask."""
        return (await self._temporal.count_workflows(query, rpc_timeout=RPC_TIMEOUT)).count if of else 0

    async def _workers(self) -> dict[tuple[str, str], int]:
        counts = await asyncio.gather(*(self._pollers(queue, kind) for (queue, _), kind in _QUEUES.items()))
        return dict(zip(_QUEUES, counts, strict=True))

    async def _pollers(self, queue: str, kind: TaskQueueType.ValueType) -> int:
        request = DescribeTaskQueueRequest(
            namespace=self._temporal.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
        found = await self._temporal.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
        return len({poller.identity for poller in found.pollers})
