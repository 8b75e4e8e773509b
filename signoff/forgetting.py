"""What Temporal keeps of a job, and having it deleted there."""

from typing import Final

from temporalio import client
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteActivityExecutionRequest, DeleteWorkflowExecutionRequest
from temporalio.client import (
    ActivityExecutionStatus,
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
)
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain.errors import RefusedError, UnreachableError
from signoff.messaging import recording_id
from signoff.temporal import RPC_TIMEOUT, is_about_namespace

_FIRM: Final = frozenset(
    {
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.INVALID_ARGUMENT,
    }
)
"""How a server answers that does not let this be done, now or in a minute."""


class TemporalHistories:
    """The `Histories` port on Temporal."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    async def is_open(self, job_id: str) -> bool:
        """Whether Temporal still runs the job."""
        try:
            last = await self._last_run(job_id)
        except RPCError as error:
            raise _translated(error, job_id) from error
        return last is not None and last.status is WorkflowExecutionStatus.RUNNING

    async def forget(self, job_id: str) -> bool:
        """Have every run of a closed job deleted, and the steps that wrote into its record afterwards.

        Temporal deletes in the background, so it takes a moment until nothing is left.
        """
        try:
            await self._delete_runs(job_id)
            await self._delete_steps(job_id)
            return await self._last_run(job_id) is None
        except RPCError as error:
            raise _translated(error, job_id) from error

    async def _last_run(self, job_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._temporal.get_workflow_handle(job_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and not is_about_namespace(error):
                return None
            raise

    async def _delete_runs(self, job_id: str) -> None:
        """Delete the last run, which lists may not show yet, and those before it, which a reset leaves behind."""
        last = await self._last_run(job_id)
        runs: list[client.WorkflowExecution] = [last] if last else []
        runs += [
            run async for run in self._temporal.list_workflows(f"WorkflowId = '{job_id}'", rpc_timeout=RPC_TIMEOUT)
        ]
        if any(run.status is WorkflowExecutionStatus.RUNNING for run in runs[:1]):
            raise RefusedError(f"a job {job_id} is open at Temporal, so its history can't be deleted")
        closed = (run.run_id for run in runs if run.status is not WorkflowExecutionStatus.RUNNING)
        for run_id in dict.fromkeys(closed):
            execution = WorkflowExecution(workflow_id=job_id, run_id=run_id)
            request = DeleteWorkflowExecutionRequest(namespace=self._temporal.namespace, workflow_execution=execution)
            try:
                await self._temporal.workflow_service.delete_workflow_execution(request, timeout=RPC_TIMEOUT)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise

    async def _delete_steps(self, job_id: str) -> None:
        """Delete what was told to the job when it had closed; the erasure itself is among these, and runs."""
        query = f"ActivityId = '{recording_id(job_id)}'"
        async for step in self._temporal.list_activities(query, rpc_timeout=RPC_TIMEOUT):
            if step.status is ActivityExecutionStatus.RUNNING:
                continue
            request = DeleteActivityExecutionRequest(
                namespace=self._temporal.namespace, activity_id=step.activity_id, run_id=step.activity_run_id or ""
            )
            try:
                await self._temporal.workflow_service.delete_activity_execution(request, timeout=RPC_TIMEOUT)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise


def _translated(error: RPCError, job_id: str) -> RefusedError | UnreachableError:
    if error.status in _FIRM:
        told = f"Temporal does not let its history of {job_id} be deleted ({error.message})"
        return RefusedError(f"{told}; it goes when the retention of the namespace ends, or by somebody who may")
    return UnreachableError(f"Temporal did not delete its history of {job_id}: {error.message}")
