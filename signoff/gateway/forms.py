"""What a JSON Schema can't say of a value, although the value must hold to it."""

from collections.abc import Callable
from typing import Any, Final

from pydantic_core import ErrorDetails


def is_beyond_schema(error: ErrorDetails) -> bool:
    """Whether a value with this error may hold to its published schema all the same."""
    if error["type"] in _BOUNDS:
        # Of a duration the bound is a text ("7 days"), and JSON Schema knows none; of a number it is a number.
        return any(isinstance(bound, str) for bound in error.get("ctx", {}).values())
    if error["type"] == "too_short":
        # Items that break a rule are not counted, and each has an error of its own.
        return len(error["input"]) >= int(error["ctx"]["min_length"])
    return _SIGNS.get(error["type"], _never)(error.get("input"))


def _never(_given: Any) -> bool:  # noqa: ANN401  whatever was sent
    return False


_BOUNDS: Final = frozenset({"less_than", "less_than_equal", "greater_than", "greater_than_equal"})
_SIGNS: Final[dict[str, Callable[[Any], bool]]] = {
    # A rule of ours in words.
    "value_error": lambda _given: True,
    # To JSON Schema 8.0 is an integer.
    "int_type": lambda given: isinstance(given, float) and given.is_integer(),
    # Spaces around a text are not counted.
    "string_too_short": lambda given: isinstance(given, str) and given != given.strip(),
}
