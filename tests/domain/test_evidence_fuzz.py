"""Whatever body comes back: reading its evidence never fails, and nothing in it goes uncounted."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.domain.deliverable import digest_of
from signoff.domain.evidence import EvidenceIndex, read_index
from signoff.domain.fields import LINE_LIMIT, TEXT_LIMIT
from signoff.domain.fitting import INDEX_LIMIT_BYTES, kept_index, render_index
from signoff.domain.quotes import QUOTE_LIMIT
from signoff.domain.response import KNOWN_ITEMS, read_content
from tests.domain.items import CITATIONS, ITEMS

ANY_TEXT = st.text(st.characters(), max_size=30) | st.sampled_from(["", "\ud800", "x" * 3_000, "\x00", "🌊" * 700])
NUMBERS = st.floats() | st.integers() | st.sampled_from([10**400, -(10**20), 2**63])
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
FIELDS = sorted({field for item in ITEMS.values() for field in item} | {"id", "status", "error", "phase", "approve"})


def nested(depth: int) -> Any:
    value: Any = {"text": "deep"}
    for _ in range(depth):
        value = [value]
    return value


VALUES = ODD | st.builds(nested, st.integers(0, 3_000))


@st.composite
def items(draw: st.DrawFn) -> Any:
    """An item of any type, as it should be or with fields that are missing, odd or strange."""
    if draw(st.integers(0, 9)) == 0:
        return draw(ODD)
    kind = draw(st.sampled_from(sorted(KNOWN_ITEMS)) | ANY_TEXT | ODD)
    usual = ITEMS.get(kind, {}) if isinstance(kind, str) else {}
    kept = {name: value for name, value in usual.items() if draw(st.booleans())}
    more = draw(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
    return {"type": kind, "id": draw(st.sampled_from(["same", "other"])), **kept, **more}


NOTES = st.builds(
    lambda kind, more, places: {"type": kind, **CITATIONS.get(kind, {}), **more, **places},
    st.sampled_from([*sorted(CITATIONS), "new_citation"]),
    st.dictionaries(st.sampled_from(["url", "title", "file_id", "filename"]), ODD, max_size=2),
    st.dictionaries(st.sampled_from(["start_index", "end_index", "index"]), st.integers(-3, 60) | ODD, max_size=3),
)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["output_text"] * 4 + ["refusal", "hologram"])},
    optional={"text": ANY_TEXT | ODD, "annotations": st.lists(NOTES | ODD, max_size=4) | ODD, "refusal": ODD},
)
MESSAGES = st.fixed_dictionaries(
    {"type": st.just("message"), "content": st.lists(PARTS | ODD, max_size=4) | ODD},
    optional={"phase": st.sampled_from(["commentary", "final_answer"])},
)
BODIES = st.fixed_dictionaries(
    {"output": st.lists(items() | MESSAGES, max_size=8) | ODD},
    optional=dict.fromkeys(("id", "status", "model", "service_tier", "created_at", "completed_at", "error"), VALUES)
    | dict.fromkeys(("incomplete_details", "usage", "tool_usage"), VALUES),
)


def entries(body: dict[str, Any]) -> int:
    output = body["output"]
    return len(output) if isinstance(output, list) else int(output is not None)


@given(BODIES)
@settings(max_examples=200, deadline=None)
def test_every_item_is_a_step_or_counted_and_the_counts_add_up(body: dict[str, Any]) -> None:
    index = read_index(body)
    assert index.items == entries(body) == len(index.steps) + index.omitted + index.answer + index.odd
    assert index.items == sum(count.count for count in index.item_types)
    notes = sum(count.count for count in index.citation_types)
    assert notes == len(index.citations) + index.citations_omitted


@given(BODIES)
@settings(max_examples=200, deadline=None)
def test_what_is_kept_stays_within_its_bounds_and_reads_back_the_same(body: dict[str, Any]) -> None:
    index = read_index(body)
    data = render_index(index)
    assert len(data) <= INDEX_LIMIT_BYTES
    assert kept_index(data, digest_of(data), "x") == index
    assert EvidenceIndex.model_validate_json(index.model_dump_json()) == index
    assert all(max(len(step.text), len(step.output)) <= TEXT_LIMIT for step in index.steps)
    lines = [line for step in index.steps for line in (step.name, step.status, step.item, step.item_id)]
    assert all(len(line) <= LINE_LIMIT for line in [*lines, index.model, index.response_id])


@given(MESSAGES)
@settings(max_examples=300, deadline=None)
def test_quoted_words_are_words_of_the_answer(message: dict[str, Any]) -> None:
    body = {"output": [message]}
    text, _ = read_content(body)
    for citation in read_index(body).citations:
        assert len(citation.quote) <= QUOTE_LIMIT
        assert citation.is_resolved == bool(citation.quote)
        if citation.is_in_answer and message["content"][citation.part]["type"] == "output_text":
            assert citation.quote in text


@given(BODIES, st.data())
@settings(max_examples=100, deadline=None)
def test_a_body_that_came_over_the_wire_reads_the_same(body: dict[str, Any], data: st.DataObject) -> None:
    """As long as JSON can carry it, also with what is no JSON to others: `NaN`, halves of surrogate pairs."""
    try:
        wire = json.loads(json.dumps(body))
    except (ValueError, RecursionError):
        return
    cut = data.draw(st.integers(0, 3))
    wire = dict(list(wire.items())[cut:])
    assert render_index(read_index(wire)) == render_index(read_index(json.loads(json.dumps(wire))))
