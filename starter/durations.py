"""Durations and times, as people type them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from signoff.domain.errors import BadRequestError

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "min": "minutes", "m": "minutes", "s": "seconds"}
_PART: Final = re.compile(r"(\d{1,6})\s*(w|d|h|min|m|s)\s*")


def read_duration(text: str, option: str) -> timedelta:
    """Read a duration such as `2d`, `36h` or `1d12h`, or in the form of ISO 8601, as in `P2D`.

    Raises:
        BadRequestError: It is none, or not longer than nothing.
    """
    found = _in_units(text.strip()) or _as_written(text.strip())
    if not found or found <= timedelta(0):
        raise BadRequestError(f"{option}: {text!r} is not a duration; write it like 2d, 36h or PT36H")
    return found


def read_moment(text: str, option: str) -> datetime:
    """Read a time in the form of ISO 8601. A date alone is its beginning, and without a zone it is UTC.

    Raises:
        BadRequestError: It is none.
    """
    try:
        read = datetime.fromisoformat(text.strip())
        return TypeAdapter(AwareDatetime).validate_python(read if read.tzinfo else read.replace(tzinfo=UTC))
    except ValueError:
        told = "write it like 2026-12-01 or 2026-12-01T18:00:00+01:00; without a zone it is UTC"
        raise BadRequestError(f"{option}: {text!r} is not a time; {told}") from None


def _in_units(text: str) -> timedelta | None:
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text):
        return None
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta(0))


def _as_written(text: str) -> timedelta | None:
    try:
        return TypeAdapter(timedelta).validate_python(text) if text[:1] in {"P", "p"} else None
    except ValidationError:
        return None
