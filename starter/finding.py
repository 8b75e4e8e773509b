"""Lists of closed jobs, from the archive and, where it answers, from Temporal."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import typer

from signoff.client import JobClient
from signoff.domain.closed import ClosedFilters
from signoff.domain.description import ClosedPage, JobSummary
from signoff.domain.errors import BadRequestError
from signoff.finding import archived_page
from signoff.keeping import archive_of
from signoff.settings import load_settings
from starter.connection import with_jobs
from starter.durations import read_duration, read_moment

LARGEST_PAGE: Final = 1000

T = TypeVar("T")
Page = Callable[[int, str | None], Awaitable[ClosedPage]]


def closed_jobs(context: typer.Context, filters: ClosedFilters, limit: int | None) -> ClosedPage:
    """Find closed jobs, at most so many or all, as one page; without a Temporal server those in the archive.

    Raises:
        UnreachableError: The archive did not answer.
    """

    async def found(jobs: JobClient) -> ClosedPage:
        return await _gathered(lambda size, cursor: jobs.closed(filters, limit=size, cursor=cursor), limit)

    async def found_in_archive() -> ClosedPage:
        archive = archive_of(load_settings())
        return await _gathered(lambda size, cursor: archived_page(archive, filters, limit=size, cursor=cursor), limit)

    return with_jobs(context, found, found_in_archive)


async def _gathered(page: Page, limit: int | None) -> ClosedPage:
    """Ask for pages until there are enough jobs, or no more."""
    jobs: list[JobSummary] = []
    unreadable: dict[str, None] = {}
    knows_cut_off, cursor = True, None
    while True:
        size = LARGEST_PAGE if limit is None else min(limit - len(jobs), LARGEST_PAGE)
        part = await page(size, cursor)
        jobs += part.jobs
        unreadable |= dict.fromkeys(part.unreadable)
        knows_cut_off, cursor = knows_cut_off and part.knows_cut_off, part.next_cursor
        if cursor is None or len(jobs) == limit:
            return ClosedPage(
                jobs=tuple(jobs), next_cursor=cursor, unreadable=tuple(unreadable), knows_cut_off=knows_cut_off
            )


def notes(page: ClosedPage, limit: int | None) -> Iterator[str]:
    """Say what a list of closed jobs lacks."""
    if page.next_cursor is not None:
        yield f"only the newest {limit:,} are listed; --limit says how many, and --all lists every one"
    if not page.knows_cut_off:
        yield "Temporal did not answer, so jobs that were ended there from outside are not listed"
    if any(job.is_cut_off for job in page.jobs):
        yield "* ended in Temporal from outside, so it left no record"
    yield from page.unreadable


def read_bound(text: str | None, option: str, now: datetime | None = None) -> datetime | None:
    """Read a time, or how long ago it was, such as `7d`.

    Raises:
        BadRequestError: It is neither.
    """
    if text is None:
        return None
    try:
        return (now or datetime.now(UTC)) - read_duration(text, option)
    except BadRequestError:
        return read_moment(text, option)
    except OverflowError:
        raise BadRequestError(f"{option}: {text} ago is before all time") from None


def the_one(values: Sequence[T] | None, option: str) -> T | None:
    """Give the one value of an option that may be given more often for closed jobs.

    Raises:
        BadRequestError: It was.
    """
    if values and len(values) > 1:
        raise BadRequestError(f"{option} may be given once; with --closed it may be given more often")
    return values[0] if values else None
