"""The little language of `metadata.simulator`: a scenario's name, then `key=value` pairs; several joined by `then`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_type_hints

from signoff.simulator.errors import ApiError, invalid
from signoff.simulator.keys import with_common_keys
from signoff.simulator.kinds import Kind
from signoff.simulator.script import Script

PARAM = "metadata.simulator"
AND_THEN = "then"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as requests see it: its name, its keys, and the function that writes its script."""

    name: str
    keys: Mapping[str, Kind]
    write: Callable[..., Script]


@dataclass(frozen=True, slots=True)
class Part:
    """One scenario with its keys, as a text asks for it."""

    name: str
    script: Script


@dataclass(frozen=True, slots=True)
class Play:
    """The parts of a text, in their order."""

    parts: tuple[Part, ...]

    def part(self, nth: int) -> Part:
        """Return what the nth create of a job plays.

        A part plays for one create, or for as many as its `times` says; the last one for all that come then,
        where it does not say itself what comes after its times.
        """
        *earlier, last = self.parts
        for part in earlier:
            if nth <= (part.script.times or 1):
                return part
            nth -= part.script.times or 1
        later = last.script.later
        is_over = later is not None and last.script.times is not None and nth > last.script.times
        return Part(last.name, later) if later is not None and is_over else last


def scenario(write: Callable[..., Script]) -> Scenario:
    """Make a scenario of a function whose keyword arguments, annotated with a `Kind`, become the keys."""
    return Scenario(write.__name__, keys_of(write), write)


def keys_of(write: Callable[..., Script]) -> Mapping[str, Kind]:
    """Return the keyword arguments of a function that are annotated with a `Kind`."""
    hints = get_type_hints(write, include_extras=True)
    return {key: hint.__metadata__[0] for key, hint in hints.items() if hasattr(hint, "__metadata__")}


COMMON_KEYS = keys_of(with_common_keys)


def choose(text: str, scenarios: Mapping[str, Scenario]) -> Play:
    """Return what this text asks for.

    Raises:
        ApiError: 400 that lists what would have been understood.
    """
    return Play(tuple(_part(words, scenarios) for words in _split(text)))


def _split(text: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in text.split():
        if word == AND_THEN:
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _part(words: list[str], scenarios: Mapping[str, Scenario]) -> Part:
    name, *pairs = words or [""]
    if re.fullmatch(r"[0-9]+", name):
        name, pairs = "error", [f"status={name}", *pairs]
    if name not in scenarios:
        message = f"Unknown scenario '{name}'. Known scenarios: {', '.join(scenarios)}."
        raise _refused(message)
    chosen = scenarios[name]
    values: dict[str, object] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key in values:
            raise _refused(f"Key '{key}' of scenario '{name}' is given twice.")
        values[key] = _read(chosen, key, value)
    own = {key: values.pop(key) for key in chosen.keys if key in values}
    return Part(name, with_common_keys(chosen.write(**own), **values))  # type: ignore[arg-type]  # read by their kinds


def _read(chosen: Scenario, key: str, value: str) -> object:
    kinds = {**chosen.keys, **{common: kind for common, kind in COMMON_KEYS.items() if common not in chosen.keys}}
    if key not in kinds:
        raise _refused(f"Scenario '{chosen.name}' has no key '{key}'. Known keys: {', '.join(kinds)}.")
    try:
        return kinds[key].read(value)
    except ValueError as error:
        message = f"Key '{key}' of scenario '{chosen.name}' takes {kinds[key].takes}, not '{value}'."
        raise _refused(message) from error


def _refused(message: str) -> ApiError:
    return invalid(message, code="invalid_value", param=PARAM)
