"""Numbers in a rendered text that say which source backs the place, without changing what the text says."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from signoff.domain.deliverable import Citation
from signoff.showing.addresses import read_address
from signoff.showing.characters import marked
from signoff.showing.markdown import to_html

MOST_CITATIONS: Final = 300
MOST_RENDERINGS: Final = 16
MOST_RENDERED: Final = 500_000
"""How often a text is rendered, and how many characters in all, to find out which numbers can stand in it."""

_QUOTE_LIMIT: Final = 160
_LINK: Final = re.compile(r"\(?\[([^\[\]]{0,300})\]\([^()\s]{0,2000}\)\)?")
_PUNCTUATION: Final = "\u2e17\u2e18\u2e19\u2e1b\u2e1e\u2e1f\u2e2a\u2e2b\u2e2c\u2e2d\u2e30\u2e31\u2e33\u2e34\u2e3c\u2e3d"
"""Signs of which one that a text lacks marks a place in it. Markdown treats any punctuation alike."""

_MARK: Final = Markup(
    '<sup class="citation-mark" id="cited-{0}"><a href="#source-{1}" aria-label="Source {1}">{1}</a></sup>'
)
_MARKS: Final = re.compile(r'<sup [^>]*id="cited-([0-9]+)"[^>]*>.*?</sup>')


class Place(NamedTuple):
    """A place that a source is cited for. `is_marked` says whether its number stands in the rendered text."""

    number: int
    is_marked: bool
    quote: Markup


class Source(NamedTuple):
    """A source with the places that cite it. `href` is empty where it can't be a link."""

    number: int
    title: Markup
    url: Markup
    href: str
    host: str
    places: tuple[Place, ...]


class _Cited(NamedTuple):
    number: int
    source: int
    at: int


def with_citations(text: str, citations: Sequence[Citation]) -> tuple[Markup, tuple[Source, ...]]:
    """Render Markdown with a numbered mark after each cited place, as far as that changes nothing else."""
    cited = _numbered(citations[:MOST_CITATIONS])
    html, placed = _Placing(text).place([one for one in cited if 0 < one.at <= len(text)])
    return html, _sources(text, citations, cited, placed)


def without_marks(text: str, citations: Sequence[Citation]) -> tuple[Source, ...]:
    """List the sources of a text that is not rendered."""
    return _sources(text, citations, _numbered(citations[:MOST_CITATIONS]), frozenset())


class _Placing:
    """Tries which numbers can stand in a text; Markdown that a number would break goes without it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = to_html(text)
        self._sign = next((sign for sign in _PUNCTUATION if sign not in text), "")
        self._left = min(MOST_RENDERINGS, MOST_RENDERED // max(len(text), 1))

    def place(self, cited: list[_Cited]) -> tuple[Markup, frozenset[int]]:
        fitting = self._fitting(cited) if self._sign else []
        html = self._rendered(fitting) if fitting else None
        return (html, frozenset(one.number for one in fitting)) if html else (self._plain, frozenset())

    def _fitting(self, cited: list[_Cited]) -> list[_Cited]:
        if not cited or self._left <= 0:
            return []
        self._left -= 1
        if self._rendered(cited) is not None:
            return cited
        half = len(cited) // 2
        return [*self._fitting(cited[:half]), *self._fitting(cited[half:])] if half else []

    def _rendered(self, cited: list[_Cited]) -> Markup | None:
        """Render with these numbers; none where one of them got lost or changed anything."""
        html = to_html(self._signed(cited), self._mark)
        found = sorted(int(match[1]) for match in _MARKS.finditer(html))
        is_faithful = found == [one.number for one in cited] and _MARKS.sub("", html) == self._plain
        return html if is_faithful else None

    def _signed(self, cited: list[_Cited]) -> str:
        parts, position = [], 0
        for one in sorted(cited, key=lambda one: (one.at, one.number)):
            parts += [self._text[position : one.at], f"{self._sign}{one.number}.{one.source}{self._sign}"]
            position = one.at
        return "".join([*parts, self._text[position:]])

    def _mark(self, text: str) -> Markup:
        pieces = re.split(f"{self._sign}([0-9]+)\\.([0-9]+){self._sign}", text)
        html = [marked(pieces[0])]
        for number, source, following in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            html += [_MARK.format(number, source), marked(following)]
        return Markup("").join(html)


def _numbered(citations: Sequence[Citation]) -> list[_Cited]:
    sources: dict[str, int] = {}
    return [
        _Cited(number, sources.setdefault(one.url, len(sources) + 1), one.end)
        for number, one in enumerate(citations, start=1)
    ]


def _sources(
    text: str, citations: Sequence[Citation], cited: Sequence[_Cited], placed: frozenset[int]
) -> tuple[Source, ...]:
    places: dict[int, list[Place]] = {}
    first: dict[int, Citation] = {}
    for one, citation in zip(cited, citations, strict=False):
        first.setdefault(one.source, citation)
        place = Place(one.number, one.number in placed, marked(_quoted(text, citation)))
        places.setdefault(one.source, []).append(place)
    return tuple(_source(number, first[number], tuple(found)) for number, found in places.items())


def _source(number: int, citation: Citation, places: tuple[Place, ...]) -> Source:
    href, host = read_address(citation.url)
    return Source(number, marked(citation.title[:500]), marked(citation.url[:2_000]), href, host, places)


def _quoted(text: str, citation: Citation) -> str:
    """Quote the cited words, or their end where they are many; of a bare link, the words that it stands behind."""
    start, end = max(citation.start, 0), max(min(citation.end, len(text)), 0)
    if _LINK.fullmatch(text[start:end]):
        before = text[:start].rstrip("( ").removesuffix("\n")
        start, end = before.rfind("\n") + 1, len(before)
    words = " ".join(_LINK.sub(r"\1", text[max(start, end - _QUOTE_LIMIT) : end]).split())
    quote = words.rstrip(" (").lstrip("#->* ")
    return f"…{quote}" if quote and end - start > _QUOTE_LIMIT else quote
