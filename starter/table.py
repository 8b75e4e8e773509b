"""Tables: the list of jobs, and plain columns."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from signoff.domain.description import JobSummary
from signoff.domain.status import Actor
from starter.plain import duration, moment, one_line

_WIDE: Final = 1_000
"""Never the terminal's width: a job id that was cut to fit could not be used."""


def print_jobs(jobs: Sequence[JobSummary]) -> None:
    """Print one line per job."""
    now = datetime.now(UTC)
    lines = [
        (
            job.job_id,
            job.status,
            job.next_action,
            "-" if job.actor is Actor.NOBODY else job.actor,
            duration((job.closed_at or now) - job.started_at),
        )
        for job in jobs
    ]
    _print(("JOB", "STATUS", "NEXT ACTION", "WHO ACTS", "AGE"), jobs, lines)


def print_closed(jobs: Sequence[JobSummary]) -> None:
    """Print one line per closed job; a star marks those that were ended in Temporal from outside."""
    lines = []
    for job in jobs:
        closed_at = job.closed_at or job.started_at
        tokens = "-" if job.tokens is None else f"{job.tokens:,}"
        status = f"{job.status}*" if job.is_cut_off else job.status
        lines.append((job.job_id, status, moment(closed_at), duration(closed_at - job.started_at), tokens))
    _print(("JOB", "STATUS", "CLOSED AT", "TOOK", "TOKENS"), jobs, lines)


def urgent_first(jobs: Sequence[JobSummary]) -> list[JobSummary]:
    """Order jobs by when somebody must have decided; those without an end come last."""
    return sorted(jobs, key=lambda job: (job.review_due_at is None, job.review_due_at or job.started_at))


def print_inbox(jobs: Sequence[JobSummary]) -> None:
    """Print one line per job that is held for review."""
    now = datetime.now(UTC)
    lines = [
        (
            job.job_id,
            "-" if job.review_due_at is None else _left(job.review_due_at - now),
            duration(now - job.started_at),
            str(job.findings or "-"),
            job.claimed_by or "-",
        )
        for job in jobs
    ]
    _print(("JOB", "DECIDE IN", "AGE", "FINDINGS", "CLAIMED BY"), jobs, lines)


def _print(names: Sequence[str], jobs: Sequence[JobSummary], lines: Sequence[Sequence[str]]) -> None:
    """Print one line per job under these names, ended by who asked for it and its title."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, no_wrap=True)
    table.add_column("REQUESTER", no_wrap=True, max_width=24)
    table.add_column("TITLE", no_wrap=True, max_width=60)
    for job, line in zip(jobs, lines, strict=True):
        table.add_row(*(Text(one_line(cell)) for cell in (*line, job.requester, job.title)))
    Console(width=_WIDE).print(table, crop=False, soft_wrap=True)


def _left(span: timedelta) -> str:
    return duration(span) if span > timedelta(0) else "over"


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align rows under their header."""
    lines = [header, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    for line in lines:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
