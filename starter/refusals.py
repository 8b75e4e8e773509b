"""The lines of a file that were refused, in a file that can be mended and submitted itself."""

import contextlib
import json
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from signoff.domain.errors import BadRequestError
from starter.inputs import parse_object
from starter.jsonl import SourceLine

_SUFFIX: Final = ".jsonl"
_LINE, _REASON, _REQUEST, _TEXT = "line", "reason", "request", "text"


class Refusals:
    """A file with one line for each refusal: which line of the source it was, why, and what it said.

    It is written anew by a run that refuses something, and left alone by one that refuses nothing.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO | None = None
        self.path = path

    def add(self, line: SourceLine, reason: str) -> None:
        """Write down one refusal, before the next line is judged.

        Raises:
            BadRequestError: The file can't be written.
        """
        document = {_LINE: line.number, _REASON: reason, **_content(line)}
        # Half of a surrogate pair, which a file in UTF-8 can't hold, becomes the escape that JSON has for it.
        data = json.dumps(document, ensure_ascii=False).encode(errors="backslashreplace")
        try:
            self._file = self._file or self.path.open("wb")
            self._file.write(data + b"\n")
            self._file.flush()
        except OSError as error:
            raise BadRequestError(f"{self.path} can't be written: {error.strerror}") from None

    def __enter__(self) -> Self:
        """Wait for the first refusal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def refusals_for(file: str, chosen: Path | None) -> Refusals:
    """Say where the refusals of a file go: beside it, unless another place was chosen.

    Raises:
        BadRequestError: They would overwrite what is being read.
    """
    if file == "-":
        return Refusals(chosen or Path("refused" + _SUFFIX))
    source = Path(file)
    path = chosen or source.with_name(source.name.removesuffix(_SUFFIX) + ".refused" + _SUFFIX)
    if path.resolve() == source.resolve():
        raise BadRequestError(f"--refused {path}: that is the file of requests itself")
    return Refusals(path)


def content_of(line: SourceLine) -> dict[str, Any]:
    """Read the request that a line holds, also a line that was refused before and has been mended.

    Raises:
        BadRequestError: It holds none.
    """
    if line.is_cut:
        raise BadRequestError("the line is longer than any request may be; send large inputs by reference")
    value = _told(_object(line.data))
    return value if isinstance(value, dict) else _object(value if isinstance(value, str) else json.dumps(value))


def _told(value: dict[str, Any]) -> Any:  # noqa: ANN401  any JSON value
    """Give what was refused, of a line that `Refusals` wrote, which no request looks like; else the value itself."""
    parts = value.keys() & {_REQUEST, _TEXT}
    is_refusal = _REASON in value and len(parts) == 1 and value.keys() <= {_LINE, _REASON, *parts}
    return value[parts.pop()] if is_refusal else value


def _object(data: str | bytes) -> dict[str, Any]:
    try:
        return parse_object(data, "the line", "a job request")
    except BadRequestError as error:
        # Which line it is stands beside the reason.
        raise BadRequestError(str(error).replace(" at line 1, column", " at column")) from None


def _content(line: SourceLine) -> dict[str, Any]:
    """Give what a line says as JSON, which is easy to mend, or else as the text that it is."""
    text = line.data.decode(errors="replace")
    try:
        return {_REQUEST: content_of(line)}
    except BadRequestError:
        with contextlib.suppress(BadRequestError):
            told = _told(_object(line.data))
            return {_TEXT: told if isinstance(told, str) else text}
        return {_TEXT: text}
