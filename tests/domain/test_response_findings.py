"""What a reviewer is told beside the content of a response."""

from collections import Counter
from typing import Any

import openai.types.responses as openai_types
import pytest
from pydantic import TypeAdapter

from signoff.domain.observation import FindingKind
from signoff.domain.response import FINDINGS_KEPT, KNOWN_ITEMS, find
from tests.domain.test_response import message, part

ANSWER = message(part("An answer."))


def kinds(*items: dict[str, Any], limit: int | None = None, **body: Any) -> list[FindingKind]:
    found = find({"status": "completed", "output": list(items), **body}, max_tool_calls=limit)
    return [finding.kind for finding in found]


def test_a_plain_answer_has_no_findings() -> None:
    assert kinds(ANSWER) == []


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "status": "incomplete"},
        {"type": "web_search_call", "status": "completed"},
        {"type": "mcp_call", "error": None, "status": "completed"},
        {"type": "mcp_list_tools", "tools": [], "error": None},
        {"type": "compaction", "encrypted_content": "x"},
        {"type": "shell_call", "status": "in_progress"},
    ],
)
def test_an_item_that_succeeded_is_no_finding(item: dict[str, Any]) -> None:
    assert kinds(item, ANSWER) == []


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "status": "failed"},
        {"type": "file_search_call", "status": "incomplete"},
        {"type": "code_interpreter_call", "status": "failed"},
        {"type": "mcp_call", "error": "no such tool"},
        {"type": "mcp_call", "status": "failed", "error": {"code": 500}},
        {"type": "mcp_list_tools", "tools": [], "error": "the server did not answer"},
        {"type": "apply_patch_call_output", "status": "failed"},
        {"type": "custom_tool_call", "status": "failed"},
    ],
)
def test_an_item_of_a_tool_that_failed_is_one_finding(item: dict[str, Any]) -> None:
    assert kinds(item, ANSWER) == [FindingKind.TOOL_FAILED]
    assert f"a {item['type']} did not succeed" in find({"output": [item, ANSWER]})[0].message


def test_a_refusal_is_a_finding_in_its_own_words() -> None:
    refusal = message({"type": "refusal", "refusal": "I can't help with that."})
    assert kinds(refusal) == [FindingKind.REFUSAL, FindingKind.EMPTY_TEXT]
    assert find({"output": [refusal]})[0].message == "the model refused: I can't help with that."


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        ("commentary", "the model refused in its commentary: No."),
        ("final_answer", "the model refused: No."),
        (None, "the model refused: No."),
    ],
)
def test_a_refusal_beside_text_is_a_finding_wherever_it_stands(phase: str | None, told: str) -> None:
    refusal = message(part("As to the rest: "), {"type": "refusal", "refusal": "No."}, phase=phase)
    found = find({"status": "completed", "output": [refusal, message(part("Yes."), phase="final_answer")]})
    assert [(finding.kind, finding.message) for finding in found] == [(FindingKind.REFUSAL, told)]


def test_a_refusal_without_words_is_one_as_well() -> None:
    assert (
        find({"output": [message(part("x"), {"type": "refusal"})]})[0].message == "the model refused: it gave no reason"
    )


def test_a_picture_that_moderation_blocked_is_a_refusal() -> None:
    """Upstream the run completed; what was asked for was still turned down for what it is."""
    blocked = {"code": "moderation_blocked", "message": "no", "type": "image_generation_user_error"}
    picture = {"type": "image_generation_call", "status": "failed", "result": None, "error": blocked}
    assert kinds(picture, ANSWER) == [FindingKind.REFUSAL]
    assert find({"output": [picture]})[0].message == "moderation blocked the image_generation_call"


@pytest.mark.parametrize("kind", ["output_hologram", "", None, 5])
def test_a_part_of_unknown_type_is_a_finding(kind: object) -> None:
    assert kinds(message(part("An answer."), {"type": kind, "data": "?"})) == [FindingKind.UNKNOWN_ITEM]


def test_a_message_that_broke_off_in_a_completed_run_is_a_finding() -> None:
    assert kinds(message(part("An ans"), status="incomplete")) == [FindingKind.PARTIAL_OUTPUT]


def test_a_message_that_broke_off_with_its_response_is_told_once() -> None:
    found = find({"status": "incomplete", "output": [message(part("An ans"), status="incomplete")]})
    assert [finding.kind for finding in found] == [FindingKind.PARTIAL_OUTPUT]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"type": "reasoning"}],
        [message()],
        [message(part(""))],
        [message(part(" \n\t"))],
        [message(part("Let me see."), phase="commentary"), message(phase="final_answer")],
    ],
)
def test_a_result_without_text_is_a_finding(items: list[dict[str, Any]]) -> None:
    assert kinds(*items) == [FindingKind.EMPTY_TEXT]


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"reason": "max_output_tokens"}, "the response stopped early: max_output_tokens"),
        ({}, "the response stopped early: for a reason that was not given"),
        (None, "the response stopped early: for a reason that was not given"),
    ],
)
def test_a_partial_result_is_a_finding_with_its_reason(details: object, told: str) -> None:
    [finding] = find({"status": "incomplete", "incomplete_details": details, "output": [ANSWER]})
    assert (finding.kind, finding.message) == (FindingKind.PARTIAL_OUTPUT, told)


def test_a_tool_that_asks_for_leave_is_a_finding() -> None:
    asks = {"type": "mcp_approval_request", "name": "delete_all", "server_label": "files"}
    [finding] = find({"output": [asks, ANSWER]})
    assert finding.kind is FindingKind.APPROVAL_REQUESTED
    assert finding.message == "the model asks for leave to call delete_all at files"


@pytest.mark.parametrize("kind", ["hologram_call", "", None, 5])
def test_an_item_of_unknown_type_is_a_finding(kind: object) -> None:
    assert kinds({"type": kind}, ANSWER) == [FindingKind.UNKNOWN_ITEM]


@pytest.mark.parametrize(
    ("calls", "limit", "is_clipped"),
    [
        (3, None, False),
        (2, 3, False),
        (3, 3, True),  # upstream drops further calls without a word
        (4, 3, True),
        (0, 0, True),
    ],
)
def test_a_run_that_used_up_its_tool_calls_is_a_finding(calls: int, limit: int | None, *, is_clipped: bool) -> None:
    items = [{"type": "web_search_call", "status": "completed"}] * calls
    assert kinds(*items, ANSWER, limit=limit) == [FindingKind.TOOL_CALLS_CLIPPED] * is_clipped


@pytest.mark.parametrize(("failed", "listed"), [(FINDINGS_KEPT, FINDINGS_KEPT), (500, FINDINGS_KEPT + 1)])
def test_a_crowd_of_findings_is_cut_short_and_counted(failed: int, listed: int) -> None:
    found = find({"output": [{"type": "web_search_call", "status": "failed"}] * failed})
    assert Counter(finding.kind for finding in found) == {FindingKind.TOOL_FAILED: listed, FindingKind.EMPTY_TEXT: 1}
    assert any(finding.message == "480 more of this kind" for finding in found) == (failed == 500)


def test_every_item_type_of_the_installed_client_is_known() -> None:
    """A new client may bring new items: decide for each what a reviewer must know of it, then add it."""
    schema = TypeAdapter(openai_types.ResponseOutputItem).json_schema()
    members = [schema["$defs"][one["$ref"].rpartition("/")[2]] for one in schema["anyOf"]]
    types = {member["properties"]["type"]["const"] for member in members}
    assert len(types) >= 28
    assert types - KNOWN_ITEMS == set()
