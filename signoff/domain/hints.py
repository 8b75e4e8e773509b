"""The provider's own hints about when to come back."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_TEXT: Final = re.compile(r"try again in (\d+(?:\.\d+)?)\s*(ms|seconds|second|s)\b", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read `retry-after-ms`, or `Retry-After` as seconds or as an HTTP date (RFC 9110, section 10.2.3)."""
    for name, unit in (("retry-after-ms", timedelta(milliseconds=1)), ("retry-after", timedelta(seconds=1))):
        try:
            return max(float(headers[name]), 0.0) * unit
        except (KeyError, ValueError, OverflowError):
            continue
    return _until_date(headers.get("retry-after", ""), now)


def retry_after_in_text(text: str) -> timedelta | None:
    """Read "try again in 11.054s" (also ms, seconds): the only hint there is inside a 200 response."""
    found = _TEXT.search(text)
    if found is None:
        return None
    unit = timedelta(milliseconds=1) if found[2].lower() == "ms" else timedelta(seconds=1)
    try:
        return float(found[1]) * unit
    except OverflowError:
        return None


def _until_date(text: str, now: datetime) -> timedelta | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta(0))
