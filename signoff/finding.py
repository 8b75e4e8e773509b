"""Lists of closed jobs: those in the archive's index, and those that Temporal ended and never came there."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from signoff.closed.days import in_turn
from signoff.closed.finding import Found, find_closed
from signoff.cursors import cursor_for, token_in
from signoff.domain import layout
from signoff.domain.closed import ClosedFilters, Place
from signoff.domain.description import ClosedPage, JobSummary
from signoff.domain.errors import BadRequestError, FaultError, UnreachableError
from signoff.listing import LONGEST_PAGE, JobLister
from signoff.ports import Archive
from signoff.temporal import RPC_TIMEOUT, translated
from signoff.visibility import ended_query, may_be_cut_off, summary_of

ANY: Final = ClosedFilters()


class JobFinder(JobLister):
    """The part of `JobClient` that finds jobs which Temporal may have forgotten."""

    def __init__(self, temporal: Client, archive: Archive) -> None:
        super().__init__(temporal)
        self._archive = archive

    async def closed(self, filters: ClosedFilters = ANY, *, limit: int = 50, cursor: str | None = None) -> ClosedPage:
        """List closed jobs, the last one to close first, however long ago that was.

        Jobs that came to an end of their own are in the archive. Those whose workflow was ended from outside are not:
        Temporal tells of them for as long as it keeps them, and they are marked `is_cut_off`. Where it does not
        answer, the page says so in `knows_cut_off` and has the others.

        Args:
            filters: Which jobs.
            limit: How many jobs a page has at most, from 1 to 1,000.
            cursor: The `next_cursor` of the page before, asked for with the same filters.

        Raises:
            BadRequestError: The limit is out of bounds, or no page of this list gave the cursor.
            UnreachableError: The archive did not answer, or is encrypted with a key that is not there.
        """
        after = start_of(filters, limit, cursor)
        found = await found_in(self._archive, filters, limit + 1, after)
        try:
            cut_off = await self._cut_off(filters, limit + 1, after) if may_be_cut_off(filters) else []
        except UnreachableError:
            return page_of(found, (), filters, limit).model_copy(update={"knows_cut_off": False})
        return page_of(found, cut_off, filters, limit)

    async def _cut_off(self, filters: ClosedFilters, most: int, after: Place | None) -> list[JobSummary]:
        """List what Temporal ended from outside, the last one first, and all that closed at the same time as that."""
        found: list[JobSummary] = []
        query = ended_query(filters, after.closed_at if after else None)
        try:
            async for page in self._pages(query, most):
                for summary in await in_turn(page, self._unarchived):
                    if summary and (after is None or _place(summary) < after):
                        if len(found) >= most and _place(summary).closed_at != _place(found[-1]).closed_at:
                            return found
                        found.append(summary)
        except RPCError as error:
            raise translated(error, "the list", "") from error
        return found

    async def _pages(self, query: str, size: int) -> AsyncIterator[Sequence[WorkflowExecution]]:
        executions = self._temporal.list_workflows(query, page_size=size, rpc_timeout=RPC_TIMEOUT)
        while True:
            await executions.fetch_next_page()
            yield executions.current_page or ()
            if not executions.next_page_token:
                return

    async def _unarchived(self, execution: WorkflowExecution) -> JobSummary | None:
        """Show a job, unless it had reached the archive before it was ended."""
        try:
            is_archived = await self._archive.get(layout.record_path(execution.id)) is not None
        except FaultError as error:
            raise UnreachableError(f"{self._archive} can't be read: {error}") from error
        return None if is_archived else await summary_of(execution)


async def archived_page(
    archive: Archive, filters: ClosedFilters, *, limit: int = 50, cursor: str | None = None
) -> ClosedPage:
    """List closed jobs as `JobFinder.closed` does, from the archive alone.

    Raises:
        BadRequestError: The limit is out of bounds, or no page of this list gave the cursor.
        UnreachableError: The archive did not answer, or is encrypted with a key that is not there.
    """
    found = await found_in(archive, filters, limit + 1, start_of(filters, limit, cursor))
    page = page_of(found, (), filters, limit)
    return page.model_copy(update={"knows_cut_off": not may_be_cut_off(filters)})


def start_of(filters: ClosedFilters, limit: int, cursor: str | None) -> Place | None:
    """Say after which place a page begins.

    Raises:
        BadRequestError: The limit is out of bounds, or no page of this list gave the cursor.
    """
    if not 1 <= limit <= LONGEST_PAGE:
        raise BadRequestError(f"limit: {limit} is not between 1 and {LONGEST_PAGE}")
    if cursor is None:
        return None
    closed_at, job_id = json.loads(token_in(cursor, filters.words))
    return Place(datetime.fromisoformat(closed_at), job_id)


async def found_in(archive: Archive, filters: ClosedFilters, most: int, after: Place | None) -> Found:
    """Find jobs in the archive's index.

    Raises:
        UnreachableError: The archive did not answer, or is encrypted with a key that is not there.
    """
    try:
        return await find_closed(archive, filters, most, after)
    except FaultError as error:
        raise UnreachableError(f"{archive} can't be read: {error}") from error


def page_of(found: Found, cut_off: Sequence[JobSummary], filters: ClosedFilters, limit: int) -> ClosedPage:
    """Merge what the archive and Temporal know into one page, with a cursor where more follows."""
    jobs = sorted([*(job.summary() for job in found.jobs), *cut_off], key=_place, reverse=True)
    shown = jobs[:limit]
    following = None
    if len(jobs) > limit:
        last = _place(shown[-1])
        following = cursor_for(json.dumps([last.closed_at.isoformat(), last.job_id]).encode(), filters.words)
    return ClosedPage(jobs=tuple(shown), next_cursor=following, unreadable=found.unreadable)


def _place(job: JobSummary) -> Place:
    return Place(job.closed_at or job.started_at, job.job_id)
