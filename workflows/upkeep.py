"""The upkeep of the archive, as a schedule starts it every day."""

from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from datetime import timedelta

    from signoff.domain import names
    from signoff.domain.retention import Swept
    from signoff.domain.upkeep import SLICES, Compacted, SweepOrder, UpkeepOrder, UpkeepReport
    from workflows.options import extended

_STEP: Final = ActivityConfig(
    start_to_close_timeout=timedelta(hours=1),
    schedule_to_close_timeout=timedelta(hours=12),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=10), maximum_interval=timedelta(minutes=10)),
)


@workflow.defn(name=names.UPKEEP)
class Upkeep:
    """One run: a bounded number of steps, each over a bounded number of jobs.

    A run that does not come to the end of the archive leaves the rest to the next one of the schedule, which is given
    its result.
    """

    @workflow.run
    async def run(self, order: UpkeepOrder) -> UpkeepReport:
        """Do what is due, and say what was done."""
        swept = Swept(after=order.after or _left_off_at(), is_dry_run=order.is_dry_run)
        for _ in range(SLICES):
            step = extended(_STEP, summary=f"after {swept.after}" if swept.after else "from the beginning")
            swept = await workflow.execute_activity(
                names.SWEEP_ARCHIVE, SweepOrder(begun=swept), result_type=Swept, **step
            )
            if swept.is_complete:
                break
        compacted = None
        if not order.is_dry_run:
            step = extended(_STEP, summary="the index of closed jobs")
            compacted = await workflow.execute_activity(names.COMPACT_INDEX, order, result_type=Compacted, **step)
        return UpkeepReport(swept=swept, compacted=compacted, ended_at=workflow.now())


def _left_off_at() -> str:
    if not workflow.has_last_completion_result():
        return ""
    before = workflow.get_last_completion_result(UpkeepReport)
    return before.resume_after if before else ""
