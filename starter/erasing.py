"""What is typed to have the content of a closed job removed for good."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

import sys
from typing import Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument


def is_at_terminal() -> bool:
    """Whether there is somebody who can be asked."""
    return sys.stdin.isatty()


def erase(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    reason: Annotated[str, typer.Option(help="Why; erasing needs this, and it stays in the record.")] = "",
    keeps_history: Annotated[
        bool, typer.Option("--keep-history", help="Leave Temporal its history of the job, which holds the request.")
    ] = False,
    keeps_upstream: Annotated[
        bool, typer.Option("--keep-upstream", help="Leave OpenAI the responses that it keeps.")
    ] = False,
    is_sure: Annotated[bool, typer.Option("--yes", help="Don't ask again at a terminal.")] = False,
    acting_as: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Remove all content of a closed job for good.

    It goes from the archive, from Temporal and at OpenAI. The record stays without its texts, and a tombstone says who
    had this done, when and why. What was delivered elsewhere stays there. A repeat gets the first answer, and does what
    the first one left out or could not do.
    """
    from signoff.domain.errors import BadRequestError, UnreachableError
    from starter.advice import typed
    from starter.connection import with_jobs
    from starter.exits import PENDING
    from starter.identity import named
    from starter.removing import erasure_lines
    from starter.screen import say, say_json

    if not reason.strip():
        raise BadRequestError("erasing needs --reason: say why")
    if not is_sure and is_at_terminal():
        typer.confirm(f"remove all content of {job_id} for good?", abort=True, err=True)
    by = named(acting_as)
    given = {"--keep-history": keeps_history, "--keep-upstream": keeps_upstream, "--yes": is_sure}
    again = typed("erase", job_id, "--reason", reason, "--as", by, *(option for option in given if given[option]))
    try:
        answer = with_jobs(
            context,
            lambda jobs: jobs.erase(
                job_id, by=by, reason=reason, keeps_history=keeps_history, keeps_upstream=keeps_upstream
            ),
        )
    except UnreachableError as error:
        raise UnreachableError(f"{error}\nthis is safe to repeat: {again}") from error
    if as_json:
        say_json(answer.model_dump(mode="json"))
    else:
        say(*erasure_lines(answer, again))
    if not answer.is_done:
        raise typer.Exit(PENDING)
