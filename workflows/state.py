"""What the story of a job and the messages to it share: the record, and the ways to wait."""

import asyncio
import contextlib
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from signoff.domain import names
    from signoff.domain.job import JobRequest
    from signoff.domain.record import JobRecord
    from signoff.domain.status import JobStatus
    from workflows import display

T = TypeVar("T")


class JobState:
    """The record is the whole state of a job; it changes through `_become` alone.

    Attributes:
        _request: What the job goes by: as submitted, or as amended since.
        _record: Everything that happened so far.
        _is_cancelled: Whether Temporal was asked to cancel the job.
        _is_creating: Whether a create is on its way, so that nobody can tell yet what belongs to it.
    """

    _request: JobRequest
    _record: JobRecord
    _is_cancelled = False
    _is_creating = False

    def _become(self, record: JobRecord) -> None:
        if record.status is not self._record.status:
            told = {"status": str(record.status), "next_action": str(record.next_action)}
            workflow.logger.info("job.status_changed", extra=told)
        self._record = record
        display.show(record)

    @property
    def _is_long(self) -> bool:
        """Whether the history is so long that the job is to go on in a new one, as soon as nothing is under way."""
        return workflow.info().is_continue_as_new_suggested() and workflow.patched(names.NEW_HISTORY)

    async def _leaves(self, status: JobStatus, *, until: datetime | None, is_torn: bool = True) -> None:
        """Wait until the job has left a status or is given up, or until the time is over; `None` is over already.

        A history that grew long ends the wait as well, unless the step that waits can't be torn.
        """
        if until is None or until <= workflow.now():
            return
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: (
                    self._record.status is not status or bool(self._record.abandoned) or (is_torn and self._is_long)
                ),
                timeout=until - workflow.now(),
                timeout_summary=f"{status} ends",
            )

    async def _stoppable(self, step: Awaitable[T]) -> T:
        """Stop a step when the job is cancelled, but keep its result if that arrives together with the cancel."""
        task = asyncio.ensure_future(step)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._is_cancelled = True
            for _ in range(5):  # what arrived in the same workflow task is taken first
                await asyncio.sleep(0)
            if not task.done():
                task.cancel()
            return await task

    async def _untorn(self, step: Awaitable[T]) -> T:
        """Finish a step that a cancel must not tear, such as a create whose reply is on its way."""
        task = asyncio.ensure_future(step)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._is_cancelled = True
            return await task
