"""Having the archive kept up: the schedule that does it daily, a run by hand, and how the last ones went."""

import uuid
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import names
from signoff.domain.errors import RefusedError, UnreachableError
from signoff.domain.upkeep import UpkeepOrder, UpkeepReport
from signoff.temporal import RPC_TIMEOUT, translated

DAILY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=3)
"""After midnight, in UTC: when the least is going on, as far as anybody knows."""

_JITTER: Final = timedelta(minutes=30)
_AGAIN: Final = "asking again does no harm"


class UpkeepStatus(NamedTuple):
    """How the schedule stands. `last` is the report of the last run that it started, where that has ended."""

    is_scheduled: bool
    is_paused: bool = False
    next_at: datetime | None = None
    last_at: datetime | None = None
    last: UpkeepReport | None = None


async def schedule_upkeep(client: Client) -> bool:
    """Have the archive kept up every day; true where that was not so before. A repeat changes nothing.

    A schedule that an operator paused stays paused.

    Raises:
        RefusedError: The server has no schedules, or does not let one be made.
        UnreachableError: Nobody answered.
    """
    try:
        await client.create_schedule(names.UPKEEP_ID, _schedule(), rpc_timeout=RPC_TIMEOUT)
    except ScheduleAlreadyRunningError:
        return await _updated(client)
    except RPCError as error:
        raise _told(error) from error
    return True


async def run_upkeep(client: Client, *, is_dry_run: bool, patience: timedelta) -> UpkeepReport:
    """Keep the archive up now, from its beginning, and give the report.

    Raises:
        UnreachableError: It goes on for longer, or no worker runs.
        RefusedError: It failed.
    """
    try:
        handle = await client.start_workflow(
            names.UPKEEP,
            UpkeepOrder(is_dry_run=is_dry_run),
            id=f"{names.UPKEEP_ID}-by-hand-{uuid.uuid4().hex}",
            task_queue=names.TASK_QUEUE,
            result_type=UpkeepReport,
            execution_timeout=DAILY,
            rpc_timeout=RPC_TIMEOUT,
        )
        report: UpkeepReport = await handle.result(rpc_timeout=patience)
    except WorkflowFailureError as error:
        raise RefusedError(f"the upkeep failed: {error.cause}; Temporal UI shows why") from error
    except RPCError as error:
        raise _told(error) from error
    return report


async def upkeep_status(client: Client) -> UpkeepStatus:
    """Say how the schedule stands, and how its last run went.

    Raises:
        UnreachableError: Nobody answered.
    """
    try:
        found = await client.get_schedule_handle(names.UPKEEP_ID).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return UpkeepStatus(is_scheduled=False)
        raise _told(error) from error
    info = found.info
    return UpkeepStatus(
        is_scheduled=True,
        is_paused=found.schedule.state.paused,
        next_at=info.next_action_times[0] if info.next_action_times else None,
        last_at=info.recent_actions[-1].started_at if info.recent_actions else None,
        last=await _last_report(client, found),
    )


def _schedule() -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            names.UPKEEP,
            UpkeepOrder(),
            id=names.UPKEEP_ID,
            task_queue=names.TASK_QUEUE,
            execution_timeout=DAILY,
            static_summary="Upkeep of the archive",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=DAILY, offset=_HOUR)], jitter=_JITTER),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=DAILY),
    )


async def _updated(client: Client) -> bool:
    def renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted = _schedule()
        wanted.state = found.description.schedule.state
        return ScheduleUpdate(schedule=wanted)

    try:
        await client.get_schedule_handle(names.UPKEEP_ID).update(renewed, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        raise _told(error) from error
    return False


async def _last_report(client: Client, found: ScheduleDescription) -> UpkeepReport | None:
    if not found.info.recent_actions:
        return None
    action = found.info.recent_actions[-1].action
    if not isinstance(action, ScheduleActionExecutionStartWorkflow):
        return None
    handle = client.get_workflow_handle(
        action.workflow_id, run_id=action.first_execution_run_id, result_type=UpkeepReport
    )
    try:
        report: UpkeepReport = await handle.result(rpc_timeout=timedelta(seconds=1))
    except (RPCError, WorkflowFailureError):
        return None
    return report


def _told(error: RPCError) -> RefusedError | UnreachableError:
    if error.status is RPCStatusCode.UNIMPLEMENTED:
        return RefusedError("this Temporal server has no schedules, so nothing keeps the archive up by itself")
    meant = translated(error, "the upkeep", _AGAIN)
    return meant if isinstance(meant, UnreachableError) else RefusedError(str(meant))
