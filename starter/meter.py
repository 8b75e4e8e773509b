"""How a run over many lines goes: a bar on a terminal, elsewhere a line now and then; always on standard error."""

import sys
import time
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from starter.plain import one_line
from starter.submitting import Tally

_EVERY_SECONDS: Final = 10.0


class LineMeter:
    """Shows what became of the lines of a file; where its size is known, also how much of it is left."""

    def __init__(self, size: int | None) -> None:
        console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
        can_move = sys.stderr.isatty() and not console.is_dumb_terminal
        self._bar = _bar(console) if can_move else None
        self._task = self._bar.add_task("", total=size) if self._bar else None
        self._console = console
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to move, where there is a terminal."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave only the lines."""
        if self._bar:
            self._bar.stop()

    def see(self, tally: Tally) -> None:
        """Take what became of the lines so far."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=tally.end, description=in_short(tally))
        elif time.monotonic() - self._told_at >= _EVERY_SECONDS:
            self._told_at = time.monotonic()
            self._say(f"{in_short(tally)}; {tally.per_second:,.0f} per second")

    def note(self, text: str) -> None:
        """Tell what a person should know meanwhile."""
        self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(Text(one_line(text)))


def in_short(tally: Tally) -> str:
    """Say in a few words what became of the lines."""
    lines = "1 line" if tally.lines == 1 else f"{tally.lines:,} lines"
    return f"{lines}: {tally.new:,} new, {tally.known:,} known before, {tally.refused:,} refused"


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)
