"""The shapes of what is shown: a named fact, a part with a heading, a time that something is due."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from starter.plain import duration, moment, one_line


def fact(name: str, text: str) -> str:
    """Name one fact."""
    return f"  {name:<12} {one_line(text)}"


def part(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Put lines under a heading; no heading where there are none."""
    shown = list(lines)
    if shown:
        yield title
        yield from (f"  {line}" for line in shown)


def due(at: datetime, now: datetime) -> str:
    """Say when something is due, and how far off that is."""
    return f"{moment(at)} ({'in ' + duration(at - now) if at > now else 'over'})"
