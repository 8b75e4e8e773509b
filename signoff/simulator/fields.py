"""The JSON that control calls take: checked field by field, and refused with what would be taken."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from signoff.simulator.errors import ApiError, invalid

REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Field:
    """A field: how its values are described to people, and how one is read.

    Attributes:
        read: Raises ValueError for what is no such value, or ApiError with a message of its own.
        default: Taken where the field is left out; `REQUIRED` when it can't be.
    """

    takes: str
    read: Callable[[Any], object]
    default: object = REQUIRED


def read_fields(given: object, where: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the value of every field.

    Args:
        given: The JSON value that should be an object with these fields.
        where: The name of the object, as people write it; empty for the outermost.
        fields: What the object may have.

    Raises:
        ApiError: 400 that says what would have been understood.
    """
    if not isinstance(given, dict):
        raise refused(where, f"'{where}' takes an object. Known keys: {', '.join(fields)}.")
    for key in given:
        if key not in fields:
            raise refused(_path(where, key), f"Unknown key '{_path(where, key)}'. Known keys: {', '.join(fields)}.")
    return {key: _read(given, _path(where, key), key, field) for key, field in fields.items()}


def refused(param: str, message: str) -> ApiError:
    """Return the 400 for a value that is not understood."""
    return invalid(message, code="invalid_value", param=param)


def nullable(field: Field, default: object = None) -> Field:
    """Return the field as one that may be null."""
    return Field(f"{field.takes} or null", lambda value: None if value is None else field.read(value), default)


def number(lowest: float, highest: float, *, unit: str = "a number", default: object = REQUIRED) -> Field:
    """Return the field of a number within limits."""

    def read(value: object) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ValueError(value)
        return value

    return Field(f"{unit} from {lowest:g} to {highest:.0f}", read, default)


def whole(lowest: int, highest: int, *, unit: str = "a whole number", default: object = REQUIRED) -> Field:
    """Return the field of a whole number within limits."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ValueError(value)
        return value

    return Field(f"{unit} from {lowest} to {highest}", read, default)


def choice(*words: str, default: object = REQUIRED) -> Field:
    """Return the field of one of these words."""

    def read(value: object) -> object:
        if value not in words:
            raise ValueError(value)
        return value

    return Field(" or ".join(words), read, default)


def some_of(words: tuple[str, ...], default: tuple[str, ...]) -> Field:
    """Return the field of a list of some of these words."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or any(word not in words for word in value):
            raise ValueError(value)
        return tuple(word for word in words if word in value)

    return Field(f"a list of {', '.join(words)}", read, default)


def flag(*, default: bool) -> Field:
    """Return the field of true or false."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError(value)  # noqa: TRY004 -- one error for every value that is not taken
        return value

    return Field("true or false", read, default)


def _read(given: Mapping[str, object], path: str, key: str, field: Field) -> object:
    if key not in given:
        if field.default is REQUIRED:
            raise refused(path, f"Key '{path}' is missing; it takes {field.takes}.")
        return field.default
    try:
        return field.read(given[key])
    except ValueError as error:
        raise refused(path, f"Key '{path}' takes {field.takes}, not {json.dumps(given[key])[:80]}.") from error


def _path(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
