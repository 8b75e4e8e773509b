"""The list of jobs as a table."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from signoff.domain.description import JobSummary
from starter.plain import duration, one_line

_WIDE: Final = 1_000
"""The width where nobody looks at a terminal: what reads a pipe must find every job id whole."""


def print_jobs(jobs: Sequence[JobSummary]) -> None:
    """Print one line per job."""
    now = datetime.now(UTC)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("JOB", overflow="fold")
    for name in ("STATUS", "NEXT ACTION", "AGE"):
        table.add_column(name, no_wrap=True)
    for name in ("REQUESTER", "TITLE"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for job in jobs:
        age = duration((job.closed_at or now) - job.started_at)
        row = (job.job_id, job.status, job.next_action, age, job.requester, job.title)
        table.add_row(*(Text(one_line(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
