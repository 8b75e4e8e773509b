"""Markdown that a model wrote, as HTML in which nothing can act, nothing is fetched and nothing is left out."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from signoff.showing.addresses import LINKED_SCHEMES, read_address
from signoff.showing.characters import marked

_BLOCKS: Final = {"p", "li", "blockquote", "td", "th", "h3", "h4", "h5", "h6"}
CLASSES: Final = {
    "div": {"wide"},
    "span": {"hidden-character", "address", "dead-link", "image-named"},
    "sup": {"citation-mark"},
    "td": {"align-left", "align-center", "align-right"},
    "th": {"align-left", "align-center", "align-right"},
}
ATTRIBUTES: Final = {
    **{tag: {"dir"} for tag in _BLOCKS | {"pre"}},
    "div": {"tabindex"},
    "ol": {"start"},
    "span": {"title"},
    "a": {"href", "target", "aria-label"},
    "sup": {"id"},
}
TAGS: Final = frozenset(
    {*_BLOCKS, "div", "pre", "code", "em", "strong", "hr", "br", "ul", "ol", "a", "span", "sup", "bdi"}
    | {"table", "thead", "tbody", "tr"}
)
CITED: Final = re.compile(r"cited-[0-9]{1,4}")
SOURCE: Final = re.compile(r"#source-[0-9]{1,4}")


def _kept_value(tag: str, name: str, value: str) -> str | None:
    """Keep the values that this module writes, should anything else ever get this far."""
    match tag, name:
        case "a", "href":
            is_kept = bool(SOURCE.fullmatch(value) or read_address(value).href)
        case "a", "target":
            is_kept = value == "_blank"
        case "sup", "id":
            is_kept = bool(CITED.fullmatch(value))
        case "ol", "start":
            is_kept = value.isdecimal()
        case _, "dir":
            is_kept = value == "auto"
        case "div", "tabindex":
            is_kept = value == "0"
        case _:
            is_kept = True
    return value if is_kept else None


_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(),
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    attribute_filter=_kept_value,
    link_rel="noopener noreferrer nofollow",
    url_schemes=set(LINKED_SCHEMES),
)

Mark = Callable[[str], Markup]


def to_html(text: str, mark: Mark = marked) -> Markup:
    """Render Markdown.

    Args:
        text: What the model wrote.
        mark: Turns a piece of plain text into HTML; it must escape it.
    """
    return cleaned(MARKDOWN.renderer.render(MARKDOWN.parse(text), MARKDOWN.options, {"mark": mark}))


def cleaned(html: str) -> Markup:
    """Take everything out of HTML that is not on the lists above."""
    return Markup(_CLEANER.clean(html))  # noqa: S704  the sanitizer's own output


class _Renderer(RendererHTML):
    """Writes what the lists above hold: headings below the page's own, alignment as classes, links that say where."""

    def heading_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:  # noqa: ANN401  the parser's own
        return f'<{_lowered(tokens[idx])} dir="auto">'

    def heading_close(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:  # noqa: ANN401  the parser's own
        return f"</{_lowered(tokens[idx])}>\n"

    def text(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType) -> str:
        return _marked(tokens[idx].content, env)

    def code_inline(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType) -> str:
        return f"<code>{_marked(tokens[idx].content, env)}</code>"

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.fence(tokens, idx, options, env)

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002  the parser's own
        info = f'<span class="address">{_marked(tokens[idx].info, env)}</span>\n' if tokens[idx].info.strip() else ""
        return f'<pre dir="auto"><code>{info}{_marked(tokens[idx].content, env)}</code></pre>\n'

    def table_open(self, *_: Any) -> str:  # noqa: ANN401  the parser's own
        """Let a table that is wider than the page be scrolled by keyboard."""
        return '<div class="wide" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:  # noqa: ANN401  the parser's own
        return "</table></div>\n"

    def softbreak(self, *_: Any) -> str:  # noqa: ANN401  the parser's own
        return "\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Name a picture and its address: showing it would tell a stranger who reads this, and when."""
        named = self.renderInline(tokens[idx].children or [], options, env)
        told = _told_attributes(tokens[idx], "src", env)
        return f'<span class="image-named">[image {named} <bdi>{told}</bdi>]</span>'

    def link_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:  # noqa: ANN401  the parser's own
        address = read_address(str(tokens[idx].attrGet("href") or ""))
        if not address.href:
            return '<span class="dead-link">'
        return f'<a href="{escape(address.href)}" target="_blank">'

    def link_close(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType) -> str:
        opened, shown = _link_before(tokens, idx)
        url = str(opened.attrGet("href") or "")
        address = read_address(url)
        if not address.href:
            return f'</span> <span class="address">(<bdi>{_told_attributes(opened, "href", env)}</bdi>)</span>'
        title = str(opened.attrGet("title") or "")
        told = " ".join(filter(None, [address.host if shown != url else "", title]))
        return "</a>" + (f' <span class="address">(<bdi>{_marked(told, env)}</bdi>)</span>' if told else "")


def _lowered(token: Token) -> str:
    return f"h{min(int(token.tag[1]) + 2, 6)}"


def _marked(text: str, env: EnvType) -> str:
    return str(env["mark"](text))


def _told_attributes(token: Token, address: str, env: EnvType) -> str:
    told = [str(token.attrGet(address) or "no address"), str(token.attrGet("title") or "")]
    return _marked(" ".join(filter(None, told)), env)


def _link_before(tokens: Sequence[Token], close: int) -> tuple[Token, str]:
    """Give the opening of a link, which can't hold another one, and the text in it."""
    start = next(place for place in range(close - 1, -1, -1) if tokens[place].type == "link_open")
    return tokens[start], "".join(token.content for token in tokens[start + 1 : close])


def _isolate(state: Any) -> None:  # noqa: ANN401  the parser's own
    """Let each block take its own direction, and say alignment with classes, since a page takes no styles."""
    for token in state.tokens:
        if token.nesting == 1 and token.tag in _BLOCKS:
            token.attrSet("dir", "auto")
        if style := token.attrs.pop("style", ""):
            token.attrSet("class", f"align-{style.removeprefix('text-align:')}")


def _take_any(url: str) -> bool:  # noqa: ARG001  the parser's own
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 30}, renderer_cls=_Renderer)
    parser.enable("table")
    # A definition of a link shows nothing, so text could hide in one.
    parser.disable("reference")
    # What may become a link is decided when it is rendered, so that the rest is still shown as what it is.
    parser.validateLink = _take_any  # type: ignore[method-assign] # as the library documents it
    parser.core.ruler.push("isolate", _isolate)
    return parser


MARKDOWN: Final = _parser()
