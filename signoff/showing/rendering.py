"""How a result is shown to the person who decides on it: readable, harmless, and with nothing left out."""

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import structlog
from markdown_it.token import Token
from markupsafe import Markup

from signoff.domain.deliverable import Citation
from signoff.showing.characters import hidden_in, marked
from signoff.showing.citing import Source, with_citations, without_marks
from signoff.showing.markdown import MARKDOWN

MARKDOWN_LIMIT: Final = 100_000
JSON_LIMIT: Final = 500_000
EXACT_LIMIT: Final = 500_000
HIDDEN_LIMIT: Final = 5_000
"""How many hidden characters a page marks, since each mark is a hundred times as long."""

BRACKET_LIMIT: Final = 5_000
CELL_LIMIT: Final = 20_000
EMPHASIS_LIMIT: Final = 10_000
"""What takes a parser of Markdown long; measured, a text below all limits takes it a second at most."""

_PARTS_OF_JSON: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_DEEPEST_JSON: Final = 100


log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.showing")


class Form(StrEnum):
    """How a result is shown."""

    MARKDOWN = "markdown"
    JSON = "json"
    PLAIN = "plain"


class Rendering(NamedTuple):
    """A result as it is shown.

    `hidden` counts its hidden characters, up to one more than `HIDDEN_LIMIT`. `notes` say why the view is not the
    usual one, and what it leaves to the exact text.
    """

    form: Form
    html: Markup
    sources: tuple[Source, ...] = ()
    hidden: int = 0
    notes: tuple[str, ...] = ()


class Exact(NamedTuple):
    """The very text, with its hidden characters marked; the start of it where it is too long for a page."""

    html: Markup
    characters: int
    is_clipped: bool


def render(text: str, citations: Sequence[Citation] = ()) -> Rendering:
    """Render a result in the form that fits it."""
    hidden = hidden_in(text, HIDDEN_LIMIT + 1)
    if hidden > HIDDEN_LIMIT:
        return _plain(text, citations, f"it has more than {HIDDEN_LIMIT:,} hidden characters")
    if document := _pretty_json(text):
        return Rendering(Form.JSON, marked(document), without_marks(text, citations), hidden)
    if reason := _too_much(text):
        return _plain(text, citations, reason)
    try:
        return _markdown(text, citations, hidden)
    except Exception as error:  # whatever a parser of other people's text raises, the text must be readable
        # Neither the message nor the traceback: both may quote the text.
        log.error("pages.rendering_failed", fault=type(error).__name__)  # noqa: TRY400
        return _plain(text, citations, "it could not be shown as Markdown")


def _markdown(text: str, citations: Sequence[Citation], hidden: int) -> Rendering:
    tokens = MARKDOWN.parse(text)
    if any(token.level >= MARKDOWN.options.maxNesting - 2 for token in tokens):
        return _plain(text, citations, "it is nested too deeply to be shown as Markdown")
    html, sources = with_citations(text, citations)
    hidden = max(hidden, html.count('class="hidden-character"'))
    return Rendering(Form.MARKDOWN, html, sources, hidden, tuple(_left_out(text, tokens)))


def exact(text: str) -> Exact:
    """Show a text exactly, with every hidden character as a symbol."""
    shown = text[:EXACT_LIMIT]
    if hidden_in(shown, HIDDEN_LIMIT + 1) > HIDDEN_LIMIT:
        shown = shown[:HIDDEN_LIMIT]
    return Exact(marked(shown), len(text), len(shown) < len(text))


def _plain(text: str, citations: Sequence[Citation], reason: str) -> Rendering:
    shown = exact(text)
    notes = [f"shown as plain text, because {reason}"]
    notes += ["only its start is shown; download the rest"] if shown.is_clipped else []
    return Rendering(
        Form.PLAIN, shown.html, without_marks(text, citations), hidden_in(text, HIDDEN_LIMIT + 1), tuple(notes)
    )


def _too_much(text: str) -> str:
    if len(text) > MARKDOWN_LIMIT:
        return f"it has more than {MARKDOWN_LIMIT:,} characters"
    is_emphatic = text.count("*") + text.count("_") > EMPHASIS_LIMIT
    if is_emphatic or text.count("[") > BRACKET_LIMIT or text.count("|") > CELL_LIMIT:
        return "it has more links, table cells or emphasis than can be shown as Markdown"
    return ""


def _left_out(text: str, tokens: Sequence[Token]) -> Iterator[str]:
    """Say what Markdown drops: the cells of a row beyond the columns of its table."""
    lines = re.split(r"\r\n?|\n", text)
    columns, dropped = 0, 0
    for token in tokens:
        if token.type == "table_open":
            columns = 0
        elif token.type == "th_open":
            columns += 1
        elif token.type == "tr_open" and token.map and columns:
            dropped += max(_cells(lines[token.map[0]]) - columns, 0)
    if dropped:
        yield f"the tables have {dropped} more cells than columns for them, which only the exact text shows"


def _cells(row: str) -> int:
    unescaped = re.sub(r"\\.", "", row).strip(" \t>")
    return unescaped.removeprefix("|").removesuffix("|").count("|") + 1


def _pretty_json(text: str) -> str:
    """Lay a JSON document out in lines. Each literal stays as it was written; empty where it is no document."""
    if text.lstrip()[:1] not in {"{", "["} or len(text) > JSON_LIMIT:
        return ""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ""
    return _laid_out(_PARTS_OF_JSON.findall(text))


def _laid_out(parts: Sequence[str]) -> str:
    out, depth = [], 0
    for before, part in zip(["", *parts], parts, strict=False):
        if part in _CLOSING:
            depth -= 1
            out += [part] if before in _OPENING else [_line(depth), part]
        elif part in {",", ":"}:
            out.append(part if part == "," else ": ")
        else:
            out += [_line(depth), part] if before in _OPENING | {","} else [part]
            depth += part in _OPENING
    return "".join(out)


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEEPEST_JSON)
