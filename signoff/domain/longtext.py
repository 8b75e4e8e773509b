"""Long texts in a response body, read in pieces, so that a large result is not held once more as a text.

Python's texts take four bytes for each character as soon as one of them is beyond the 65,536 usual ones, so a single
emoji would make 200 MB of an answer of 50 MB.
"""

import json
import re
import secrets
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, Final

LARGE_BYTES: Final = 1_048_576
"""What is larger is handled in pieces, one at a time, beside the event loop."""

PIECE_BYTES: Final = 262_144

# Inside a JSON string each quote is escaped, so this begins a value wherever it stands.
_TEXT: Final = re.compile(rb'"text"\s*+:\s*+"')
_REST: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_WHOLE: Final = re.compile(
    rb"(?:[^\\]++"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}(?=.{6})"
    rb"|\\u(?![dD][89abAB])[0-9a-fA-F]{4}"
    rb"|\\[^u])*+",
    re.DOTALL,
)
"""As many whole characters as there are: no escape is torn, nor a pair of escapes that make one character."""

_CONTINUES: Final = range(0x80, 0xC0)


class LongText:
    """A text that stays in the JSON which it came in: the bytes between two quotes.

    Half a surrogate pair, which JSON can carry but UTF-8 can't, becomes a question mark.

    Raises:
        ValueError: The bytes are no content of a JSON string.
    """

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._start, self._end = data, start, end
        self._places: list[tuple[int, int]] = []
        """How many characters come before each piece, and where its bytes begin."""
        self.characters = 0
        self.is_blank = True
        for begin, piece in self._from(start):
            self._places.append((self.characters, begin))
            self.characters += len(piece)
            self.is_blank = self.is_blank and not piece.strip()

    def __str__(self) -> str:
        """Give the text in one."""
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        """Give the text in pieces, none of which is long."""
        return (piece for _, piece in self._from(self._start))

    def excerpt(self, start: int, end: int) -> str:
        """Give the characters from one place to another, both counted from 0; only what is near is read for it."""
        if not 0 <= start < min(end, self.characters):
            return ""
        before, begin = self._places[bisect_right(self._places, start, key=lambda place: place[0]) - 1]
        found = ""
        for _, piece in self._from(begin):
            found += piece
            if before + len(found) >= end:
                break
        return found[start - before : end - before]

    def _from(self, start: int) -> Iterator[tuple[int, str]]:
        """Give the pieces from where one of them begins, each with where that is."""
        while start < self._end:
            end = self._cut(start)
            yield start, _well_formed(json.loads(b'"' + self._data[start:end] + b'"'))
            start = end

    def _cut(self, start: int) -> int:
        """Say where a piece ends that begins here."""
        if self._end - start <= PIECE_BYTES:
            return self._end
        found = _WHOLE.match(self._data, start, start + PIECE_BYTES)
        end = found.end() if found else start
        while end > start and self._data[end] in _CONTINUES:
            end -= 1
        if end == start:
            raise ValueError("this is no content of a JSON string")
        return end


Passage = str | LongText
"""A text of a body, however it is held."""


def pieces_of(passage: Passage) -> Iterator[str]:
    """Give a text in pieces, none of which is long."""
    if isinstance(passage, LongText):
        yield from passage.pieces()
    else:
        yield from (passage[start : start + PIECE_BYTES] for start in range(0, len(passage), PIECE_BYTES))


def characters_of(passage: Passage) -> int:
    """Count the characters of a text."""
    return passage.characters if isinstance(passage, LongText) else len(passage)


def is_blank(passage: Passage) -> bool:
    """Whether a text holds nothing but space."""
    return passage.is_blank if isinstance(passage, LongText) else not passage.strip()


def parse_body(data: bytes) -> Any:  # noqa: ANN401  any JSON value
    """Read JSON as `json.loads` does, but leave the long texts of answers where they are, as `LongText`.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    if len(data) > LARGE_BYTES and data[:1] == b"{" and data[1:2] != b"\0":
        try:
            found = _with_long_texts(data)
        except (ValueError, RecursionError):
            found = None  # whatever is odd about it is told, or borne, as it is of short ones
        if found is not None:
            return found
    return json.loads(data)


def _with_long_texts(data: bytes) -> dict[str, Any] | None:
    """Parse what is around the long texts, and put them in; `None` where one is not an answer's text."""
    mark = secrets.token_hex(16)
    around, texts = _without_long_texts(data, mark)
    if not texts:
        return None
    body = json.loads(around)
    placed = 0
    for part in _answer_parts(body):
        if isinstance(part.get("text"), str) and part["text"] in texts:
            part["text"] = LongText(data, *texts[part["text"]])
            placed += 1
    return body if placed == len(texts) else None


def _without_long_texts(data: bytes, mark: str) -> tuple[bytes, Mapping[str, tuple[int, int]]]:
    """Put a mark in the place of each long text, and say where each of them is."""
    kept: list[bytes] = []
    texts: dict[str, tuple[int, int]] = {}
    kept_to = at = 0
    while found := _TEXT.search(data, at):
        start = found.end()
        rest = _REST.match(data, start)
        at = rest.end() if rest else start
        if at - start > LARGE_BYTES:
            name = f"{mark}-{len(texts)}"
            texts[name] = (start, at)
            kept += [data[kept_to:start], name.encode()]
            kept_to = at
    return b"".join([*kept, data[kept_to:]]) if texts else b"", texts


def _answer_parts(body: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  any JSON value
    output = body.get("output") if isinstance(body, dict) else None
    for item in output if isinstance(output, list) else ():
        if isinstance(item, dict) and item.get("type") == "message" and isinstance(item.get("content"), list):
            yield from (
                part for part in item["content"] if isinstance(part, dict) and part.get("type") == "output_text"
            )


def _well_formed(text: str) -> str:
    return text.encode(errors="replace").decode()
