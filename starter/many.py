"""`submit --jsonl`: submitting a whole file, and what is said of it at the end."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from signoff.client import JobClient
from signoff.domain.errors import BadRequestError
from starter.advice import typed
from starter.connection import with_jobs
from starter.durations import read_duration
from starter.exits import BAD_INPUT, INTERRUPTED
from starter.jsonl import opened_lines
from starter.meter import LineMeter, in_short
from starter.refusals import Refusals, refusals_for
from starter.screen import say, say_json
from starter.submitting import Submitting, Tally, Terms


def submit_many(context: typer.Context, file: str, terms: Terms, refused: Path | None, *, as_json: bool) -> None:
    """Submit every line of a file, and say what became of them.

    Raises:
        Exit: A line was refused, or somebody interrupted it.
        BadRequestError: The file can't be read.
        UnreachableError: Nobody answered for too long.
    """
    refusals = refusals_for(file, refused)

    async def submitted(jobs: JobClient) -> Tally:
        with opened_lines(file) as lines, refusals, LineMeter(lines.size) as meter:
            return await Submitting(jobs, terms, refusals, meter).run(lines)

    try:
        tally = with_jobs(context, submitted)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        say_json(_document(tally, refusals))
    else:
        say(*_summary(tally, refusals))
    if tally.is_interrupted:
        raise typer.Exit(INTERRUPTED)
    if tally.error:
        raise tally.error
    if tally.refused:
        raise typer.Exit(BAD_INPUT)


def read_terms(at_once: int, patience: str, changes: Mapping[str, str | None]) -> Terms:
    """Read the options of a run.

    Raises:
        BadRequestError: One can't be used.
    """
    if changes.get("job_id") is not None:
        raise BadRequestError("--job-id names one job; with --jsonl each line may have a `job_id`")
    given = {name: value for name, value in changes.items() if value is not None}
    return Terms(at_once=at_once, patience=read_duration(patience, "--patience"), changes=given)


def _document(tally: Tally, refusals: Refusals) -> dict[str, Any]:
    return {
        "lines": tally.lines,
        "new": tally.new,
        "known_before": tally.known,
        "refused": tally.refused,
        "refused_file": str(refusals.path) if tally.refused else None,
        "is_complete": tally.is_complete,
        "seconds": round(tally.seconds, 3),
        "per_second": round(tally.per_second, 1),
    }


def _summary(tally: Tally, refusals: Refusals) -> Iterator[str]:
    yield f"{in_short(tally)}; {tally.seconds:,.1f} s, {tally.per_second:,.0f} per second"
    if not tally.is_complete:
        yield "it ended before the last line; run the same command again to go on: no job is started twice"
    if tally.refused:
        yield f"{refusals.path} says why lines were refused; mend them there, then type"
        yield f"  {typed('submit', '--jsonl', str(refusals.path))}"
