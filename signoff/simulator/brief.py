"""The text of a completed answer: a short research brief with citations that point into it."""

from dataclasses import dataclass

MAX_TEXT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """A web page that a brief cites."""

    title: str
    url: str

    @property
    def link(self) -> str:
        """The page as a Markdown link."""
        return f"[{self.title}]({self.url})"


OVERVIEW = Page("Overview of the subject", "https://example.org/overview")
REPORT = Page("Report of last year", "https://example.com/reports/last-year")
METHODS = Page("Notes on methods", "https://example.org/notes/methods")
PAGES = (OVERVIEW, REPORT, METHODS)

_TEMPLATE = f"""# Research brief

**Subject:** {{subject}}

## Findings

- The sources agree on the terms and on the scope ({OVERVIEW.link}).
- The figures of last year are complete and changed little ({REPORT.link}).

## Open points

- The methods differ between the sources, so figures are compared with care ({METHODS.link}).
"""
FILLERS = {
    "latin": "This paragraph repeats what was found and adds nothing to it. ",
    "cjk": "\u672c\u6bb5\u91cd\u590d\u524d\u6587\uff0c\u6ca1\u6709\u65b0\u7684\u5185\u5bb9\u3002",
    "emoji": "The tide rises \U0001f30a and falls \U0001f319 again. ",
}
"""What a text is padded with, by its letters."""


def write_brief(subject: str, size_bytes: int = 0, letters: str = "latin") -> str:
    """Return the brief on a subject, padded to this many bytes of UTF-8 where it is shorter."""
    text = _TEMPLATE.format(subject=subject)
    missing = size_bytes - len(text.encode())
    if missing <= 0:
        return text
    filler = FILLERS[letters].encode()
    padding = (b"\n" + filler * (missing // len(filler) + 1))[:missing].decode(errors="ignore")
    return text + padding + " " * (missing - len(padding.encode()))


def cite(text: str) -> list[dict[str, object]]:
    """Return OpenAI's annotations for the pages that this text links to."""
    found = []
    for page in PAGES:
        # The last one, because a subject may quote the same link before the brief does.
        start = text.rfind(page.link)
        if start >= 0:
            found.append(
                {
                    "type": "url_citation",
                    "start_index": start,
                    "end_index": start + len(page.link),
                    "url": page.url,
                    "title": page.title,
                }
            )
    return found
