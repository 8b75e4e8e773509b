"""Reading JSON from a file, from standard input or from an option."""

import json
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

from signoff.domain.errors import BadRequestError
from signoff.domain.failures import FailureClass
from signoff.domain.parameters import REQUEST_LIMIT_BYTES

LIMIT_BYTES: Final = REQUEST_LIMIT_BYTES + 1_048_576


def read_object(file: str, what: str = "a job request") -> dict[str, Any]:
    """Read a JSON object from a file; `-` names standard input.

    Raises:
        BadRequestError: Says what is wrong and where.
    """
    return parse_object(read_text(file), _name(file), what)


def parse_object(text: str | bytes, name: str, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        text: The JSON.
        name: Where it comes from.
        what: What it is meant to be.

    Raises:
        BadRequestError: Says what is wrong and where.
    """
    try:
        value = parse_json(text)
    except json.JSONDecodeError as error:
        raise BadRequestError(f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise BadRequestError(f"{name} is not JSON in UTF-8: byte {error.start} can't be read") from None
    except ValueError as error:
        raise BadRequestError(f"{name} is not JSON: {error}") from None
    except RecursionError:
        raise BadRequestError(f"{name} is nested too deeply") from None
    if not isinstance(value, dict):
        raise BadRequestError(f"{name} must hold one JSON object, {what}")
    return value


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401  any JSON value
    """Read strict JSON.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text, parse_constant=_refuse_constant)


def read_text(file: str) -> bytes:
    """Read a file whole, within bounds; `-` names standard input.

    Raises:
        BadRequestError: It can't be read, or is too large.
    """
    name = _name(file)
    try:
        if file == "-":
            data = sys.stdin.buffer.read(LIMIT_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise BadRequestError(f"{name} can't be read: {error.strerror}") from None
    if len(data) > LIMIT_BYTES:
        raise BadRequestError(f"{name} has more than {LIMIT_BYTES:,} bytes; send large inputs by reference")
    return data


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def read_failure_class(name: str | None) -> FailureClass | None:
    """Read the name of a failure class.

    Raises:
        BadRequestError: There is none of this name; the known ones are listed.
    """
    try:
        return FailureClass(name) if name is not None else None
    except ValueError:
        raise BadRequestError(f"--failure-class {name}: there are {', '.join(FailureClass)}") from None


def check_label(label: str | None) -> str | None:
    """Refuse what can't be a label.

    Raises:
        BadRequestError: It has no value.
    """
    if label is not None and not (label.partition("=")[0] and "=" in label):
        raise BadRequestError(f"--label {label}: must be KEY=VALUE, for example --label desk=science")
    return label
