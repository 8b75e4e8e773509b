"""What a requester types: submit, result, cancel."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from pathlib import Path
from typing import Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument


def submit(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The request as a JSON file; - reads standard input.")],
    *,
    is_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="FILE holds many requests, one on each line; it may be submitted again.")
    ] = False,
    job_id: Annotated[str | None, typer.Option(help="The job id, in place of the file's `job_id`.")] = None,
    requester: Annotated[str | None, typer.Option(help="Who asks, in place of the file's `requester`.")] = None,
    title: Annotated[str | None, typer.Option(help="A title for lists, in place of the file's `title`.")] = None,
    at_once: Annotated[int, typer.Option(min=1, max=500, help="With --jsonl: how many are submitted at once.")] = 20,
    refused: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --jsonl: where refused lines go; by default beside FILE."),
    ] = None,
    patience: Annotated[
        str, typer.Option(metavar="DURATION", help="With --jsonl: how long a server that is away is tried again.")
    ] = "2min",
    as_json: AsJson = False,
) -> None:
    """Start a job from a request in JSON, or with --jsonl one job from each line of a file.

    With a job id, a repeat is harmless: the same request finds its job again, another one is refused. With --jsonl a
    line without `job_id` gets one that is made from its request, so the same file may be submitted again at any time,
    also to go on where it was interrupted: whatever was started is found, and nothing is started twice. Lines that are
    refused go to a file with the reasons, and are exit code 2; the others are submitted all the same.
    """
    from signoff.domain.errors import BadRequestError
    from signoff.domain.job import parse_request
    from starter.advice import typed
    from starter.connection import with_jobs
    from starter.inputs import read_object
    from starter.screen import say, say_json

    changes = {"job_id": job_id, "requester": requester, "title": title}
    if is_jsonl:
        from starter.many import read_terms, submit_many

        submit_many(context, file, read_terms(at_once, patience, changes), refused, as_json=as_json)
        return
    if refused is not None:
        raise BadRequestError("--refused is for many requests; add --jsonl")
    request = parse_request(read_object(file) | {name: value for name, value in changes.items() if value is not None})
    submitted = with_jobs(context, lambda jobs: jobs.submit(request))
    if as_json:
        say_json(submitted.model_dump(mode="json"))
    else:
        found = "was started" if submitted.is_new else "existed already; nothing was started"
        say(f"{submitted.job_id} {found}", "next, type", f"  {typed('watch', submitted.job_id)}")


def result(context: typer.Context, job_id: JobArgument, *, as_json: AsJson = False) -> None:
    """Print the delivered text of a completed job.

    Before that nothing of it is shown: exit code 4 and where the job stands. With --json, the whole deliverable.
    """
    from starter.connection import with_archive
    from starter.screen import say, say_json

    deliverable = with_archive(context, lambda jobs: jobs.result(job_id))
    if as_json:
        say_json(deliverable.model_dump(mode="json"))
    else:
        say(deliverable.text)


def cancel(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    acting_as: ActingAs = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the record.")] = "",
    is_waiting: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait up to 30 s for the end.")] = True,
    as_json: AsJson = False,
) -> None:
    """Stop a job, and the paid work behind it.

    It closes once OpenAI confirmed that the work stopped. A job may still end otherwise, when it was too late.
    """
    from starter.connection import with_jobs
    from starter.identity import named
    from starter.screen import say, say_json
    from starter.view import cancel_lines
    from starter.waiting import cancelled

    by = named(acting_as)
    job = with_jobs(context, lambda jobs: cancelled(jobs, job_id, by=by, reason=reason, is_waiting=is_waiting))
    if as_json:
        say_json(job.model_dump(mode="json"))
    else:
        say(*cancel_lines(job))
