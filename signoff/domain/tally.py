"""Counting by name where others choose the names: all are counted, and only so many are listed."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from signoff.domain.model import Value

NAMES_KEPT: Final = 40
OTHERS: Final = "(other types)"
_NAME_LIMIT: Final = 64


class Count(Value):
    """How often something of one name was met. `is_known` says that this version knows what it means."""

    name: str
    count: int
    is_known: bool = True


def tally(names: Iterable[str], known: AbstractSet[str]) -> tuple[Count, ...]:
    """Count names in the order in which they were first met. Beyond so many, unknown ones are counted together."""
    counts: dict[str, int] = {}
    for name in names:
        listed = name if name in known else name[:_NAME_LIMIT]
        if listed not in counts and listed not in known and len(counts) >= NAMES_KEPT:
            listed = OTHERS
        counts[listed] = counts.get(listed, 0) + 1
    return tuple(Count(name=name, count=count, is_known=name in known) for name, count in counts.items())
