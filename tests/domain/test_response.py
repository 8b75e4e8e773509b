"""Reading a response body: its facts, its final answer, its citations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from signoff.domain.deliverable import Citation
from signoff.domain.response import ResponseSnapshot, read_content, read_snapshot
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import Usage


def part(text: str, *notes: dict[str, Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(notes)}


def message(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "message", "content": list(parts), **more}


def note(start: int, end: int, name: str = "a") -> dict[str, Any]:
    url = f"https://{name}.example"
    return {"type": "url_citation", "title": name, "url": url, "start_index": start, "end_index": end}


def test_a_snapshot_holds_the_facts_of_a_body() -> None:
    body = {
        "id": "resp_1",
        "status": "completed",
        "model": "a-model-2026-01-01",
        "created_at": 1_767_603_600,
        "completed_at": 1_767_603_660.5,
        "error": None,
        "incomplete_details": None,
        "usage": {"input_tokens": 10, "output_tokens": 20, "total_tokens": 30, "input_tokens_details": {}},
        "output": [{"type": "reasoning"}, {"type": "web_search_call"}, {"type": "mcp_list_tools"}, message(part("x"))],
    }
    assert read_snapshot(body) == ResponseSnapshot(
        response_id="resp_1",
        status=ResponseStatus.COMPLETED,
        model="a-model-2026-01-01",
        created_at=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        completed_at=datetime(2026, 1, 5, 9, 1, 0, 500_000, tzinfo=UTC),
        usage=Usage(input_tokens=10, output_tokens=20, total_tokens=30),
        tool_calls=1,
    )


def test_a_failed_response_says_why() -> None:
    error = {"code": "insufficient_quota", "type": "billing", "message": "x" * 1_000, "param": None}
    snapshot = read_snapshot({"id": "resp_1", "status": "failed", "error": error})
    assert (snapshot.error_code, snapshot.error_type) == ("insufficient_quota", "billing")
    assert snapshot.error_message == "x" * 500


def test_an_incomplete_response_says_why() -> None:
    body = {"id": "resp_1", "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    assert read_snapshot(body).incomplete_reason == "max_output_tokens"


@pytest.mark.parametrize("usage", [None, {}, [], "much"])
def test_usage_that_upstream_does_not_tell_is_absent_rather_than_zero(usage: object) -> None:
    assert read_snapshot({"id": "resp_1", "status": "cancelled", "usage": usage}).usage is None


def test_absent_and_null_facts_are_empty() -> None:
    nulls = dict.fromkeys(["id", "status", "model", "created_at", "completed_at", "error", "incomplete_details"])
    empty = ResponseSnapshot(response_id="", status=ResponseStatus.UNKNOWN)
    assert read_snapshot({}) == read_snapshot(nulls) == empty


def test_the_content_is_the_text_of_all_messages() -> None:
    body = {"output": [message(part("One. "), part("Two. ")), {"type": "reasoning"}, message(part("Three."))]}
    assert read_content(body) == ("One. Two. Three.", ())


def test_commentary_is_left_out_where_a_final_answer_is_marked() -> None:
    body = {
        "output": [
            message(part("Let me see."), phase="commentary"),
            message(part("The answer."), phase="final_answer"),
            message(part("And that was it."), phase="commentary"),
            message(part("By the way.")),
        ]
    }
    assert read_content(body)[0] == "The answer."


def test_commentary_is_left_out_where_only_the_commentary_is_marked() -> None:
    body = {"output": [message(part("Let me see."), phase="commentary"), message(part("The answer."), phase=None)]}
    assert read_content(body)[0] == "The answer."


def test_commentary_is_the_answer_where_there_is_nothing_else() -> None:
    assert read_content({"output": [message(part("Let me see."), phase="commentary")]})[0] == "Let me see."


def test_refusals_and_unknown_parts_are_no_content() -> None:
    parts = [{"type": "refusal", "refusal": "No."}, {"type": "output_hologram", "text": "?"}, part("Yes.")]
    assert read_content({"output": [message(*parts)]})[0] == "Yes."


def test_offsets_count_characters_of_the_whole_answer() -> None:
    """Upstream they count inside their own part: 5 characters stand before the second part, 9 before the third."""
    body = {
        "output": [
            message(part("Öl 👍 ", note(0, 2, "a")), part("abc ", note(1, 3, "b"))),
            message(part("xyz", note(0, 3, "c"), note(2, 3, "d"))),
        ]
    }
    text, citations = read_content(body)
    assert [(one.title, one.start, one.end, text[one.start : one.end]) for one in citations] == [
        ("a", 0, 2, "Öl"),
        ("b", 6, 8, "bc"),
        ("c", 9, 12, "xyz"),
        ("d", 11, 12, "z"),
    ]


def test_the_citations_of_commentary_are_left_out_with_it() -> None:
    body = {
        "output": [
            message(part("Look.", note(0, 4)), phase="commentary"),
            message(part("So.", note(0, 2, "b")), phase="final_answer"),
        ]
    }
    assert [one.title for one in read_content(body)[1]] == ["b"]


def test_only_annotations_with_an_address_are_citations() -> None:
    notes = [{"type": "file_citation", "file_id": "file_1"}, {"type": "url_citation", "url": ""}, note(0, 1)]
    assert read_content({"output": [message(part("x", *notes))]})[1] == (
        Citation(title="a", url="https://a.example", start=0, end=1),
    )


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    """JSON can carry one (a text that was cut inside an emoji); UTF-8, and so the archive, can't."""
    text, [citation] = read_content({"output": [message(part("cut \ud83d", note(0, 5)))]})
    assert text == "cut ?"
    assert text[citation.start : citation.end] == "cut ?"
