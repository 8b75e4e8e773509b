"""The citations of a response, each with the words of its text that it stands for.

OpenAI gives places in the text of one part of a message, counted in characters. Where those of a text with other
characters than ASCII plainly fit only when they are counted in another unit, they are read in that one.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from signoff.domain.fields import Item, clean, line, number, text
from signoff.domain.longtext import LongText
from signoff.domain.model import Value

QUOTE_LIMIT: Final = 600
"""How many characters of the quoted words are kept."""

KNOWN_CITATIONS: Final = frozenset({"url_citation", "file_citation", "container_file_citation", "file_path"})
NO_CITATION_TYPE: Final = "(no type)"
_UNIT_LIMIT: Final = 200_000
_SIGN: Final = 4
_OPENING, _CLOSING = frozenset("([【"), frozenset(")]】")
_READ_BY_NAME: Final = frozenset(
    {"type", "title", "url", "file_id", "filename", "container_id", "start_index", "end_index", "index"}
)


class Unit(StrEnum):
    """What the places of a citation turned out to count."""

    CHARACTERS = "characters"
    UTF16 = "utf16"
    BYTES = "bytes"


class FoundCitation(Value):
    """One citation as the model made it.

    `place` is the message in the output and `part` the part of it, both counted from 0; `start` and `end` count inside
    that part, as they were given. `quote` holds the words from `start` to `end`, or those before `index` in its line.
    `is_resolved` says that there are such words; where it is false, the places lie outside of the text or were not
    given. `is_in_answer` tells a citation of the answer from one of a commentary. `other` holds, as JSON, what a
    citation of unknown type held beside.
    """

    kind: str
    title: str = ""
    url: str = ""
    file_id: str = ""
    filename: str = ""
    container_id: str = ""
    place: int = 0
    part: int = 0
    start: int | None = None
    end: int | None = None
    index: int | None = None
    quote: str = ""
    unit: Unit | None = None
    is_resolved: bool = False
    is_in_answer: bool = True
    is_clipped: bool = False
    other: str = ""


class Spoken(NamedTuple):
    """One part of a message, and where it stands."""

    place: int
    part: int
    is_in_answer: bool
    content: Item


def notes_in(spoken: Spoken) -> list[Any]:
    """List what stands among the annotations of a part, whatever it is."""
    notes = spoken.content.get("annotations")
    if isinstance(notes, list):
        return notes
    return [] if notes is None else [notes]


def note_type(note: object) -> str:
    """Say what type a citation claims to be of."""
    return (line(note.get("type")) or NO_CITATION_TYPE) if isinstance(note, Mapping) else "(no citation)"


def read_citation(note: object, spoken: Spoken) -> FoundCitation:
    """Read one citation of a part."""
    found: Item = note if isinstance(note, Mapping) else {"": note}
    kind = note_type(note)
    start, end, index = (number(found.get(key)) for key in ("start_index", "end_index", "index"))
    words = {key: line(found.get(key)) for key in ("title", "file_id", "filename", "container_id")}
    url = text(found.get("url"))[:QUOTE_LIMIT]
    told = spoken.content.get("text")
    signs = (url, words["title"], words["filename"])
    places = (start, end, index)
    if isinstance(told, LongText):
        quote, unit = _quoted_far(told, kind, places)
    else:
        quote, unit = _quoted(told, kind, places, signs) if isinstance(told, str) else ("", None)
    return FoundCitation(
        kind=kind,
        **words,
        url=url,
        place=spoken.place,
        part=spoken.part,
        start=start,
        end=end,
        index=index,
        quote=clean(quote[:QUOTE_LIMIT]),
        unit=unit if quote else None,
        is_resolved=bool(quote),
        is_in_answer=spoken.is_in_answer,
        is_clipped=len(quote) > QUOTE_LIMIT,
        other="" if kind in KNOWN_CITATIONS else _other(found),
    )


def _other(note: Item) -> str:
    rest = {key: value for key, value in note.items() if key not in _READ_BY_NAME}
    return text(rest)[:QUOTE_LIMIT] if rest else ""


def _quoted(
    told: str, kind: str, places: tuple[int | None, int | None, int | None], signs: tuple[str, ...]
) -> tuple[str, Unit | None]:
    start, end, index = places
    if start is not None and end is not None:
        return _between(told, start, end, signs)
    # The index of a `file_path` counts files, not characters.
    if index is not None and kind == "file_citation" and 0 <= index <= len(told):
        return told[max(index - QUOTE_LIMIT, 0) : index].rpartition("\n")[2], Unit.CHARACTERS
    return "", None


def _quoted_far(
    told: LongText, kind: str, places: tuple[int | None, int | None, int | None]
) -> tuple[str, Unit | None]:
    """Quote from a text that is too long to be held in one, and to be tried in other units."""
    start, end, index = places
    if start is not None and end is not None:
        return (
            told.excerpt(start, min(end, start + QUOTE_LIMIT + 1)) if end <= told.characters else ""
        ), Unit.CHARACTERS
    if index is not None and kind == "file_citation" and 0 <= index <= told.characters:
        return told.excerpt(max(index - QUOTE_LIMIT, 0), index).rpartition("\n")[2], Unit.CHARACTERS
    return "", None


def _between(told: str, start: int, end: int, signs: tuple[str, ...]) -> tuple[str, Unit | None]:
    """Read the words between two places, in the unit in which they look most like a citation of this source."""
    if not 0 <= start < end:
        return "", None
    best = told[start:end] if end <= len(told) else ""
    unit, score = Unit.CHARACTERS, _likeness(best, signs)
    if told.isascii() or len(told) > _UNIT_LIMIT:
        return best, unit
    for other, decode in _OTHER_UNITS.items():
        words = decode(told, start, end)
        if words and _holds_sign(words, signs) and _likeness(words, signs) > score:
            best, unit, score = words, other, _likeness(words, signs)
    return best, unit


def _likeness(words: str, signs: tuple[str, ...]) -> int:
    """Count what speaks for it that these words were cut at the right places."""
    if not words:
        return -1
    starts = words[0] in _OPENING or any(sign and words.startswith(sign) for sign in signs)
    ends = words[-1] in _CLOSING or any(sign and words.endswith(sign) for sign in signs)
    return _holds_sign(words, signs) + starts + ends


def _holds_sign(words: str, signs: tuple[str, ...]) -> bool:
    return any(len(sign) >= _SIGN and sign in words for sign in signs)


def _utf16(told: str, start: int, end: int) -> str:
    return _decoded(told.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end], "utf-16-le", 2 * (end - start))


def _utf8(told: str, start: int, end: int) -> str:
    return _decoded(told.encode("utf-8", "surrogatepass")[start:end], "utf-8", end - start)


def _decoded(data: bytes, encoding: str, expected: int) -> str:
    """Decode a whole slice; one that ends beyond the text, or cuts a character, has no words."""
    try:
        return data.decode(encoding) if len(data) == expected else ""
    except UnicodeDecodeError:
        return ""


_OTHER_UNITS: Final[dict[Unit, Callable[[str, int, int], str]]] = {Unit.UTF16: _utf16, Unit.BYTES: _utf8}


def parts_of(message: Item, place: int, *, is_in_answer: bool) -> Iterator[Spoken]:
    """Give the parts of a message."""
    content = message.get("content")
    if isinstance(content, list):
        for which, part in enumerate(content):
            if isinstance(part, Mapping):
                yield Spoken(place, which, is_in_answer, part)
