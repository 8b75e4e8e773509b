"""The work behind a result, read from whatever body came back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.evidence import STEPS_KEPT, EvidenceIndex, read_index
from signoff.domain.fields import TEXT_LIMIT
from signoff.domain.response import KNOWN_ITEMS
from signoff.domain.steps import SOURCES_KEPT, Step, StepKind


def only(item: dict[str, Any]) -> Step:
    [step] = read_index({"output": [item]}).steps
    return step


@pytest.mark.parametrize(
    ("item", "kind", "facts"),
    [
        (
            {
                "type": "web_search_call",
                "status": "completed",
                "action": {"type": "search", "queries": ["tides", "power"]},
            },
            StepKind.SEARCH,
            {"name": "search", "text": "tides\npower", "status": "completed"},
        ),
        (
            {"type": "web_search_call", "action": {"type": "open_page", "url": "https://a.example"}},
            StepKind.SEARCH,
            {"name": "open_page", "text": "https://a.example"},
        ),
        (
            {"type": "file_search_call", "queries": ["x"], "results": [{"filename": "a.pdf", "text": "long"}]},
            StepKind.FILES,
            {"text": "x", "source_count": 1},
        ),
        (
            {"type": "code_interpreter_call", "code": "1 + 1", "outputs": [{"type": "logs", "logs": "2"}]},
            StepKind.CODE,
            {"text": "1 + 1", "output": "2"},
        ),
        (
            {"type": "function_call", "name": "look_up", "arguments": '{"id": 1}'},
            StepKind.CALL,
            {"name": "look_up", "text": '{"id": 1}'},
        ),
        (
            {
                "type": "mcp_call",
                "server_label": "crm",
                "name": "delete",
                "arguments": "{}",
                "error": {"code": 503, "message": "away"},
            },
            StepKind.CALL,
            {"name": "crm.delete", "error": "503 away"},
        ),
        ({"type": "mcp_call", "name": "x", "error": "it broke"}, StepKind.CALL, {"error": "it broke"}),
        (
            {"type": "mcp_list_tools", "server_label": "crm", "tools": [{"name": "a"}, {"name": "b"}]},
            StepKind.OTHER,
            {"name": "crm", "text": "a, b"},
        ),
        (
            {"type": "mcp_approval_request", "server_label": "crm", "name": "delete", "arguments": "{}"},
            StepKind.APPROVAL,
            {"name": "crm.delete"},
        ),
        (
            {"type": "reasoning", "summary": [{"text": "First."}, {"text": "Second."}]},
            StepKind.REASONING,
            {"text": "First.\n\nSecond."},
        ),
        (
            {"type": "image_generation_call", "result": "AAAA" * 1000, "revised_prompt": "a cat"},
            StepKind.IMAGE,
            {"text": "a cat", "output": ""},
        ),
        (
            {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls", "-l"]}},
            StepKind.SHELL,
            {"text": "ls\n-l"},
        ),
        (
            {"type": "message", "phase": "commentary", "content": [{"type": "output_text", "text": "Now I look."}]},
            StepKind.COMMENTARY,
            {"text": "Now I look."},
        ),
        (
            {"type": "telepathy_call", "status": "failed", "thought": "x"},
            StepKind.OTHER,
            {"item": "telepathy_call", "status": "failed"},
        ),
    ],
)
def test_each_type_of_item_says_what_was_asked_and_what_came_of_it(
    item: dict[str, Any], kind: StepKind, facts: dict[str, Any]
) -> None:
    step = only(item)
    assert step.kind is kind
    assert {name: getattr(step, name) for name in facts} == facts


def test_a_step_of_unknown_type_shows_what_it_held() -> None:
    assert json.loads(only({"type": "telepathy_call", "id": "t_1", "thought": "x"}).text) == {"thought": "x"}


@pytest.mark.parametrize("kind", sorted(KNOWN_ITEMS))
def test_every_known_type_is_kept_under_its_name(kind: str) -> None:
    assert only({"type": kind, "phase": "commentary"}).item == kind


def test_the_answer_itself_is_no_step() -> None:
    messages: list[dict[str, Any]] = [
        {"type": "message", "phase": phase, "content": []} for phase in ("final_answer", None)
    ]
    assert read_index({"output": messages[:1]}).steps == ()
    assert read_index({"output": messages[1:]}).steps == ()


def test_steps_keep_their_order() -> None:
    items = [{"type": kind} for kind in ("reasoning", "web_search_call", "reasoning", "mcp_call")]
    assert [step.item for step in read_index({"output": items}).steps] == [item["type"] for item in items]


def test_of_many_sources_the_first_are_listed_and_all_are_counted() -> None:
    sources = [{"url": f"https://{n}.example", "title": f"Page {n}"} for n in range(SOURCES_KEPT + 5)]
    step = only({"type": "web_search_call", "action": {"query": "x", "sources": sources}})
    assert (len(step.sources), step.source_count) == (SOURCES_KEPT, SOURCES_KEPT + 5)
    assert (step.sources[0].url, step.sources[0].title) == ("https://0.example", "Page 0")


def test_of_many_steps_the_first_are_listed_and_the_others_counted() -> None:
    evidence = read_index({"output": [{"type": "reasoning"}] * (STEPS_KEPT + 7)})
    assert (len(evidence.steps), evidence.omitted) == (STEPS_KEPT, 7)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "code_interpreter_call", "code": "x" * 5_000_000},
        {"type": "function_call", "arguments": {"x": ["y" * 100] * 50_000}},
        {"type": "telepathy_call", "thought": ["z" * 10] * 100_000},
        {"type": "reasoning", "summary": [{"text": "w" * 1_000}] * 1_000},
        {"type": "web_search_call", "action": {"queries": ["q" * 1_000] * 1_000}},
    ],
)
def test_a_long_text_is_cut_and_said_to_be(item: dict[str, Any]) -> None:
    step = only(item)
    assert len(step.text) == TEXT_LIMIT
    assert step.is_clipped


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = [
    "status",
    "error",
    "action",
    "queries",
    "results",
    "code",
    "outputs",
    "name",
    "arguments",
    "summary",
    "content",
    "tools",
    "output",
    "phase",
]


@given(
    st.sampled_from([*sorted(KNOWN_ITEMS), "new_call"]), st.dictionaries(st.sampled_from(FIELDS), values, max_size=5)
)
def test_whatever_an_item_holds_it_is_read(kind: str, fields: dict[str, Any]) -> None:
    evidence = read_index({"output": [{"type": kind, **fields}, None, 3]})
    assert EvidenceIndex.model_validate_json(evidence.model_dump_json()) == evidence


@given(values)
def test_whatever_the_output_is_it_is_read(output: Any) -> None:
    assert read_index({"output": output}).omitted == 0


def test_a_deeply_nested_argument_is_shown_or_said_to_be_unshowable() -> None:
    nested: Any = "x"
    for _ in range(20_000):
        nested = [nested]
    assert only({"type": "function_call", "arguments": nested}).text
