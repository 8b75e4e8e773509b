"""How all jobs stand, in numbers, from Temporal's index and the archive's."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from temporalio.client import Client
from temporalio.service import RPCError

from signoff.domain.closed import ClosedFilters
from signoff.domain.description import JobSummary
from signoff.domain.errors import UnreachableError
from signoff.domain.failures import FailureClass
from signoff.domain.stats import JobStats, Spend, WaitingReview, WaitingReviews, spend_of
from signoff.domain.status import JobStatus, NextAction
from signoff.finding import JobFinder, found_in
from signoff.temporal import RPC_TIMEOUT, translated
from signoff.visibility import Filters, summary_of

SINCE: Final = timedelta(days=7)
"""How far back the spend goes, unless something else is asked for."""

_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = 10
_FEW: Final = 100
_A_MOMENT: Final = timedelta(seconds=1)
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
_END: Final = datetime(2200, 1, 1, tzinfo=UTC)
_STOPPED: Final = Filters(status=JobStatus.NEEDS_ATTENTION)
_HELD: Final = Filters(status=JobStatus.AWAITING_REVIEW)

K = TypeVar("K")


class JobCounter(JobFinder):
    """The part of `JobClient` that counts."""

    async def stats(self, *, since: datetime | None = None) -> JobStats:
        """Count jobs by status, and tell what waits and what was spent. No worker is needed.

        A new job is counted within about a second.

        Args:
            since: From when on the spend of closed jobs is summed up, by default for the last seven days.

        Raises:
            UnreachableError: Temporal did not answer.
        """
        now = datetime.now(UTC)
        index = _Index(self._temporal)
        statuses = await self.counts(JobStatus)
        has_stopped = statuses[JobStatus.NEEDS_ATTENTION] > 0
        try:
            classes, actions, reviews, (spend, lacks) = await asyncio.gather(
                index.counts({one: replace(_STOPPED, failure_class=one) for one in FailureClass if has_stopped}),
                index.counts({one: replace(_STOPPED, next_action=one) for one in NextAction if has_stopped}),
                index.reviews(statuses[JobStatus.AWAITING_REVIEW], now),
                self._spend(since or now - SINCE),
            )
        except RPCError as error:
            raise translated(error, "the numbers", "") from error
        return JobStats(
            at=now,
            statuses=statuses,
            failure_classes=classes,
            next_actions=actions,
            reviews=reviews,
            spend=spend,
            lacks=lacks,
        )

    async def _spend(self, since: datetime) -> tuple[Spend | None, tuple[str, ...]]:
        try:
            found = await found_in(self._archive, ClosedFilters(since=since), sys.maxsize, None)
        except UnreachableError as error:
            return None, (f"what was spent is not known: {error}",)
        return spend_of(found.jobs, since), found.unreadable


class _Index:
    """Temporal's index, asked a few things at once.

    In SQL it neither groups by the product's attributes nor sorts by them. So each number is a request of its own, and
    what comes first is found by halving the time that it may lie in.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def counts(self, wanted: Mapping[K, Filters]) -> dict[K, int]:
        """Count each, without those of which there are none."""
        found = await asyncio.gather(*map(self._count, wanted.values()))
        return {name: count for name, count in zip(wanted, found, strict=True) if count}

    async def reviews(self, waiting: int, now: datetime) -> WaitingReviews:
        """Say which of so many reviews come first."""
        if not waiting:
            return WaitingReviews()
        first_due, oldest, due = await asyncio.gather(
            self._before(lambda at: replace(_HELD, due_before=at), waiting),
            self._before(lambda at: replace(_HELD, started_before=at), waiting),
            self._count(replace(_HELD, due_before=now + _DAY)),
        )
        return WaitingReviews(
            first_due=_review(min(first_due, key=lambda job: job.review_due_at or _END, default=None)),
            oldest=_review(min(oldest, key=lambda job: job.started_at, default=None)),
            due_within_day=due,
        )

    async def _before(self, wanted: Callable[[datetime], Filters], total: int) -> list[JobSummary]:
        """List a few jobs among which the first one is, give or take a second where very many are as early."""
        low, high = _BEGINNING, _END
        count, middle = total, high
        while high - low > _A_MOMENT:
            if 0 < count <= _FEW and (found := await self._list(wanted(middle))):
                return found
            low, high = (middle, high) if count == 0 else (low, middle)
            middle = low + (high - low) / 2
            count = await self._count(wanted(middle))
        return await self._list(wanted(high))

    async def _count(self, wanted: Filters) -> int:
        async with self._turns:
            return (await self._client.count_workflows(wanted.query(), rpc_timeout=RPC_TIMEOUT)).count

    async def _list(self, wanted: Filters) -> list[JobSummary]:
        async with self._turns:
            found = self._client.list_workflows(wanted.query(), limit=_FEW, page_size=_FEW, rpc_timeout=RPC_TIMEOUT)
            return [await summary_of(execution) async for execution in found]


def _review(job: JobSummary | None) -> WaitingReview | None:
    if job is None:
        return None
    return WaitingReview(
        job_id=job.job_id,
        title=job.title,
        requester=job.requester,
        submitted_at=job.started_at,
        due_at=job.review_due_at,
    )
