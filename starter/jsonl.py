"""Reading a file of JSON lines one line at a time, so that it may be of any length."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from signoff.domain.errors import BadRequestError
from starter.inputs import LIMIT_BYTES

_BLANK: Final = b" \t\r\n"
_KEPT_BYTES: Final = 1_000


class SourceLine(NamedTuple):
    """One line: its number, what it says, and how many bytes of the file end with it.

    Of a line that is longer than any request, only the beginning is kept: it `is_cut`.
    """

    number: int
    data: bytes
    end: int
    is_cut: bool = False


class JsonLines:
    """The lines of an open file, without those that are blank."""

    def __init__(self, file: BinaryIO, name: str, size: int | None) -> None:
        self._file = file
        self._number = self._end = 0
        self.name = name
        self.size = size
        """How many bytes there are; unknown of what is still being written, as a pipe is."""

    def read(self) -> SourceLine | None:
        """Read the next line; `None` after the last one.

        Raises:
            BadRequestError: The file can't be read.
        """
        try:
            while data := self._file.readline(LIMIT_BYTES + 1):
                line = self._line(data)
                if line.data.strip(_BLANK):
                    return line
        except OSError as error:
            raise BadRequestError(f"{self.name} can't be read: {error.strerror}") from None
        return None

    def _line(self, data: bytes) -> SourceLine:
        self._number += 1
        self._end += len(data)
        is_cut = len(data) > LIMIT_BYTES
        rest = data
        while is_cut and rest and not rest.endswith(b"\n"):
            rest = self._file.readline(LIMIT_BYTES)
            self._end += len(rest)
        return SourceLine(self._number, data[:_KEPT_BYTES] if is_cut else data.rstrip(b"\r\n"), self._end, is_cut)


@contextmanager
def opened_lines(file: str) -> Iterator[JsonLines]:
    """Open a file of JSON lines; `-` names standard input.

    Raises:
        BadRequestError: It can't be opened.
    """
    if file == "-":
        yield JsonLines(sys.stdin.buffer, "standard input", None)
        return
    path = Path(file)
    try:
        size = path.stat().st_size if path.is_file() else None
        opened = path.open("rb")
    except OSError as error:
        raise BadRequestError(f"{file} can't be read: {error.strerror}") from None
    with opened:
        yield JsonLines(opened, file, size)


async def next_of(lines: JsonLines) -> SourceLine | None:
    """Read the next line on a thread that nobody waits for at the end: a pipe may stay silent for ever.

    Raises:
        BadRequestError: The file can't be read.
    """
    loop = asyncio.get_running_loop()
    awaited: asyncio.Future[SourceLine | None] = loop.create_future()

    def tell(act: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if awaited.done() else act())

    def read() -> None:
        try:
            line = lines.read()
        except Exception as error:
            told = error
            tell(lambda: awaited.set_exception(told))
        else:
            tell(lambda: awaited.set_result(line))

    threading.Thread(target=read, daemon=True).start()
    return await awaited
