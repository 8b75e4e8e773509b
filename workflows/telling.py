"""Telling people of what they have to do, beside everything else."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import NotifyOrder
    from signoff.domain.change import noted
    from signoff.domain.notice import Notice
    from signoff.domain.noticing import notices_for
    from signoff.domain.record import JobRecord
    from workflows import steps
    from workflows.state import JobState


class Telling(JobState):
    """Sends a notice for each change that asks for one. A job never waits for it, except with its end.

    Attributes:
        _notices: Those that are on their way, or were.
    """

    def __init__(self) -> None:
        self._notices: list[asyncio.Task[None]] = []

    def _become(self, record: JobRecord) -> None:
        before = self._record
        super()._become(record)
        self._notices += [asyncio.create_task(self._tell(notice)) for notice in notices_for(before, record)]

    async def _tell(self, notice: Notice) -> None:
        order = NotifyOrder(job_id=self._record.job_id, notice=notice)
        if failed := await steps.notify(order):
            told = f"nobody may have been told ({notice.kind}): {failed.failure}"
            self._become(noted(self._record, "notice.failed", told, workflow.now()))

    async def _all_told(self) -> None:
        """Wait for the notices that are on their way."""
        await workflow.wait_condition(lambda: all(notice.done() for notice in self._notices))
