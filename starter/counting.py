"""What an operator types to see how all jobs stand: stats."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import Annotated

import typer

from starter.options import AsJson


def stats(
    context: typer.Context,
    *,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Sum up what was spent since then, as 2026-11-01 or 7d (ago).")
    ] = "7d",
    as_json: AsJson = False,
) -> None:
    """Count jobs by status and failure class, with the reviews that come first and what was spent.

    No worker is needed. Closed jobs are counted for as long as Temporal keeps them, and what was spent by the archive's
    index. Exit code 1 says that a part of the archive could not be read.
    """
    from starter.connection import with_jobs
    from starter.finding import read_bound
    from starter.numbers import stats_document, stats_lines
    from starter.screen import say, say_json

    bound = read_bound(since, "--since")
    found = with_jobs(context, lambda jobs: jobs.stats(since=bound))
    if as_json:
        say_json(stats_document(found))
    else:
        say(*stats_lines(found))
    if found.lacks:
        say(*found.lacks, to_stderr=True)
        raise typer.Exit(1)
