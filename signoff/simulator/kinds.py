"""The kinds of values that keys of scenarios take."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from signoff.simulator.brief import FILLERS, MAX_TEXT_BYTES

LONGEST_SECONDS = 7 * 24 * 3600
MOST_TOOL_CALLS = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how it is described to people, and how it is read.

    Attributes:
        read: Raises ValueError for text that is no such value.
    """

    takes: str
    read: Callable[[str], object]


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or float(text) > LONGEST_SECONDS:
        raise ValueError(text)
    return float(text)


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError(text)
        return int(text)

    return read


def _word(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]{1,64}", text):
        raise ValueError(text)
    return text


def _hint(text: str) -> str:
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(s|ms|seconds|)", text)
    if found is None:
        raise ValueError(text)
    number, unit = found.groups()
    return f"{number} seconds" if unit == "seconds" else f"{number}{unit or 's'}"


def _looks(text: str) -> tuple[str, ...]:
    return tuple(_look(look) for look in text.split(","))


def _look(text: str) -> str:
    if text in _WORDS_FOR_LOOKS:
        return text
    return str(_whole(400, 599)(text))


def one_of(*choices: str) -> Kind:
    """Return the kind of a value that is one of these words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Kind(" or ".join(choices), read)


_WORDS_FOR_LOOKS = ("ok", "close", "slow", "html")

SECONDS = Kind(f"seconds from 0 to {LONGEST_SECONDS}", _seconds)
Seconds: TypeAlias = Annotated[float, SECONDS]
Size: TypeAlias = Annotated[int, Kind(f"bytes from 0 to {MAX_TEXT_BYTES}", _whole(0, MAX_TEXT_BYTES))]
Letters: TypeAlias = Annotated[str, one_of(*FILLERS)]
COUNT = Kind("a number from 1 to 1000000", _whole(1, 1_000_000))
Count: TypeAlias = Annotated[int, COUNT]
Calls: TypeAlias = Annotated[int, Kind(f"a number from 1 to {MOST_TOOL_CALLS}", _whole(1, MOST_TOOL_CALLS))]
ErrorStatus: TypeAlias = Annotated[int, Kind("an HTTP status from 400 to 599", _whole(400, 599))]
Word: TypeAlias = Annotated[str, Kind("a word of a-z, 0-9 and _", _word)]
Hint: TypeAlias = Annotated[str, Kind("a time such as 11.054, 350ms or 20seconds", _hint)]
Looks: TypeAlias = Annotated[
    tuple[str, ...],
    Kind(f"a list of HTTP statuses from 400 to 599 or {', '.join(_WORDS_FOR_LOOKS)}, separated by commas", _looks),
]
