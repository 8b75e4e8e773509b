"""Query parameters that bound a list: times, and values that may be given once or more often."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, Field

from signoff.domain.errors import BadRequestError

T = TypeVar("T")
Bound = Annotated[AwareDatetime | date, Field(union_mode="left_to_right")]
"""A moment with its zone; a date alone is its beginning in UTC."""


def moment_of(bound: datetime | date | None) -> datetime | None:
    """Give the moment."""
    if bound is None or isinstance(bound, datetime):
        return bound
    return datetime.combine(bound, time(), UTC)


def the_one(values: Sequence[T] | None, name: str) -> T | None:
    """Give the one value of a parameter that may be given more often for closed jobs.

    Raises:
        BadRequestError: It was.
    """
    if values and len(values) > 1:
        raise BadRequestError(f"{name}: give one; of closed jobs (`closed=true`) it may be several")
    return values[0] if values else None
