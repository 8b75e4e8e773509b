"""What changed between two texts: by lines, and inside changed lines by words, within bounds."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final, NamedTuple

from markupsafe import Markup

from signoff.showing.characters import marked

WORDS_LIMIT: Final = 40_000
LINES_LIMIT: Final = 400_000
MOST_LINES: Final = 4_000
"""Characters of both texts up to which words are compared, characters and lines up to which lines are."""

MOST_WORDS: Final = 400
"""How many words a changed passage may have on each side to be compared word by word."""

CONTEXT: Final = 3
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Detail(StrEnum):
    """How finely two texts were compared."""

    SAME = "same"
    WORDS = "words"
    LINES = "lines"
    TOO_LARGE = "too_large"


class Piece(NamedTuple):
    """A part of a line; `is_changed` says that the other text lacks it."""

    html: Markup
    is_changed: bool = False


class DiffLine(NamedTuple):
    """A line of a diff. `sign` is `+`, `-` or a blank; one that stands for `skipped` unchanged lines has no pieces."""

    sign: str
    pieces: tuple[Piece, ...] = ()
    skipped: int = 0


class Diff(NamedTuple):
    """A diff as a template shows it."""

    detail: Detail
    lines: tuple[DiffLine, ...] = ()
    added: int = 0
    removed: int = 0


def compare(before: str, after: str) -> Diff:
    """Compare two texts as finely as their size permits."""
    if before == after:
        return Diff(Detail.SAME)
    old, new = before.split("\n"), after.split("\n")
    size = len(before) + len(after)
    if size > LINES_LIMIT or len(old) + len(new) > MOST_LINES:
        return Diff(Detail.TOO_LARGE)
    is_fine = size <= WORDS_LIMIT
    lines = tuple(_shortened(list(_changes(old, new, is_fine=is_fine))))
    added, removed = (sum(1 for line in lines if line.sign == sign) for sign in "+-")
    return Diff(Detail.WORDS if is_fine else Detail.LINES, lines, added, removed)


def _changes(old: Sequence[str], new: Sequence[str], *, is_fine: bool) -> Iterator[DiffLine]:
    for kind, i1, i2, j1, j2 in _matched(old, new):
        if kind == "equal":
            yield from (DiffLine(" ", (Piece(marked(line)),)) for line in old[i1:i2])
        elif is_fine and kind == "replace":
            yield from _by_words("\n".join(old[i1:i2]), "\n".join(new[j1:j2]))
        else:
            yield from (_whole("-", line) for line in old[i1:i2])
            yield from (_whole("+", line) for line in new[j1:j2])


def _by_words(before: str, after: str) -> Iterator[DiffLine]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        yield from (_whole("-", line) for line in before.split("\n"))
        yield from (_whole("+", line) for line in after.split("\n"))
        return
    removed: list[tuple[str, bool]] = []
    added: list[tuple[str, bool]] = []
    for kind, i1, i2, j1, j2 in _matched(old, new):
        removed.append(("".join(old[i1:i2]), kind != "equal"))
        added.append(("".join(new[j1:j2]), kind != "equal"))
    yield from _in_lines("-", removed)
    yield from _in_lines("+", added)


def _in_lines(sign: str, parts: Sequence[tuple[str, bool]]) -> Iterator[DiffLine]:
    """Put parts, which may hold line ends, into lines."""
    pieces: list[Piece] = []
    for text, is_changed in parts:
        first, *others = text.split("\n")
        pieces.append(Piece(marked(first), is_changed))
        for line in others:
            yield DiffLine(sign, tuple(piece for piece in pieces if piece.html))
            pieces = [Piece(marked(line), is_changed)]
    yield DiffLine(sign, tuple(piece for piece in pieces if piece.html))


def _whole(sign: str, line: str) -> DiffLine:
    return DiffLine(sign, (Piece(marked(line), is_changed=True),))


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Match two sequences. What begins and ends alike is taken off first, since matching is what takes long."""
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    ends = zip(reversed(old), reversed(new), strict=False)
    end = min(next((n for n, (a, b) in enumerate(ends) if a != b), most), most)
    if start:
        yield "equal", 0, start, 0, start
    # With autojunk, elements that are frequent in long sequences match nothing, which keeps the time in bounds.
    middle = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=True)
    for kind, i1, i2, j1, j2 in middle.get_opcodes():
        yield kind, i1 + start, i2 + start, j1 + start, j2 + start
    if end:
        yield "equal", len(old) - end, len(old), len(new) - end, len(new)


def _shortened(lines: Sequence[DiffLine]) -> Iterator[DiffLine]:
    """Leave out unchanged lines that are far from every change."""
    near = {place + off for place, line in enumerate(lines) if line.sign != " " for off in range(-CONTEXT, CONTEXT + 1)}
    skipped = 0
    for place, line in enumerate(lines):
        if place not in near:
            skipped += 1
            continue
        if skipped:
            yield DiffLine(" ", skipped=skipped)
            skipped = 0
        yield line
    if skipped:
        yield DiffLine(" ", skipped=skipped)
