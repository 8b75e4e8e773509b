"""Texts as they may be shown on a terminal: times, durations, and other people's words made harmless."""

from datetime import datetime, timedelta
from typing import Final

_DELETE: Final = 0x7F
_PICTURES: Final = {code: 0x2400 + code for code in range(0x20)} | {_DELETE: 0x2421}
_REPLACED: Final = [*range(0x80, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_HARMLESS: Final = _PICTURES | dict.fromkeys(_REPLACED, 0xFFFD) | {ord("\t"): ord("\t"), ord("\n"): ord("\n")}


def visible(text: str) -> str:
    """Show control characters instead of obeying them: an escape sequence becomes `␛[31m`.

    Line ends and tabs stay. Characters that reverse the direction of a text are replaced too, as they can make
    it read differently from what will be delivered.
    """
    return text.replace("\r\n", "\n").translate(_HARMLESS)


def one_line(text: str) -> str:
    """Show a text on one line."""
    return visible(text).replace("\n", " ").replace("\t", " ")


def moment(at: datetime) -> str:
    """Write a time, in UTC as everywhere in the product."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def duration(span: timedelta) -> str:
    """Write a duration in its two largest units."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit, smaller, rest in ((86_400, "d", "h", 3_600), (3_600, "h", "min", 60), (60, "min", "s", 1)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // rest} {smaller}"
    return f"{seconds} s"
