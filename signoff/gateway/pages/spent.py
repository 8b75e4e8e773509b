"""What was used up and must not count again."""

from collections import OrderedDict
from typing import Final

REMEMBERED: Final = 10_000


class Spent:
    """Remembers the latest of what was used up, in this process alone."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._limit = limit

    def __contains__(self, one: str) -> bool:
        """Whether it was used up."""
        return one in self._ids

    def add(self, one: str) -> None:
        """Use it up."""
        self._ids[one] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
