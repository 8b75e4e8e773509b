"""Watching a job: a line for each change of status, and how the looks go.

On a terminal that is one more line that keeps moving, elsewhere a line for each look.
"""

import sys
from datetime import UTC, datetime
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from signoff.domain.description import JobDescription
from signoff.domain.status import JobStatus
from starter.plain import duration, moment, one_line


class Progress:
    """What is seen of one job while somebody waits."""

    def __init__(self) -> None:
        console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
        self._console = console
        self._seen: JobDescription | None = None
        self._spinner = Spinner("line")
        can_move = sys.stdout.isatty() and not console.is_dumb_terminal
        self._live = Live(console=console, get_renderable=self._moving, transient=True) if can_move else None

    def __enter__(self) -> Self:
        """Begin to move, where there is a terminal."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave only the lines."""
        if self._live:
            self._live.stop()

    def see(self, job: JobDescription) -> None:
        """Take a newer description."""
        before, self._seen = self._seen, job
        if before is None or _standing(before) != _standing(job):
            has_moved = before is None or before.since != job.since
            at = (job.since if has_moved else None) or datetime.now(UTC)
            self._console.print(Text(_line(job, at)))
        elif self._live is None and job.looks != before.looks:
            self._console.print(Text(f"{moment(datetime.now(UTC))}  {_moving_line(job)}"))

    def _moving(self) -> Spinner | str:
        job = self._seen
        if job is None or job.status.is_closed:
            return ""
        self._spinner.update(text=Text(_moving_line(job), no_wrap=True, overflow="ellipsis"))
        return self._spinner


def _standing(job: JobDescription) -> tuple[object, ...]:
    return job.status, job.since, job.reason, job.is_complete


def _line(job: JobDescription, at: datetime) -> str:
    elapsed = f" after {duration(at - job.opened_at)}" if job.opened_at and at > job.opened_at else ""
    return f"{moment(at)}  {job.status}{elapsed}: {one_line(job.reason)}"


def _moving_line(job: JobDescription) -> str:
    now = datetime.now(UTC)
    words = [f"{job.status} for {duration(now - job.since)}"] if job.since else [str(job.status)]
    words += [f"{duration(now - job.opened_at)} in all"] if job.opened_at else []
    if job.status is JobStatus.QUEUED:
        words += (
            [f"next attempt in {duration(job.not_before - now)}"] if job.not_before and job.not_before > now else []
        )
        sign = "a sign of the lost response is waited for"
        words += [f"{sign}: {duration(job.adoption_due_at - now)} more"] if job.adoption_due_at else []
    if job.status is JobStatus.RUNNING:
        words += [f"looks so far: {job.looks}"]
        words += [f"next look in {duration(job.next_look_at - now)}"] if job.next_look_at else []
    return ", ".join(words)
