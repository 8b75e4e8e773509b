"""Reading OpenAI's response body: what one look saw of it.

Bodies are read by the `type` of each part and never by class, because a client's types parse a kind they do
not know as one they do.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import AwareDatetime

from signoff.domain.deliverable import Citation
from signoff.domain.longtext import LongText, Passage, characters_of, is_blank
from signoff.domain.model import Value
from signoff.domain.observation import Finding, FindingKind
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import Usage, read_usage

KNOWN_ITEMS: Final = frozenset(
    {
        "message",
        "reasoning",
        "file_search_call",
        "web_search_call",
        "code_interpreter_call",
        "function_call",
        "function_call_output",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
        "image_generation_call",
        "computer_call",
        "computer_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "local_shell_call",
        "local_shell_call_output",
        "shell_call",
        "shell_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "program",
        "program_output",
        "tool_search_call",
        "tool_search_output",
        "additional_tools",
        "compaction",
    }
)


FINDINGS_KEPT: Final = 20
"""How many findings of one kind are listed; a history has room for no crowd of them."""

WORD_LIMIT: Final = 128
"""How many characters of a code, a type, a reason or a model's name are kept."""

_NOT_LIMITED: Final = frozenset({"function_call", "custom_tool_call"})
"""Calls that the caller answers; `max_tool_calls` bounds the built-in tools only."""


class ResponseSnapshot(Value):
    """What one look saw of a response, small enough for a history."""

    response_id: str
    status: ResponseStatus
    model: str = ""
    created_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    error_type: str = ""
    error_code: str = ""
    error_message: str = ""
    incomplete_reason: str = ""
    usage: Usage | None = None
    tool_calls: int = 0


def read_snapshot(body: Mapping[str, Any]) -> ResponseSnapshot:
    """Read the facts about a response out of its body, whatever else is in it."""
    told = body.get("error")
    error = _mapping({"message": told} if isinstance(told, str) else told)
    return ResponseSnapshot(
        response_id=_text(body.get("id")),
        status=ResponseStatus(_text(body.get("status"))),
        model=_word(body.get("model")),
        created_at=_moment(body.get("created_at")),
        completed_at=_moment(body.get("completed_at")),
        error_type=_word(error.get("type")),
        error_code=_word(error.get("code")),
        error_message=_text(error.get("message"))[:500],
        incomplete_reason=_word(_mapping(body.get("incomplete_details")).get("reason")),
        usage=read_usage(body.get("usage")),
        tool_calls=sum(1 for item in _items(body) if _is_tool_call(item)),
    )


def read_content(body: Mapping[str, Any]) -> tuple[str, tuple[Citation, ...]]:
    """Read the final answer and its citations, whose offsets count characters of that answer.

    Where the model marked a final answer, or only its commentary, the commentary is left out.
    """
    passages, citations = read_passages(body)
    return "".join(map(str, passages)), citations


def read_passages(body: Mapping[str, Any]) -> tuple[tuple[Passage, ...], tuple[Citation, ...]]:
    """Read the final answer as `read_content` does, in passages that together are its text."""
    passages, citations, start = [], [], 0
    for part in _answer_parts(body):
        passages.append(_passage(part.get("text")))
        citations += [_citation(note, start) for note in _list(part.get("annotations")) if note.get("url")]
        start += characters_of(passages[-1])
    return tuple(passages), tuple(citations)


def find(body: Mapping[str, Any], *, max_tool_calls: int | None = None) -> tuple[Finding, ...]:
    """List what a reviewer must know of a response that ended: of each kind the first ones, and how many more."""
    by_kind: dict[FindingKind, list[Finding]] = {}
    for finding in _findings(body, max_tool_calls):
        by_kind.setdefault(finding.kind, []).append(finding)
    return tuple(finding for found in by_kind.values() for finding in _shortened(found))


def _shortened(found: list[Finding]) -> Iterator[Finding]:
    yield from found[:FINDINGS_KEPT]
    if len(found) > FINDINGS_KEPT:
        yield Finding(kind=found[0].kind, message=f"{len(found) - FINDINGS_KEPT} more of this kind")


