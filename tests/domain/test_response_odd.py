"""Bodies that no documentation promises: whatever arrives is read as far as it goes, and never raises."""

import json
import math
import time
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.deliverable import Deliverable
from signoff.domain.observation import FindingKind
from signoff.domain.response import KNOWN_ITEMS, find, read_content, read_snapshot
from signoff.domain.status import ResponseStatus

# Python's own parser lets NaN, infinities, huge numbers and halves of surrogate pairs pass, so they can come.
texts = st.text(st.characters(), max_size=5)
scalars = st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def like(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects that have the right keys, and mostly the right kind of value at each."""
    return st.fixed_dictionaries({}, optional={key: good | values for key, good in fields.items()})


note = like(type=texts, url=texts, title=texts, start_index=st.integers(), end_index=st.integers())
part = like(type=st.sampled_from(["output_text", "refusal"]), text=texts, refusal=texts, annotations=st.lists(note))
item = like(
    type=st.sampled_from(sorted(KNOWN_ITEMS)),
    content=st.lists(part, max_size=3),
    phase=st.sampled_from(["commentary", "final_answer"]),
    status=st.sampled_from(["completed", "failed", "incomplete"]),
    error=texts,
    name=texts,
    server_label=texts,
)
body = like(
    id=texts,
    status=st.sampled_from(list(ResponseStatus)),
    model=texts,
    created_at=st.integers() | st.floats(),
    completed_at=st.integers() | st.floats(),
    error=like(code=texts, type=texts, message=texts),
    incomplete_details=like(reason=texts),
    usage=like(input_tokens=st.integers(), output_tokens=st.floats(), total_tokens=texts),
    output=st.lists(item, max_size=4),
)


@given(body, st.none() | st.integers())
def test_no_body_is_too_odd_to_be_read(odd: dict[str, Any], limit: int | None) -> None:
    snapshot = read_snapshot(odd)
    text, citations = read_content(odd)
    found = find(odd, max_tool_calls=limit)
    assert json.loads(snapshot.model_dump_json())["status"] == snapshot.status
    assert all(finding.message.encode() for finding in found)
    assert Deliverable(job_id="a-job", attempt=1, text=text, citations=()).canonical()
    assert all(citation.model_dump_json() for citation in citations)


@given(st.dictionaries(texts, values, max_size=5))
def test_any_json_object_can_be_read(odd: dict[str, Any]) -> None:
    assert read_snapshot(odd).status in ResponseStatus
    assert read_content(odd)[0] == ""
    assert find(odd)


ODD_TIMES: Final[list[Any]] = [None, "soon", True, [], 10**400, -(10**20), 1e300, math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("moment", ODD_TIMES)
def test_an_odd_time_never_stops_a_look(moment: object) -> None:
    snapshot = read_snapshot({"id": "resp_1", "status": "completed", "completed_at": moment})
    assert snapshot.status is ResponseStatus.COMPLETED
    assert snapshot.completed_at is None or moment is True


@pytest.mark.parametrize("count", [None, "many", [], math.nan, math.inf])
def test_an_odd_count_of_tokens_is_zero(count: object) -> None:
    usage = read_snapshot({"status": "completed", "usage": {"input_tokens": count, "total_tokens": 5}}).usage
    assert usage
    assert (usage.input_tokens, usage.total_tokens) == (0, 5)


@pytest.mark.parametrize("status", [[], {}, 5, None, ["failed"], {"failed": True}])
def test_an_odd_status_of_an_item_is_no_failure_of_it(status: object) -> None:
    answer = {"type": "message", "content": [{"type": "output_text", "text": "x"}]}
    assert find({"output": [{"type": "web_search_call", "status": status}, answer]}) == ()


ODD: Final = FindingKind.UNKNOWN_ITEM
NO_ITEMS: Final[list[Any]] = [None, "x", [], 5]
NO_LISTS: Final[list[Any]] = ["x", 5, {}, True]


@pytest.mark.parametrize(
    ("output", "kinds"),
    [
        (None, [FindingKind.EMPTY_TEXT]),
        ([], [FindingKind.EMPTY_TEXT]),
        *(([odd], [ODD, FindingKind.EMPTY_TEXT]) for odd in NO_ITEMS),
        *((odd, [ODD, FindingKind.EMPTY_TEXT]) for odd in NO_LISTS),
    ],
)
def test_an_output_that_holds_no_items_is_empty_and_a_finding(output: object, kinds: list[FindingKind]) -> None:
    assert read_content({"output": output}) == ("", ())
    assert [finding.kind for finding in find({"output": output})] == kinds


@pytest.mark.parametrize("content", ["An answer.", 5, {}, [None], ["An answer."]])
def test_a_message_that_holds_no_parts_is_a_finding(content: object) -> None:
    found = find({"output": [{"type": "message", "content": content}]})
    assert [finding.kind for finding in found] == [ODD, FindingKind.EMPTY_TEXT]


def test_what_is_odd_beside_an_answer_is_not_left_out_unseen() -> None:
    answer = {"type": "message", "content": [{"type": "output_text", "text": "x"}]}
    assert [finding.kind for finding in find({"output": [answer, "and this"]})] == [ODD]


@pytest.mark.parametrize("error", ["it broke", ["it broke"], 5, {}, None])
def test_an_error_that_is_no_object_has_no_code(error: object) -> None:
    snapshot = read_snapshot({"status": "failed", "error": error})
    assert (snapshot.error_type, snapshot.error_code) == ("", "")
    assert snapshot.error_message == ("it broke" if error == "it broke" else "")


def test_words_are_bounded_as_they_stand_in_a_history() -> None:
    long = "x" * 5_000_000
    error = {"code": long, "type": long, "message": long}
    body = {"model": long, "error": error, "incomplete_details": {"reason": long}}
    assert len(read_snapshot(body).model_dump_json()) < 2_000


def test_a_body_of_many_megabytes_is_read_at_once() -> None:
    text, notes = "x" * 5_000_000, [{"type": "url_citation", "url": "u", "start_index": 1, "end_index": 2}] * 1_000
    part = {"type": "output_text", "text": text, "annotations": notes}
    items = [{"type": "reasoning", "summary": []}] * 20_000
    body = {"status": "completed", "output": [*items, {"type": "message", "content": [part]}]}
    began = time.process_time()
    assert (read_snapshot(body).tool_calls, len(read_content(body)[1]), find(body)) == (0, 1_000, ())
    assert time.process_time() - began < 2.0
