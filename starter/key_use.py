"""Which keys the histories of jobs are encrypted with, as Temporal holds them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from signoff.codec import KEY_ID
from signoff.domain import names
from signoff.encryption import is_key_id
from signoff.temporal import RPC_TIMEOUT, translated

JOBS_LIMIT: Final = 20_000
"""So many histories are read. Of what is beyond, nothing is known."""

# A payload tells its key in the clear: an entry of a protobuf map, whose value follows its length.
_ID: Final = re.compile(re.escape(KEY_ID.encode()) + rb"\x12[\x01-\x20]([a-z0-9-]{1,32})")


@dataclass
class KeyUse:
    """The jobs whose histories need one key."""

    open_jobs: int = 0
    oldest_open: str = ""
    oldest_opened_at: datetime | None = None
    closed_jobs: int = 0
    needed_until: datetime | None = None
    """When Temporal will have forgotten the last of the closed ones."""

    def add(self, job: WorkflowExecution, retention: timedelta) -> None:
        """Count a job."""
        if job.status is WorkflowExecutionStatus.RUNNING or job.close_time is None:
            self.open_jobs += 1
            if self.oldest_opened_at is None or job.start_time < self.oldest_opened_at:
                self.oldest_open, self.oldest_opened_at = job.id, job.start_time
            return
        self.closed_jobs += 1
        self.needed_until = max(self.needed_until or job.close_time, job.close_time + retention)


@dataclass
class Histories:
    """What the histories need: by key, how many were read, and whether that was all of them."""

    uses: dict[str, KeyUse] = field(default_factory=dict)
    read: int = 0
    are_all: bool = True

    def of(self, key_id: str) -> KeyUse:
        """Give the use of a key; none where no history needs it."""
        return self.uses.get(key_id, KeyUse())


async def histories_of(client: Client, histories: Histories, limit: int = JOBS_LIMIT) -> None:
    """Read which keys the histories of all jobs need, and count them while it goes on. No key is needed for it.

    Raises:
        SignoffError: Temporal does not answer, or refuses.
    """
    try:
        retention = await _retention(client)
        async for job in client.list_workflows(f"WorkflowType = '{names.WORKFLOW}'", rpc_timeout=RPC_TIMEOUT):
            if histories.read >= limit:
                histories.are_all = False
                return
            async for key_id in _keys_of(client, job):
                histories.uses.setdefault(key_id, KeyUse()).add(job, retention)
            histories.read += 1
    except RPCError as error:
        raise translated(error, "the histories", "") from error


async def _keys_of(client: Client, job: WorkflowExecution) -> AsyncIterator[str]:
    """Find the ids of the keys in a history, each one once. One that Temporal has forgotten by now needs none."""
    seen: set[str] = set()
    handle = client.get_workflow_handle(job.id, run_id=job.run_id)
    try:
        async for event in handle.fetch_history_events(rpc_timeout=RPC_TIMEOUT):
            seen.update(keys_in(event.SerializeToString()))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    for key_id in seen:
        yield key_id


def keys_in(message: bytes) -> set[str]:
    """Find the ids of the keys that the payloads of a message are encrypted with."""
    found = (match for match in _ID.finditer(message))
    ids = {message[one.start(1) : one.start(1) + message[one.start(1) - 1]].decode() for one in found}
    return {key_id for key_id in ids if is_key_id(key_id)}


async def _retention(client: Client) -> timedelta:
    """Ask how long Temporal keeps the history of a closed job."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    answer = await client.workflow_service.describe_namespace(request, timeout=RPC_TIMEOUT)
    return answer.config.workflow_execution_retention_ttl.ToTimedelta()
