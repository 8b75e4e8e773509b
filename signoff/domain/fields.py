"""Reading the fields of JSON that others wrote: whatever stands in one, a value of bounded size comes out.

Nothing here raises, and nothing copies more of a value than is kept of it.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from signoff.domain.longtext import LongText

TEXT_LIMIT: Final = 2_000
LINE_LIMIT: Final = 300
"""How many characters of a text, and of a text on one line, are kept."""

NUMBERS_KEPT: Final = 40
_PARTS_READ: Final = 100
_DEPTH: Final = 40
_LARGEST: Final = 2**53
"""Numbers beyond it are not the same in every reader of JSON, and none that counts anything is that large."""

Item = Mapping[str, Any]


def mapping(value: object) -> Item:
    """Give an object, or an empty one where something else stands."""
    return value if isinstance(value, Mapping) else {}


def all_mappings(value: object) -> list[Item]:
    """Give the objects of a list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def mappings(value: object) -> Iterator[Item]:
    """Give the first objects of a list."""
    yield from all_mappings(value)[:_PARTS_READ]


def text(value: object) -> str:
    """Give a value as text of bounded length, which is a little more than is ever kept."""
    if not value:
        return ""
    if isinstance(value, str):
        return clean(value[: TEXT_LIMIT + 1])
    if isinstance(value, LongText):
        return value.excerpt(0, TEXT_LIMIT + 1)
    if isinstance(value, Mapping | list):
        return clean(_as_json(value))
    return str(value) if isinstance(value, float | bool) or number(value) is not None else ""


def clean(told: str) -> str:
    """Replace halves of surrogate pairs, which JSON can carry and UTF-8 can't; the length stays as it is."""
    return told.encode(errors="replace").decode()


def line(value: object) -> str:
    """Give a value as text on one line."""
    told = " ".join(text(value)[: 2 * LINE_LIMIT].split())
    return told if len(told) <= LINE_LIMIT else f"{told[: LINE_LIMIT - 1]}…"


def texts(value: object) -> list[str]:
    """Give the first values of a list, or one value alone, as lines."""
    if isinstance(value, list):
        told = [told for one in value[:_PARTS_READ] if (told := line(one))]
        return told + ([f"… and {len(value) - _PARTS_READ} more"] if len(value) > _PARTS_READ else [])
    return [alone] if (alone := line(value)) else []


def first(value: Item, *keys: str) -> str:
    """Give the first of these fields that holds something."""
    return next((text(value[key]) for key in keys if value.get(key)), "")


def number(value: object) -> int | None:
    """Give a whole number; `None` where something else stands, or one that counts nothing."""
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) <= _LARGEST else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= _LARGEST else None


def numbers(value: object) -> dict[str, int]:
    """Give the first numbers of nested objects, named by their way: `{"web_search.num_requests": 3}`."""
    found: dict[str, int] = {}
    waiting = [("", mapping(value))]
    while waiting and len(found) < NUMBERS_KEPT:
        way, fields = waiting.pop(0)
        for key, one in list(fields.items())[:_PARTS_READ]:
            name = f"{way}{clean(str(key)[:64])}"[:128]
            if isinstance(one, Mapping):
                waiting.append((f"{name}.", one))
            elif (count := number(one)) is not None and len(found) < NUMBERS_KEPT:
                found[name] = count
    return found


def moment(value: object) -> datetime | None:
    """Give a time that is written in seconds since 1970."""
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None


def _as_json(value: object) -> str:
    return json.dumps(_start_of(value, [TEXT_LIMIT + 1]), ensure_ascii=False, indent=1)[: TEXT_LIMIT + 1]


def _start_of(value: object, room: list[int], depth: int = 0) -> object:
    """Copy so much of a value as there is room for."""
    room[0] -= 1
    if isinstance(value, LongText):
        value = text(value)
    if isinstance(value, str):
        room[0] -= len(value)
        return value[: TEXT_LIMIT + 1]
    if isinstance(value, Mapping | list) and depth >= _DEPTH:
        return "(nested too deeply to be shown)"
    if isinstance(value, Mapping):
        return dict(_fields_of(value, room, depth))
    if isinstance(value, list):
        return list(_members_of(value, room, depth))
    return "(a huge number)" if isinstance(value, int) and number(value) is None else value


def _fields_of(value: Item, room: list[int], depth: int) -> Iterator[tuple[str, object]]:
    for key, one in value.items():
        if room[0] <= 0:
            return
        room[0] -= len(str(key))
        yield str(key)[: TEXT_LIMIT + 1], _start_of(one, room, depth + 1)


def _members_of(value: list[object], room: list[int], depth: int) -> Iterator[object]:
    for one in value:
        if room[0] <= 0:
            return
        yield _start_of(one, room, depth + 1)