def _findings(body: Mapping[str, Any], max_tool_calls: int | None) -> Iterator[Finding]:
    items = _items(body)
    is_partial = body.get("status") == ResponseStatus.INCOMPLETE
    for item in items:
        yield from _of_message(item, is_partial=is_partial) if item.get("type") == "message" else _of_item(item)
    if _is_odd(body.get("output")):
        yield Finding(kind=FindingKind.UNKNOWN_ITEM, message="the output holds something that is no item")
    if is_partial:
        reason = _text(_mapping(body.get("incomplete_details")).get("reason")) or "for a reason that was not given"
        yield Finding(kind=FindingKind.PARTIAL_OUTPUT, message=f"the response stopped early: {reason}")
    if all(is_blank(passage) for passage in read_passages(body)[0]):
        yield Finding(kind=FindingKind.EMPTY_TEXT, message="the response holds no text")
    calls = sum(1 for item in items if _is_tool_call(item) and _text(item.get("type")) not in _NOT_LIMITED)
    if max_tool_calls is not None and calls >= max_tool_calls:
        text = f"all {max_tool_calls} permitted tool calls were used; further ones may have been dropped"
        yield Finding(kind=FindingKind.TOOL_CALLS_CLIPPED, message=text)


def _of_message(message: Mapping[str, Any], *, is_partial: bool) -> Iterator[Finding]:
    where = " in its commentary" if message.get("phase") == "commentary" else ""
    for part in _list(message.get("content")):
        kind = _text(part.get("type"))
        if kind == "refusal":
            text = f"the model refused{where}: {_text(part.get('refusal')) or 'it gave no reason'}"
            yield Finding(kind=FindingKind.REFUSAL, message=text)
        elif kind != "output_text":
            text = f"a part of a message of unknown type {kind or '(none)'}"
            yield Finding(kind=FindingKind.UNKNOWN_ITEM, message=text)
    if _is_odd(message.get("content")):
        yield Finding(kind=FindingKind.UNKNOWN_ITEM, message="a message holds something that is no part of one")
    if not is_partial and _text(message.get("status")) == "incomplete":
        yield Finding(kind=FindingKind.PARTIAL_OUTPUT, message="a message of the response is not whole")


def _of_item(item: Mapping[str, Any]) -> Iterator[Finding]:
    kind = _text(item.get("type"))
    if kind not in KNOWN_ITEMS:
        yield Finding(kind=FindingKind.UNKNOWN_ITEM, message=f"an output item of unknown type {kind or '(none)'}")
    if kind == "mcp_approval_request":
        text = f"the model asks for leave to call {_text(item.get('name'))} at {_text(item.get('server_label'))}"
        yield Finding(kind=FindingKind.APPROVAL_REQUESTED, message=text)
    if _mapping(item.get("error")).get("code") == "moderation_blocked":
        yield Finding(kind=FindingKind.REFUSAL, message=f"moderation blocked the {kind}")
    elif kind != "reasoning" and (item.get("error") or _text(item.get("status")) in {"failed", "incomplete"}):
        yield Finding(kind=FindingKind.TOOL_FAILED, message=f"a {kind} did not succeed")


def answer_messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the messages that make up the answer: the final ones where some are marked so, else all but commentary."""
    messages = [item for item in _items(body) if item.get("type") == "message"]
    final = [message for message in messages if message.get("phase") == "final_answer"]
    spoken = [message for message in messages if message.get("phase") != "commentary"]
    return final or spoken or messages


def _answer_parts(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        part
        for message in answer_messages(body)
        for part in _list(message.get("content"))
        if part.get("type") == "output_text"
    ]


def _citation(note: Mapping[str, Any], offset: int) -> Citation:
    start, end = (_number(note.get(key)) + offset for key in ("start_index", "end_index"))
    return Citation(title=_text(note.get("title")), url=_text(note["url"]), start=start, end=end)


def _is_tool_call(item: Mapping[str, Any]) -> bool:
    return _text(item.get("type")).endswith("_call")


def _text(value: object) -> str:
    """Read a text; half a surrogate pair, which JSON can carry but UTF-8 can't, becomes a question mark."""
    return str(value or "").encode(errors="replace").decode()


def _passage(value: object) -> Passage:
    return value if isinstance(value, LongText) else _text(value)


def _word(value: object) -> str:
    return _text(value)[:WORD_LIMIT]


def _number(value: object) -> int:
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else 0
    return value if isinstance(value, int) else 0


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None


def _items(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _list(body.get("output"))


def _list(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _is_odd(value: object) -> bool:
    """Whether something stands where a list of objects should, or in one, that is left out when it is read."""
    return value is not None and not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
