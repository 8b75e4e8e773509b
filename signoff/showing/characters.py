"""Characters that don't show, or make a text read differently from what it is: shown as marked symbols."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from markupsafe import Markup, escape

_SHOWN_CONTROLS: Final = frozenset("\t\n")
_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_FILLERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"
_SELECTORS: Final = map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
_SHAPELESS: Final = frozenset((*_FILLERS, *_SELECTORS))
"""Letters and marks that have no shape of their own: fillers, blanks and variation selectors."""

_LETTERS: Final = (
    r"\u00c0-\u024f\u0400-\u052f\u05d0-\u05ea\u0621-\u064a\u0904-\u0939"  # Latin to Devanagari
    r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"  # Japanese, Chinese, Korean
)
_SUSPECT: Final = re.compile(rf"[^\t\n\x20-\x7e{_LETTERS}]")
"""All but the characters that most texts consist of, which need no closer look."""

_EMOJI_STYLE: Final = "\ufe0f"
_JOINER: Final = "\u200d"
_SHAPED: Final = frozenset({"So", "Sk", "Sm"})
_CODE_NAMES: Final = {0x202E: "RLO", 0x202D: "LRO", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0xFEFF: "BOM"}


@lru_cache(maxsize=4096)
def is_hidden(character: str) -> bool:
    """Whether a character can't be seen, or bends the direction of the text around it."""
    if character in _SHOWN_CONTROLS:
        return False
    return character in _SHAPELESS or unicodedata.category(character) in _INVISIBLE_CATEGORIES


def hidden_in(text: str, most: int) -> int:
    """Count the hidden characters of a text up to so many; those that only shape an emoji are none."""
    return sum(1 for _ in islice(_hidden_places(text), most))


def marked(text: str) -> Markup:
    """Escape a text for HTML, with each hidden character as a symbol that names it."""
    parts, position = [], 0
    for place in _hidden_places(text):
        parts += [escape(text[position:place]), _symbol(text[place])]
        position = place + 1
    return Markup("").join([*parts, escape(text[position:])])


def _hidden_places(text: str) -> Iterator[int]:
    for found in _SUSPECT.finditer(text):
        if is_hidden(found[0]) and not _shapes_emoji(text, found.start()):
            yield found.start()


def _shapes_emoji(text: str, place: int) -> bool:
    """Whether a selector or a joiner stands where emoji have them, so that it changes nothing but a picture."""
    before = text[place - 1] if place else " "
    after = text[place + 1 : place + 2]
    if text[place] == _EMOJI_STYLE:
        return _is_shaped(before) or (before in "#*0123456789" and after == "\u20e3")
    is_after_emoji = _is_shaped(before) or before == _EMOJI_STYLE
    return text[place] == _JOINER and is_after_emoji and bool(after) and _is_shaped(after)


def _is_shaped(character: str) -> bool:
    return unicodedata.category(character) in _SHAPED


@lru_cache(maxsize=1024)
def _symbol(character: str) -> Markup:
    code = f"U+{ord(character):04X}"
    is_control = unicodedata.category(character) == "Cc"
    name = unicodedata.name(character, "CONTROL CHARACTER" if is_control else "WITHOUT A NAME")
    shown = _CODE_NAMES.get(ord(character), code)
    return Markup('<span class="hidden-character" title="{} {}">[{}]</span>').format(code, name, shown)
