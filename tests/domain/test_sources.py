"""Which sources the tools of a response met, and when two links are one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.sources import link_form, sources_of

PAGE = "https://example.org/a"
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
odd_parts = st.recursive(
    json_values | st.just("http://[") | st.just("see https://[x"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["web_search_call", "file_search_call", "mcp_call", "function_call_output"])
                | json_values,
                **dict.fromkeys(("status", "error", "action", "sources", "results", "output", "url", "file_id"), inner),
            },
        )
    ),
    max_leaves=12,
)


def body(*items: Any) -> dict[str, Any]:
    return {"output": list(items)}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {
                "type": "web_search_call",
                "status": "completed",
                "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": PAGE}]},
            },
            {PAGE},
        ),
        ({"type": "web_search_call", "action": {"type": "open_page", "url": PAGE}}, {PAGE}),
        ({"type": "web_search_call", "action": {"type": "find_in_page", "url": PAGE, "pattern": "x"}}, {PAGE}),
        ({"type": "web_search_call", "action": None, "results": [{"url": PAGE, "title": "A"}]}, {PAGE}),
        (
            {
                "type": "file_search_call",
                "results": [{"file_id": "file-1", "filename": "a.pdf", "text": f"see {PAGE}"}],
            },
            {"file-1", PAGE},
        ),
        ({"type": "mcp_call", "output": f"It is at {PAGE}."}, {PAGE, f"{PAGE}."}),
        ({"type": "function_call_output", "output": [{"type": "input_text", "text": PAGE}]}, {PAGE}),
        ({"type": "custom_tool_call_output", "output": PAGE}, {PAGE}),
    ],
)
def test_what_a_tool_met_is_a_source(item: dict[str, Any], expected: set[str]) -> None:
    assert sources_of(body(item)) == expected


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "status": "failed", "action": {"type": "open_page", "url": PAGE}},
        {"type": "mcp_call", "error": {"message": "no"}, "output": PAGE},
        {"type": "mcp_call", "arguments": PAGE},
        {"type": "function_call", "arguments": PAGE},
        {"type": "code_interpreter_call", "outputs": [{"type": "logs", "logs": PAGE}]},
        {"type": "shell_call_output", "output": [{"stdout": PAGE}]},
        {"type": "message", "content": [{"type": "output_text", "text": PAGE, "annotations": [{"url": PAGE}]}]},
        {"type": "reasoning", "summary": PAGE},
    ],
    ids=lambda item: str(item["type"]),
)
def test_what_failed_and_what_the_model_wrote_itself_is_no_source(item: dict[str, Any]) -> None:
    assert sources_of(body(item)) == frozenset()


@pytest.mark.parametrize(
    "output",
    [
        f"[the page]({PAGE})",
        f"({PAGE})",
        f"<{PAGE}>",
        f'{{"url": "{PAGE}"}}',
        json.dumps({"url": PAGE}).replace("/", "\\/"),
    ],
)
def test_a_link_is_found_whatever_stands_around_it(output: str) -> None:
    assert PAGE in sources_of(body({"type": "mcp_call", "output": output}))


def test_a_link_is_found_in_json_that_escapes_its_characters() -> None:
    found = sources_of(body({"type": "mcp_call", "output": r'{"url": "https://example.org/?a=1\u0026b=2"}'}))
    assert "https://example.org?a=1&b=2" in found


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/a/",
        "HTTPS://Example.ORG/a",
        "https://example.org:443/a",
        "https://example.org/a?utm_source=openai",
        "https://example.org/a#part",
        "https://example.org/a/?utm_source=openai#:~:text=word",
        "  https://example.org/a ",
    ],
)
def test_links_that_lead_to_one_page_have_one_form(other: str) -> None:
    assert link_form(other) == link_form(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/a",
        "https://www.example.org/a",
        "https://example.org:8443/a",
        "https://example.org/A",
        "https://example.org/a?page=2",
        "https://example.org/a?utm_source=other",
        "https://example.org/",
    ],
)
def test_links_that_may_lead_elsewhere_differ(other: str) -> None:
    assert link_form(other) != link_form(PAGE)


def test_a_link_is_the_same_with_and_without_percent_signs() -> None:
    assert link_form("https://de.example.org/Köln") == link_form("https://de.example.org/K%C3%B6ln")


@given(odd_parts)
def test_no_body_is_too_odd_to_be_read(odd: Any) -> None:
    assert all(isinstance(source, str) for source in sources_of({"output": odd}))
    assert all(isinstance(source, str) for source in sources_of({"output": [odd]}))


@given(st.text() | st.from_regex(r"https?://[\[\]:@/?#%.a-z0-9]*"))
def test_any_text_has_a_form(text: str) -> None:
    assert link_form(text) == link_form(f" {text} ")


def test_an_answer_that_is_nested_without_end_is_read() -> None:
    assert PAGE in sources_of(body({"type": "mcp_call", "output": PAGE + " " + "[" * 200_000}))
    deep: Any = PAGE
    for _ in range(50_000):
        deep = [deep]
    assert sources_of(body({"type": "function_call_output", "output": deep})) == {PAGE}
