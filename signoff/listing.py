"""Lists of jobs, from Temporal's own index."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Unpack

from temporalio.client import Client
from temporalio.service import RPCError

from signoff.cursors import cursor_for, token_in
from signoff.domain.description import JobPage, JobSummary
from signoff.domain.errors import BadRequestError
from signoff.domain.status import JobStatus
from signoff.temporal import RPC_TIMEOUT, translated
from signoff.visibility import FilterOptions, Filters, summary_of

LONGEST_PAGE: Final = 1000
OPEN: Final = tuple(status for status in JobStatus if not status.is_closed)


class JobLister:
    """The part of `JobClient` that asks Temporal's index."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    async def list(
        self,
        *,
        limit: int = 50,
        **filters: Unpack[FilterOptions],
    ) -> list[JobSummary]:
        """List jobs that Temporal still knows, the newest first. A new job is listed within about a second.

        The filters are those of `signoff.visibility.Filters`: `status`, `requester`, `failure_class` for those that
        have stopped for that reason, `label` as `key=value`, `reviewer` for those that wait for this person.
        """
        query = Filters(**filters).query()
        try:
            size = min(limit, LONGEST_PAGE)
            found = self._temporal.list_workflows(query, limit=limit, page_size=size, rpc_timeout=RPC_TIMEOUT)
            return [await summary_of(execution) async for execution in found]
        except RPCError as error:
            raise translated(error, "the list", "") from error

    async def page(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        **filters: Unpack[FilterOptions],
    ) -> JobPage:
        """List a part of what `list` would, by one request to Temporal.

        A full page may be followed by an empty one.

        Args:
            limit: How many jobs a page has at most, from 1 to 1,000.
            cursor: The `next_cursor` of the page before, asked for with the same filters.
            **filters: As `list` takes them.

        Raises:
            BadRequestError: The limit is out of bounds, or no page of this list gave the cursor.
        """
        if not 1 <= limit <= LONGEST_PAGE:
            raise BadRequestError(f"limit: {limit} is not between 1 and {LONGEST_PAGE}")
        query = Filters(**filters).query()
        # A token that Temporal did not give costs it a dozen calls before it says so.
        token = token_in(cursor, query) if cursor is not None else None
        found = self._temporal.list_workflows(query, page_size=limit, next_page_token=token, rpc_timeout=RPC_TIMEOUT)
        try:
            await found.fetch_next_page()
        except RPCError as error:
            raise translated(error, "the list", "") from error
        jobs = [await summary_of(execution) for execution in found.current_page or ()]
        following = found.next_page_token
        return JobPage(jobs=tuple(jobs), next_cursor=cursor_for(following, query) if following else None)

    async def counts(
        self, statuses: Iterable[JobStatus] = OPEN, **filters: Unpack[FilterOptions]
    ) -> dict[JobStatus, int]:
        """Count jobs by status, the open ones unless others are asked for; one request to Temporal for each.

        The filters are those of `list`, without `status`.
        """
        wanted = tuple(statuses)
        asked = Filters(**filters)
        queries = [replace(asked, status=status).query() for status in wanted]
        try:
            found = await asyncio.gather(
                *(self._temporal.count_workflows(one, rpc_timeout=RPC_TIMEOUT) for one in queries)
            )
        except RPCError as error:
            raise translated(error, "the list", "") from error
        return {status: one.count for status, one in zip(wanted, found, strict=True)}
