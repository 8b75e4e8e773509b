"""The clock of the activities; tests bring their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from temporalio import activity

Clock: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    """Tell the time by Temporal's clock, as an aware UTC datetime.

    Inside an activity this is when its execution started. It agrees with the times in the workflow's history,
    whatever the clock of the worker's machine says.
    """
    return activity.info().started_time if activity.in_activity() else datetime.now(UTC)
