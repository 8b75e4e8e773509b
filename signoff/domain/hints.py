"""The provider's own hints about when to come back."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = timedelta(days=7)
"""No hint asks for more; one that does is a mistake, and waiting for it would be a job that nobody sees again."""

_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_UNIT: Final = r"ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?"
_PART: Final = rf"(\d{{1,12}}(?:\.\d{{1,12}})?)\s?({_UNIT})(?![a-z])"
_PARTS: Final = re.compile(_PART, re.ASCII | re.IGNORECASE)
# As many parts as there are units, and single spaces: a hostile text must not keep the worker busy.
_DURATION: Final = rf"{_PART}(?:\s?(?:,|and)?\s?{_PART}){{0,4}}"
_WHOLE: Final = re.compile(_DURATION, re.ASCII | re.IGNORECASE)
_TEXT: Final = re.compile(rf"(?:try again|retry) (?:in|after) ({_DURATION})", re.ASCII | re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read `retry-after-ms`, or `Retry-After` as seconds or as an HTTP date (RFC 9110, section 10.2.3)."""
    for name, unit in (("retry-after-ms", timedelta(milliseconds=1)), ("retry-after", timedelta(seconds=1))):
        number = headers.get(name, "").strip()
        if _NUMBER.fullmatch(number):
            return _times(number, unit)
    return _until_date(headers.get("retry-after", ""), now)


def retry_after_in_text(text: str) -> timedelta | None:
    """Read "try again in 11.054s" (also "6m0s", "20 minutes"): the only hint there is inside a 200 response."""
    found = _TEXT.search(text)
    return _duration(found[1]) if found else None


def rate_limit_reset(headers: Mapping[str, str]) -> timedelta | None:
    """Read `x-ratelimit-reset-requests` and `-tokens`, which tell when a limit is wholly unused again.

    That is more than a request needs, so of two limits the shorter time counts, unless it is known which is used up.
    """
    resets = {kind: headers.get(f"x-ratelimit-reset-{kind}", "").strip() for kind in ("requests", "tokens")}
    found = {kind: _duration(text) for kind, text in resets.items() if _WHOLE.fullmatch(text)}
    used_up = [reset for kind, reset in found.items() if headers.get(f"x-ratelimit-remaining-{kind}") == "0"]
    return max(used_up, default=None) or min(found.values(), default=None)


def _duration(text: str) -> timedelta:
    parts = (_times(number, _UNITS[_short(unit.lower())]) for number, unit in _PARTS.findall(text))
    return min(sum(parts, timedelta(0)), LONGEST)


def _short(unit: str) -> str:
    return "ms" if unit.startswith(("ms", "milli")) else unit[0]


def _times(number: str, unit: timedelta) -> timedelta:
    """Multiply without leaving what a `timedelta` can hold."""
    return min(max(float(number), 0.0), LONGEST / unit) * unit


def _until_date(text: str, now: datetime) -> timedelta | None:
    try:
        at = parsedate_to_datetime(text)
        until = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(max(until, timedelta(0)), LONGEST)
