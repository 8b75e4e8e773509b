"""What the viewers of a job see: one follower per job, however many watch it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Final

import structlog

from signoff.domain.description import JobDescription
from signoff.domain.errors import NoSuchJobError, SignoffError, UnreachableError
from signoff.domain.record import TimelineEntry
from signoff.domain.status import NextAction
from signoff.reading import JobReader

MOST_VIEWERS: Final = 1000
RETRY_DELAY: Final = timedelta(seconds=1)
"""How long a follower that met silence waits before it goes on."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Feed:
    """The timeline of one job as far as it is known. Viewers keep positions in it, and so hold nothing."""

    def __init__(self, jobs: JobReader, job_id: str) -> None:
        self.job_id = job_id
        self.lines: tuple[TimelineEntry, ...] = ()
        self.next_action = NextAction.WAIT
        self.is_over = False
        self.viewers = 0
        self._is_there = False
        self._jobs = jobs
        self._changed = asyncio.Event()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.follower = asyncio.create_task(self._follow())

    async def opened(self) -> None:
        """Wait until the job has been seen once. Its lines come later where no worker can tell them now.

        Raises:
            NoSuchJobError: There is no such job.
            UnreachableError: Temporal or the archive did not answer.
        """
        await asyncio.shield(self._opened)

    async def has_more(self, position: int, timeout: timedelta) -> bool:  # noqa: ASYNC109  silence is an answer
        """Wait until there are lines beyond a position or no more will come; false when neither came in time."""
        changed = self._changed
        if len(self.lines) > position or self.is_over:
            return True
        try:
            await asyncio.wait_for(changed.wait(), timeout.total_seconds())
        except TimeoutError:
            return False
        return True

    def end(self) -> None:
        """Stop following, and let every viewer go."""
        self.follower.cancel()
        self.is_over = True
        self._tell()
        if self._opened.done() and not self._opened.cancelled():
            self._opened.exception()  # somebody has to read it, though all who waited for it may be gone
        self._opened.cancel()

    async def _follow(self) -> None:
        try:
            while not self.is_over:
                await self._follow_while_answered()
        except NoSuchJobError as error:
            self._refuse(error)
        except Exception as error:
            log.exception("gateway.follow_failed", job_id=self.job_id)
            self._refuse(error)
        finally:
            self.is_over = True
            self._tell()

    async def _follow_while_answered(self) -> None:
        try:
            async with contextlib.aclosing(self._jobs.follow(self.job_id)) as descriptions:
                async for job in descriptions:
                    await self._see(job)
        except NoSuchJobError:
            raise
        except SignoffError as error:
            if not self._is_there:
                self._refuse(error)
                self.is_over = True
                return
            self._open()
            log.warning("gateway.follow_interrupted", job_id=self.job_id, reason=str(error))
            await asyncio.sleep(RETRY_DELAY.total_seconds())

    async def _see(self, job: JobDescription) -> None:
        self._is_there = True
        is_last = job.status.is_closed
        if job.changes > len(self.lines) or (is_last and not job.is_complete):
            await self._read(may_be_silent=is_last)
        self.is_over = is_last
        self._tell()
        self._open()

    def _open(self) -> None:
        if not self._opened.done():
            self._opened.set_result(None)

    async def _read(self, *, may_be_silent: bool) -> None:
        """Take the lines of the record. Of a job that was cut off there may be nobody left to tell them."""
        try:
            record = await self._jobs.record(self.job_id)
        except UnreachableError:
            if not may_be_silent:
                raise
        else:
            self.lines, self.next_action = record.timeline, record.next_action

    def _refuse(self, error: Exception) -> None:
        if not self._opened.done():
            self._opened.set_exception(error)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Feeds:
    """The feeds of a process, each there for as long as somebody views it."""

    def __init__(self, jobs: JobReader, limit: int = MOST_VIEWERS) -> None:
        self._jobs = jobs
        self._limit = limit
        self._feeds: dict[str, Feed] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._viewers = 0
        self._is_closed = False

    @property
    def followed(self) -> int:
        """How many jobs are followed now."""
        return len(self._followers)

    @contextlib.asynccontextmanager
    async def viewed(self, job_id: str) -> AsyncGenerator[Feed, None]:
        """Give a job's feed to one more viewer; the last one who leaves ends it.

        Raises:
            NoSuchJobError: There is no such job.
            UnreachableError: Temporal or the archive did not answer, or nobody more can be served.
        """
        if self._is_closed:
            raise UnreachableError("the gateway is stopping; connect again")
        if self._viewers >= self._limit:
            raise UnreachableError(
                f"{self._limit} viewers follow jobs here already; try again later, or ask for the job"
            )
        feed = self._feeds.get(job_id) or self._begin(job_id)
        self._viewers += 1
        feed.viewers += 1
        try:
            await feed.opened()
            yield feed
        finally:
            self._viewers -= 1
            feed.viewers -= 1
            if not feed.viewers:
                self._feeds.pop(job_id, None)
                feed.end()

    async def close(self) -> None:
        """End every feed, and with it every stream; call it before the server waits for its connections."""
        self._is_closed = True
        for feed in self._feeds.values():
            feed.end()
        if self._followers:
            await asyncio.wait(self._followers)

    def _begin(self, job_id: str) -> Feed:
        feed = self._feeds[job_id] = Feed(self._jobs, job_id)
        self._followers.add(feed.follower)
        feed.follower.add_done_callback(self._followers.discard)
        return feed
