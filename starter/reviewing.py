"""What a reviewer types to see what is held, and what was held before: review, evidence, drafts."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import Annotated

import typer

from starter.options import AsJson, JobArgument


def review(context: typer.Context, job_id: JobArgument, *, as_json: AsJson = False) -> None:
    """Show exactly what is delivered if it is approved.

    Beside the text: its sources, what was noticed about it, the drafts before it and what was said of them, who may
    decide and until when, and how.
    """
    from starter.connection import with_archive
    from starter.drafts import review_document, review_lines
    from starter.screen import say, say_json

    draft, record = with_archive(context, lambda jobs: jobs.draft(job_id))
    if as_json:
        say_json(review_document(record, draft))
    else:
        say(*review_lines(record, draft))


def evidence(
    context: typer.Context,
    job_id: JobArgument,
    *,
    attempt: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Which attempt; without it, the one of the held draft.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what stands behind a result: searches, tool calls, reasoning, citations, tokens and times.

    Everything that came back is counted; what is beyond the bounds of the list, or unknown, is in the archived body.
    """
    from starter.connection import with_jobs
    from starter.evidence import index_lines
    from starter.screen import say, say_json

    index = with_jobs(context, lambda jobs: jobs.evidence(job_id, attempt))
    if as_json:
        say_json(index.model_dump(mode="json"))
    else:
        say(*index_lines(index))


def drafts(
    context: typer.Context,
    job_id: JobArgument,
    *,
    compared: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="A B", help="What changed from one to the other, by numbers or digests."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every draft that was held for review, edits among them, with what was said of each."""
    from starter.connection import with_archive
    from starter.rounds import compare, draft_documents, draft_list_lines
    from starter.screen import say, say_json

    if compared is None:
        record = with_archive(context, lambda jobs: jobs.record(job_id))
        if as_json:
            say_json({"job_id": job_id, "drafts": draft_documents(record)})
        else:
            say(*draft_list_lines(record))
        return
    change = with_archive(context, lambda jobs: compare(jobs, job_id, compared))
    if as_json:
        say_json({"job_id": job_id, "from": change.before, "to": change.after, "diff": change.lines})
    else:
        say(*change.shown())
