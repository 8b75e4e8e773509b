"""Temporal: the server, the namespace, its search attributes, standalone activities, and who polls."""

import asyncio
from collections.abc import Sequence
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import names
from signoff.domain.errors import SettingsError, UnreachableError
from signoff.temporal import RPC_TIMEOUT, connect, is_about_namespace, missing_search_attributes
from starter.checks.check import Check, bounded, ok, problem, warning

_DEPENDENT: Final = ("search attributes", "standalone activities", "workers")
_WORKFLOWS, _ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
_QUEUES: Final = (
    (names.TASK_QUEUE, "jobs", _WORKFLOWS),
    (names.TASK_QUEUE, "deeds", _ACTIVITIES),
    (names.LOOK_TASK_QUEUE, "looks", _ACTIVITIES),
)


async def temporal(*, has_webhooks: bool) -> Sequence[Check]:
    """Examine the server, and over the same connection what depends on it."""
    opened: list[Client] = []
    server = await bounded("temporal", _server(opened))
    if not opened or server.advice:
        return [server, *(_unseen(name) for name in _DEPENDENT)]
    client = opened[0]
    works = (_attributes(client), _standalone(client, has_webhooks=has_webhooks), _workers(client))
    return [server, *await asyncio.gather(*map(bounded, _DEPENDENT, works))]


async def _server(opened: list[Client]) -> Check:
    name = "temporal"
    try:
        client = await connect()
    except (SettingsError, UnreachableError) as error:
        told, _, advice = str(error).partition("; ")
        return problem(name, told, advice or "see TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the profiles")
    opened.append(client)
    address, namespace = client.service_client.config.target_host, client.namespace
    try:
        service = client.workflow_service
        info = await service.get_system_info(GetSystemInfoRequest(), timeout=RPC_TIMEOUT)
        await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace), timeout=RPC_TIMEOUT)
    except RPCError as error:
        if is_about_namespace(error):
            advice = f"temporal operator namespace create -n {namespace}, or set TEMPORAL_NAMESPACE"
            return problem(name, f"{address} has no namespace {namespace}", advice)
        return problem(name, f"{address}: {error.message}", "see the server's log, and this client's rights")
    return ok(name, f"{address}, namespace {namespace}, server {info.server_version or 'of an unknown version'}")


async def _attributes(client: Client) -> Check:
    name = "search attributes"
    try:
        missing = await missing_search_attributes(client)
    except RPCError as error:
        told = f"they can't be listed: {error.message}"
        return warning(name, told, "see in Temporal UI that the namespace has them")
    if missing:
        return problem(name, f"{client.namespace} lacks {', '.join(missing)}", "signoff setup")
    return ok(name, f"all {len(names.SEARCH_ATTRIBUTES)} are registered")


async def _standalone(client: Client, *, has_webhooks: bool) -> Check:
    name = "standalone activities"
    try:
        await client.count_activities(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.UNIMPLEMENTED:
            return warning(name, f"it can't be told: {error.message}", "see the server's log, and this client's rights")
        told = "this server has none, and the gateway routes webhooks of unknown responses by them"
        finding = problem if has_webhooks else warning
        return finding(name, told, "upgrade the Temporal server, or keep SIGNOFF_WEBHOOKS=false")
    return ok(name, "the server has them, for the routing of webhooks")


async def _workers(client: Client) -> Check:
    counts = await asyncio.gather(*(_pollers(client, queue, kind) for queue, _, kind in _QUEUES))
    idle = [f"{what} ({queue})" for (queue, what, _), count in zip(_QUEUES, counts, strict=True) if not count]
    if idle:
        told = f"nobody works on {', '.join(idle)}"
        return problem("workers", told, "start a worker (`python -m worker`, or `signoff up`) on this namespace")
    told = ", ".join(f"{what} {count}" for (_, what, _), count in zip(_QUEUES, counts, strict=True))
    return ok("workers", f"seen within minutes: {told}")


async def _pollers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> int:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    found = await client.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
    return len({poller.identity for poller in found.pollers})


def _unseen(name: str) -> Check:
    return warning(name, "not examined, as Temporal can't be used", "mend that first")
