"""What the gateway shows of all jobs together: it has them counted when somebody asks, but not too often."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from signoff.census import Census
from signoff.domain.errors import SignoffError

FRESH_SECONDS: Final = 15.0
PATIENCE_SECONDS: Final = 5.0

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.gauges")


class Gauges(Collector):
    """The gauges of all jobs. Where Temporal does not answer they are absent, and `signoff_counts_up` is 0.

    Args:
        take: Counts.
        clock: Gives seconds, and only goes forward.
    """

    def __init__(self, take: Callable[[], Awaitable[Census]], clock: Callable[[], float] = time.monotonic) -> None:
        self._take = take
        self._clock = clock
        self._census: Census | None = None
        self._taken_at: float | None = None
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Count anew, unless that was done a moment ago. It takes a bounded time, and never fails."""
        async with self._turn:
            if self._taken_at is not None and self._clock() - self._taken_at < FRESH_SECONDS:
                return
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    self._census = await self._take()
            except (SignoffError, TimeoutError) as error:
                log.warning("counts.not_taken", reason=str(error) or "it took too long")
                self._census = None
            self._taken_at = self._clock()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing beforehand, so that no count is needed for that."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Show the last count."""
        yield GaugeMetricFamily(
            "signoff_counts_up", "Whether Temporal let jobs be counted", value=float(self._census is not None)
        )
        if self._census is not None:
            yield from families(self._census)


def families(census: Census) -> Iterator[GaugeMetricFamily]:
    """Show a count as Prometheus is told of it."""
    jobs = GaugeMetricFamily("signoff_jobs", "Open jobs by status", labels=["status"])
    for status, count in census.jobs.items():
        jobs.add_metric([status], count)
    yield jobs
    attention = GaugeMetricFamily(
        "signoff_jobs_needing_attention",
        "Jobs that have stopped for a person, by the class of the failure",
        labels=["failure_class"],
    )
    for failure_class, count in census.attention.items():
        attention.add_metric([failure_class], count)
    yield attention
    due = GaugeMetricFamily("signoff_reviews_due", "Held drafts whose time to decide ends soon", labels=["within"])
    for within, count in census.reviews_due.items():
        due.add_metric([within], count)
    yield due
    yield GaugeMetricFamily(
        "signoff_deliveries_stuck", "Jobs of which a delivery waits for a person", value=census.stuck
    )
    workers = GaugeMetricFamily(
        "signoff_workers", "Workers that asked for work within minutes", labels=["task_queue", "kind"]
    )
    for (queue, kind), count in census.workers.items():
        workers.add_metric([queue, kind], count)
    yield workers
