"""What is to be done at a time on the clock."""

import heapq
import itertools
from typing import Generic, TypeVar

from signoff.simulator.timeline import SHORTEST_SECONDS

Item = TypeVar("Item")


class Agenda(Generic[Item]):
    """Items in the order of their times."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Item]] = []
        self._count = itertools.count()

    def put(self, at: float, item: Item) -> None:
        """Keep an item until this time."""
        heapq.heappush(self._entries, (at, next(self._count), item))

    def due(self, now: float) -> list[Item]:
        """Take out the items whose time has come; one may come a millisecond early."""
        found = []
        while self._entries and self._entries[0][0] <= now + SHORTEST_SECONDS:
            found.append(heapq.heappop(self._entries)[2])
        return found

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
