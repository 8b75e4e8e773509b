"""The sources that the tools of a response really met, read by the `type` of each part, however odd the body is."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from string import punctuation
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

_LINK: Final = re.compile(r"https?://[^\s<>\"`\\^{}|]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?'*_)]"
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_ADDED_BY_OPENAI: Final = "utm_source=openai"


def sources_of(body: Mapping[str, Any]) -> frozenset[str]:
    """List what the tools met: links in the form that `link_form` gives them, and the ids of files.

    Counted are the sources and pages of web searches, the results of file searches, and the links in what MCP
    servers and functions answered. A call that failed met nothing. Neither did a program that the model wrote itself
    (code interpreter, shell): it can print any link.
    """
    items = body.get("output")
    return frozenset(source for item in _mappings(items) if _has_worked(item) for source in _of_item(item))


def link_form(url: str) -> str:
    """Bring a link into the form in which two that lead to one page are equal.

    Scheme and host are in lower case, a port that goes without saying is left out, and so are the fragment, the
    `utm_source=openai` that OpenAI adds, and a slash at the end of the path. Other characters than ASCII are
    percent-encoded. Everything else counts: `http` and `https`, `www.`, the rest of the query.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, "\0"))
    except ValueError:
        return url.strip()
    query = "&".join(pair for pair in parts.query.split("&") if pair != _ADDED_BY_OPENAI)
    path = parts.path.rstrip("/")
    return quote(urlunsplit((parts.scheme, host, path, query, "")), safe=punctuation, errors="replace")


def _has_worked(item: Mapping[str, Any]) -> bool:
    return item.get("status") != "failed" and not item.get("error")


def _of_item(item: Mapping[str, Any]) -> Iterator[str]:
    read = _READERS.get(item["type"]) if isinstance(item.get("type"), str) else None
    return read(item) if read else iter(())


def _of_web_search(item: Mapping[str, Any]) -> Iterator[str]:
    action = item.get("action")
    met = [action, *_mappings(item.get("results"))]
    if isinstance(action, Mapping):
        met += _mappings(action.get("sources"))
    for one in met:
        if isinstance(one, Mapping) and isinstance(one.get("url"), str):
            yield link_form(one["url"])


def _of_file_search(item: Mapping[str, Any]) -> Iterator[str]:
    results = item.get("results")
    yield from (result["file_id"] for result in _mappings(results) if isinstance(result.get("file_id"), str))
    yield from _links_in(results)


def _of_answer(item: Mapping[str, Any]) -> Iterator[str]:
    answer = item.get("output")
    yield from _links_in(answer)
    if isinstance(answer, str):
        # In JSON a link may be written with escapes: `https:\/\/`, or `\u0026` for its `&`.
        with suppress(ValueError, RecursionError):
            yield from _links_in(json.loads(answer))


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]]] = {
    "web_search_call": _of_web_search,
    "file_search_call": _of_file_search,
    "mcp_call": _of_answer,
    "function_call_output": _of_answer,
    "custom_tool_call_output": _of_answer,
}


def _links_in(value: object) -> Iterator[str]:
    """Find the links in every text of a JSON value, however deep; doubtful ends are given with and without."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                for found in _LINK.findall(text):
                    yield from {link_form(end) for end in (found, found.rstrip(_TRAILING), found.partition(")")[0])}
            case list(members):
                waiting += members
            case dict(members):
                waiting += members.values()


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
