"""The evidence index: every type of item and citation, counts that add up, and bounds that hold."""

import json
from typing import Any

import pytest

from signoff.domain.deliverable import digest_of
from signoff.domain.evidence import CITATIONS_KEPT, NO_ITEM, REFUSALS_KEPT, STEPS_KEPT, EvidenceIndex, read_index
from signoff.domain.fitting import INDEX_LIMIT_BYTES, index_of_body, kept_index, ref_of, render_index
from signoff.domain.integrity import UnsoundError
from signoff.domain.response import KNOWN_ITEMS
from signoff.domain.tally import NAMES_KEPT, OTHERS, Count
from tests.domain.items import ITEM_TYPES, ITEMS, SAID

EVERY: list[dict[str, Any]] = [
    {"type": kind, "id": f"id_{kind}", "status": "completed", **fields} for kind, fields in ITEMS.items()
]


def an_answer(text: str, *notes: Any) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": list(notes)}]}


def test_no_type_of_item_that_the_client_knows_is_unknown_here() -> None:
    """When this fails, the client has learned a type: add a reader to `steps`, and an item to `tests/domain/items`."""
    assert set(ITEMS) == KNOWN_ITEMS
    assert ITEM_TYPES - set(ITEMS) == set()


@pytest.mark.parametrize("kind", sorted(SAID))
def test_of_every_type_of_item_the_step_says_what_was_asked_and_what_came_back(kind: str) -> None:
    [step] = read_index({"output": [{"type": kind, "id": "x_1", "status": "completed", **ITEMS[kind]}]}).steps
    assert (step.name, step.text, step.output) == SAID[kind]
    assert (step.item, step.item_id, step.status) == (kind, "x_1", "completed")


def test_a_response_with_every_type_of_item_is_listed_in_order_and_counted_by_type() -> None:
    index = read_index({"output": EVERY})
    assert [step.item for step in index.steps] == [item["type"] for item in EVERY if item["type"] != "message"]
    assert index.item_types == tuple(Count(name=item["type"], count=1) for item in EVERY)
    assert (index.items, index.answer, index.odd, index.unknown_items) == (len(EVERY), 1, 0, 0)


def test_a_step_names_its_place_in_the_output() -> None:
    index = read_index({"output": [None, {"type": "reasoning"}, an_answer("x"), {"type": "mcp_call"}]})
    assert [step.place for step in index.steps] == [1, 3]


def test_items_of_unknown_type_are_steps_and_counted_beside_what_is_no_item() -> None:
    index = read_index({"output": [{"type": "telepathy_call", "thought": "x"}, {}, "text", None]})
    assert [step.item for step in index.steps] == ["telepathy_call", "(no type)"]
    assert (index.items, index.odd, index.unknown_items) == (4, 2, 4)


@pytest.mark.parametrize(("output", "items"), [(None, 0), ([], 0), ({"type": "message"}, 1), ("text", 1)])
def test_an_output_that_is_no_list_counts_as_one_thing_that_is_no_item(output: object, items: int) -> None:
    index = read_index({"output": output})
    assert (index.items, index.odd) == (items, items)
    assert [one.name for one in index.item_types] == [NO_ITEM] * items


def test_items_beyond_the_bound_are_counted_under_their_own_types() -> None:
    index = read_index({"output": [{"type": "reasoning"}] * STEPS_KEPT + [{"type": "mcp_call"}] * 3})
    assert (len(index.steps), index.omitted) == (STEPS_KEPT, 3)
    assert index.item_types[-1] == Count(name="mcp_call", count=3)


def test_of_a_crowd_of_unknown_types_the_first_are_named_and_all_are_counted() -> None:
    index = read_index({"output": [{"type": f"new_{n}"} for n in range(100)] + [{"type": "mcp_call"}]})
    assert len(index.item_types) == NAMES_KEPT + 2
    assert Count(name=OTHERS, count=100 - NAMES_KEPT, is_known=False) in index.item_types
    assert (index.item_types[-1], index.unknown_items) == (Count(name="mcp_call", count=1), 100)


def test_a_message_beside_the_final_answer_is_no_step_but_commentary_is() -> None:
    said = [{**an_answer("x"), "phase": phase} for phase in ("commentary", None, "final_answer")]
    index = read_index({"output": said})
    assert ([step.text for step in index.steps], index.answer) == (["x", "x"], 1)


def test_what_the_response_tells_of_itself_is_kept() -> None:
    index = read_index(
        {
            "id": "resp_1",
            "status": "incomplete",
            "model": "gpt-5-mini-2026-08",
            "service_tier": "flex",
            "created_at": 1_767_225_600.0,
            "completed_at": 1_767_225_661.5,
            "incomplete_details": {"reason": "max_output_tokens"},
            "error": {"code": "server_error", "message": "it broke", "type": "server", "param": "x"},
        }
    )
    assert (index.version, index.response_id, index.response_status) == (1, "resp_1", "incomplete")
    assert (index.model, index.service_tier) == ("gpt-5-mini-2026-08", "flex")
    assert index.created_at
    assert index.completed_at
    assert (index.completed_at - index.created_at).total_seconds() == 61.5
    assert index.incomplete_reason == "max_output_tokens"
    assert index.error
    assert index.error.model_dump() == {"type": "server", "code": "server_error", "message": "it broke", "param": "x"}


def test_tokens_are_kept_with_their_details_also_those_of_later_versions() -> None:
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 30,
        "dream_tokens": 5,
    }
    found = read_index({"usage": usage}).usage
    assert found
    assert (found.input_tokens, found.cached_tokens, found.output_tokens, found.reasoning_tokens) == (10, 4, 20, 0)
    assert found.other == {"dream_tokens": 5, "input_tokens_details.cache_write_tokens": 2}


