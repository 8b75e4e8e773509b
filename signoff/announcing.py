"""Telling jobs of their responses: at once where the job is known, else by a durable step that finds it."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import ActivityIDReusePolicy
from temporalio.exceptions import ActivityAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import names
from signoff.domain.announcement import Announcement, StrayHint
from signoff.domain.job import is_job_id
from signoff.messaging import JobMessenger
from signoff.temporal import RPC_TIMEOUT, translated

AGAIN: Final = "announcing it again does no harm"


class Announcer:
    """The `JobAnnouncer` port on Temporal, and the durable step behind it.

    Every method raises `UnreachableError` where nobody answered.
    """

    def __init__(self, temporal: Client, jobs: JobMessenger) -> None:
        self._temporal = temporal
        self._jobs = jobs

    async def tell_holder(self, announcement: Announcement) -> bool:
        """Signal the job whose last response this is; one that has closed needs no telling."""
        query = f"WorkflowType = '{names.WORKFLOW}' AND {names.RESPONSE_ID} = '{announcement.response_id}'"
        try:
            found = self._temporal.list_workflows(query, limit=1, page_size=1, rpc_timeout=RPC_TIMEOUT)
            async for job in found:
                if job.status is WorkflowExecutionStatus.RUNNING:
                    await self._signal(job.id, announcement)
                return True
        except RPCError as error:
            raise translated(error, announcement.response_id, AGAIN) from error
        return False

    async def route(self, announcement: Announcement) -> bool:
        """Have a worker find out whose response this is, durably; false where that was done before.

        The step goes on for a day until the provider, Temporal and a worker all answer.
        """
        try:
            await self._temporal.start_activity(
                names.ROUTE_ANNOUNCEMENT,
                announcement,
                id=f"announcement-{announcement.announcement_id or announcement.response_id}",
                id_reuse_policy=ActivityIDReusePolicy.REJECT_DUPLICATE,
                task_queue=names.TASK_QUEUE,
                start_to_close_timeout=timedelta(seconds=90),
                schedule_to_close_timeout=timedelta(hours=24),
                rpc_timeout=RPC_TIMEOUT,
            )
        except ActivityAlreadyStartedError:
            return False
        except RPCError as error:
            raise translated(error, announcement.response_id, AGAIN) from error
        return True

    async def tell(self, hint: StrayHint) -> bool:
        """Tell the job that a response names, if it is the run that the response was made for."""
        if not await self._is_here(hint):
            return False
        await self._jobs.announce(hint.job_id, hint.response_id, announcement_id=hint.announcement_id)
        return True

    async def _is_here(self, hint: StrayHint) -> bool:
        if not is_job_id(hint.job_id):
            return False
        try:
            found = await self._temporal.get_workflow_handle(hint.job_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return await self._jobs.is_archived(hint.job_id, hint.run_id)
            raise translated(error, hint.job_id, AGAIN) from error
        first_run_id = found.raw_description.workflow_execution_info.first_run_id
        return found.workflow_type == names.WORKFLOW and hint.run_id in {"", first_run_id}

    async def _signal(self, job_id: str, announcement: Announcement) -> None:
        handle = self._temporal.get_workflow_handle(job_id)
        try:
            await handle.signal(names.ANNOUNCE, announcement, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it closed meanwhile, so there is nothing to tell
                raise
