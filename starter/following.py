"""What anyone types who follows jobs: show, watch."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import Annotated

import typer

from starter.options import AsJson, JobArgument, Until


def show(context: typer.Context, job_id: JobArgument, *, as_json: AsJson = False) -> None:
    """Show everything about a job, and what to do next.

    With --json, the whole record, what the job cost under `cost`, and what to do next under `advice`.
    """
    from starter.connection import with_archive
    from starter.screen import say, say_json
    from starter.view import advice, cost_document, job_lines
    from starter.waiting import described, recorded

    if as_json:
        job, record = with_archive(context, lambda jobs: recorded(jobs, job_id))
        say_json({**record.model_dump(mode="json"), "cost": cost_document(record), "advice": advice(job, record)})
    else:
        say(*job_lines(*with_archive(context, lambda jobs: described(jobs, job_id))))


def watch(
    context: typer.Context,
    job_id: JobArgument,
    *,
    until: Annotated[Until, typer.Option(help="person: end as well when the job needs someone to act.")] = Until.PERSON,
    as_json: AsJson = False,
) -> None:
    """Follow a job until it needs a person, or has closed.

    Ctrl-C ends the watching, never the job. With --json, only the last description is printed, at the end.
    """
    from starter.advice import typed
    from starter.connection import with_jobs
    from starter.exits import INTERRUPTED
    from starter.progress import Progress
    from starter.screen import complain, say, say_json
    from starter.view import advice, ending_lines
    from starter.waiting import watched_with_record

    try:
        if as_json:
            job, record = with_jobs(context, lambda jobs: watched_with_record(jobs, job_id, until))
            say_json({**job.model_dump(mode="json"), "advice": advice(job, record)})
        else:
            with Progress() as progress:
                seen = with_jobs(context, lambda jobs: watched_with_record(jobs, job_id, until, progress.see))
            say(*ending_lines(*seen))
    except KeyboardInterrupt:
        complain(f"stopped watching; {job_id} goes on. Watch it again with: {typed('watch', job_id)}")
        raise typer.Exit(INTERRUPTED) from None