def test_tokens_that_were_not_told_are_null_and_none_told_is_no_usage() -> None:
    assert read_index({"usage": None}).usage is None
    found = read_index({"usage": {"input_tokens": 1, "output_tokens": "many", "total_tokens": float("nan")}}).usage
    assert found
    assert (found.input_tokens, found.cached_tokens, found.output_tokens, found.total_tokens) == (1, None, None, None)


def test_what_tools_used_is_kept_by_name() -> None:
    used = {"web_search": {"num_requests": 3}, "image_gen": {"input_tokens_details": {"text_tokens": 7}}}
    assert read_index({"tool_usage": used}).tool_usage == {
        "web_search.num_requests": 3,
        "image_gen.input_tokens_details.text_tokens": 7,
    }


def test_refusals_are_listed_and_those_beyond_the_bound_counted() -> None:
    parts: list[dict[str, Any]] = [{"type": "refusal", "refusal": f"No {n}."} for n in range(REFUSALS_KEPT + 2)]
    index = read_index({"output": [{"type": "message", "content": [*parts, {"type": "hologram"}, 7]}]})
    assert (index.refusals[0], len(index.refusals), index.refusals_omitted) == ("No 0.", REFUSALS_KEPT, 2)
    assert [(one.name, one.count, one.is_known) for one in index.part_types] == [
        ("refusal", REFUSALS_KEPT + 2, True),
        ("hologram", 1, False),
        ("(no part)", 1, False),
    ]


LONG = "\x01" * 10_000
NOTE = {"type": LONG, "title": LONG, "url": LONG, "file_id": LONG, "start_index": 0, "end_index": 9_000, "x": LONG}
LARGE: dict[str, Any] = {
    "every text": {
        "id": LONG,
        "model": LONG,
        "tool_usage": {f"{n}{LONG}": n for n in range(500)},
        "usage": {f"{n}{LONG}": n for n in range(500)},
        "error": dict.fromkeys(("type", "code", "message", "param"), LONG),
        "output": [
            {
                "type": f"{n}{LONG}",
                "id": LONG,
                "status": LONG,
                "error": LONG,
                "name": LONG,
                "call_id": LONG,
                "arguments": LONG,
            }
            for n in range(300)
        ]
        + [{"type": "message", "content": [{"type": "refusal", "refusal": LONG}] * 50}, an_answer(LONG, *[NOTE] * 400)],
    },
    "sources": {
        "output": [{"type": "web_search_call", "action": {"queries": [LONG] * 200, "sources": [{"url": LONG}] * 500}}]
        * 300
    },
    "one text": {"output": [{"type": "code_interpreter_call", "code": "x" * 20_000_000}]},
    "letters of three bytes": {
        "output": [{"type": "mcp_call", "arguments": "潮" * 5_000, "output": "潮" * 5_000}] * 250
    },
}


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE.keys())
def test_a_kept_index_is_small_whatever_the_body_is_and_counts_what_it_cut(body: dict[str, Any]) -> None:
    whole = read_index(body)
    data = render_index(whole)
    assert len(data) <= INDEX_LIMIT_BYTES
    kept = kept_index(data, digest_of(data), "evidence.json")
    assert kept.items == len(body["output"]) == len(kept.steps) + kept.omitted + kept.answer + kept.odd
    assert len(kept.citations) + kept.citations_omitted == len(whole.citations) + whole.citations_omitted
    shorter = [new for old, new in zip(whole.steps, kept.steps, strict=False) if new.text != old.text]
    assert all(step.is_clipped for step in shorter)


def test_a_usual_index_is_kept_as_it_was_read_and_named_with_its_counts() -> None:
    index = read_index({"output": EVERY})
    data = render_index(index)
    ref = ref_of(index, data)
    assert kept_index(data, ref.digest, "evidence.json") == index
    assert (ref.steps, ref.citations, ref.unknown_items) == (len(EVERY) - 1, 4, 0)
    assert len(ref.model_dump_json()) < 160


def test_the_name_of_an_index_counts_what_it_does_not_list() -> None:
    notes = [{"type": "url_citation"}] * (CITATIONS_KEPT + 1)
    index = read_index({"output": [{"type": "new"}] * (STEPS_KEPT + 1) + [an_answer("x", *notes)]})
    ref = ref_of(index, render_index(index))
    assert (ref.steps, ref.citations, ref.unknown_items) == (STEPS_KEPT + 1, CITATIONS_KEPT + 1, STEPS_KEPT + 1)


def test_the_same_body_gives_the_same_bytes() -> None:
    assert render_index(read_index({"output": EVERY})) == render_index(
        read_index(json.loads(json.dumps({"output": EVERY})))
    )


def test_an_index_that_was_torn_is_refused() -> None:
    data = render_index(read_index({"output": EVERY}))
    with pytest.raises(UnsoundError, match=r"evidence\.json has .* restore it from a copy"):
        kept_index(data[:-1], digest_of(data), "evidence.json")


def test_an_index_of_a_newer_version_is_read_where_it_only_gained_fields() -> None:
    newer = json.dumps({"version": 2, "dreams": [1], "items": 3}).encode()
    assert kept_index(newer, digest_of(newer), "x") == EvidenceIndex(version=2, items=3)
    other = json.dumps({"version": 3, "items": [1]}).encode()
    with pytest.raises(UnsoundError, match="upgrade this process"):
        kept_index(other, digest_of(other), "x")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UnsoundError, match=r"response\.json"):
        index_of_body(body, "response.json")
