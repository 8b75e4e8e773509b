"""The list of jobs as a table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from signoff.domain.description import JobSummary
from starter.plain import duration, one_line

_WIDE: Final = 1_000
"""Never the terminal's width: a job id that was cut to fit could not be used."""


def print_jobs(jobs: Sequence[JobSummary]) -> None:
    """Print one line per job."""
    now = datetime.now(UTC)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("JOB", "STATUS", "NEXT ACTION", "AGE"):
        table.add_column(name, no_wrap=True)
    table.add_column("REQUESTER", no_wrap=True, max_width=24)
    table.add_column("TITLE", no_wrap=True, max_width=60)
    for job in jobs:
        age = duration((job.closed_at or now) - job.started_at)
        row = (job.job_id, job.status, job.next_action, age, job.requester, job.title)
        table.add_row(*(Text(one_line(cell)) for cell in row))
    Console(width=_WIDE).print(table, crop=False, soft_wrap=True)
