"""The little language of `metadata.simulator`: a scenario's name, then `key=value` pairs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, get_type_hints

from signoff.simulator.brief import MAX_TEXT_BYTES
from signoff.simulator.errors import ApiError, invalid
from signoff.simulator.script import Script

PARAM = "metadata.simulator"
LONGEST_SECONDS = 7 * 24 * 3600


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


def one_of(*choices: str) -> Kind:
    """Return the kind of a value that is one of these words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Kind(" or ".join(choices), read)


SECONDS = Kind(f"seconds from 0 to {LONGEST_SECONDS}", _seconds)
Seconds: TypeAlias = Annotated[float, SECONDS]
Size: TypeAlias = Annotated[int, Kind(f"bytes from 0 to {MAX_TEXT_BYTES}", _whole(0, MAX_TEXT_BYTES))]
Count: TypeAlias = Annotated[int, Kind("a number from 1 to 1000000", _whole(1, 1_000_000))]
ErrorStatus: TypeAlias = Annotated[int, Kind("an HTTP status from 400 to 599", _whole(400, 599))]
Word: TypeAlias = Annotated[str, Kind("a word of a-z, 0-9 and _", _word)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as requests see it: its name, its keys, and the function that writes its script."""

    name: str
    keys: Mapping[str, Kind]
    write: Callable[..., Script]


def scenario(write: Callable[..., Script]) -> Scenario:
    """Make a scenario of a function whose keyword arguments, annotated with a `Kind`, become the keys."""
    hints = get_type_hints(write, include_extras=True)
    keys = {key: hint.__metadata__[0] for key, hint in hints.items() if key != "return"}
    return Scenario(write.__name__, keys, write)


def choose(text: str, scenarios: Mapping[str, Scenario]) -> tuple[str, Script]:
    """Return the name and the script of the scenario that this text asks for.

    Raises:
        ApiError: 400 that lists what would have been understood.
    """
    name, *pairs = text.split() or [""]
    if name not in scenarios:
        raise _refused(f"Unknown scenario '{name}'. Known scenarios: {', '.join(scenarios)}.")
    chosen = scenarios[name]
    values: dict[str, object] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key in values:
            raise _refused(f"Key '{key}' of scenario '{name}' is given twice.")
        values[key] = _read(chosen, key, value)
    return name, chosen.write(**values)


def _read(chosen: Scenario, key: str, value: str) -> object:
    kind = chosen.keys.get(key)
    if kind is None:
        known = ", ".join(chosen.keys) or "none"
        raise _refused(f"Scenario '{chosen.name}' has no key '{key}'. Known keys: {known}.")
    try:
        return kind.read(value)
    except ValueError as error:
        message = f"Key '{key}' of scenario '{chosen.name}' takes {kind.takes}, not '{value}'."
        raise _refused(message) from error


def _refused(message: str) -> ApiError:
    return invalid(message, code="invalid_value", param=PARAM)
