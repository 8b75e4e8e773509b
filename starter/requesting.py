"""What a requester types: submit, result, cancel."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from starter.options import ActingAs, AsJson, JobArgument, named

FILE_LIMIT_BYTES: Final = 2 * 1024 * 1024
CANCEL_PATIENCE_SECONDS: Final = 30


def submit(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The request as a JSON file; - reads standard input.")],
    *,
    job_id: Annotated[str | None, typer.Option(help="The job id, in place of the file's `job_id`.")] = None,
    requester: Annotated[str | None, typer.Option(help="Who asks, in place of the file's `requester`.")] = None,
    title: Annotated[str | None, typer.Option(help="A title for lists, in place of the file's `title`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Start a job from a request in JSON.

    With a job id, a repeat is harmless: the same request finds its job again, another one is refused.
    """
    from signoff.domain.job import parse_request
    from starter.advice import next_commands
    from starter.connection import with_jobs
    from starter.screen import say, say_json

    changed = {"job_id": job_id, "requester": requester, "title": title}
    request = parse_request(read_object(file) | {name: value for name, value in changed.items() if value is not None})
    submitted = with_jobs(context, lambda jobs: jobs.submit(request))
    if as_json:
        return say_json(submitted.model_dump(mode="json"))
    found = "was started" if submitted.is_new else "existed already, from the same request; nothing was started"
    from signoff.domain.status import JobStatus

    say(
        f"{submitted.job_id} {found}",
        "next, type",
        *(f"  {one}" for one in next_commands(submitted.job_id, JobStatus.QUEUED, None)),
    )
