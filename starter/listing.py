"""What anyone types to find jobs: list."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import TYPE_CHECKING, Annotated

import typer

from signoff.domain.status import JobStatus
from starter.options import AsJson

if TYPE_CHECKING:
    from signoff.domain.closed import ClosedFilters


def listing(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    *,
    status: Annotated[
        list[JobStatus] | None, typer.Option(help="Only jobs in this status; with --closed, or in another one.")
    ] = None,
    requester: Annotated[str | None, typer.Option(help="Only jobs of this requester.")] = None,
    failure_class: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Only jobs that stopped for this, such as quota.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Only jobs with this label; with --closed, and with another one."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only jobs that wait for this person's decision.")
    ] = None,
    is_closed: Annotated[
        bool, typer.Option("--closed", help="Closed jobs, also those that Temporal has forgotten.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --closed: closed then or later, as 2026-11-01 or 7d (ago).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --closed: closed before that, as 2026-12-01 or 7d (ago).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest first.")] = 50,
    is_all: Annotated[bool, typer.Option("--all", help="With --closed: every one of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """List jobs that Temporal still knows, the newest first; with --closed, those in the archive.

    With --closed, exit code 1 says that a part of the archive's index could not be read.
    """
    from signoff.domain.closed import ClosedFilters
    from signoff.domain.errors import BadRequestError
    from starter.connection import with_jobs
    from starter.finding import read_bound, the_one
    from starter.inputs import check_label, read_failure_class
    from starter.screen import say, say_json
    from starter.table import print_jobs

    stopped_by = read_failure_class(failure_class)
    labels = [check_label(one) or "" for one in label or ()]
    if is_closed:
        if reviewer is not None:
            raise BadRequestError("--reviewer: no closed job waits for anybody's decision; leave it out with --closed")
        filters = ClosedFilters(
            statuses=tuple(status or ()),
            labels=tuple(labels),
            requester=requester,
            failure_class=stopped_by,
            since=read_bound(since, "--since"),
            until=read_bound(until, "--until"),
        )
        _list_closed(context, filters, limit=None if is_all else limit, as_json=as_json)
        return
    if since or until or is_all:
        raise BadRequestError("--since, --until and --all are for closed jobs; add --closed")
    found = with_jobs(
        context,
        lambda jobs: jobs.list(
            status=the_one(status, "--status"),
            requester=requester,
            failure_class=stopped_by,
            label=the_one(labels, "--label"),
            reviewer=reviewer,
            limit=limit,
        ),
    )
    if as_json:
        say_json([{**job.model_dump(mode="json"), "actor": job.actor} for job in found])
    elif found:
        print_jobs(found)
    else:
        say("no such jobs")


def _list_closed(context: typer.Context, filters: "ClosedFilters", *, limit: int | None, as_json: bool) -> None:
    from starter.finding import closed_jobs, notes
    from starter.screen import say, say_json
    from starter.table import print_closed

    page = closed_jobs(context, filters, limit)
    if as_json:
        say_json([{**job.model_dump(mode="json"), "actor": job.actor} for job in page.jobs])
    elif page.jobs:
        print_closed(page.jobs)
    else:
        say("no such jobs")
    if lacks := [*notes(page, limit)]:
        say(*lacks, to_stderr=True)
    if page.unreadable:
        raise typer.Exit(1)
