"""The clock of the activities; tests bring their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    """Tell the time as an aware UTC datetime."""
    return datetime.now(UTC)
