"""The work behind a result, read from the response body: searches, tool calls, code, reasoning, in their order.

Like the response itself it is read by the `type` of each item, whatever else is in it, and within bounds.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from signoff.domain.model import Value

STEPS_KEPT: Final = 200
SOURCES_KEPT: Final = 20
"""How many steps of a response are listed, and how many sources of one step."""

TEXT_LIMIT: Final = 2_000
LINE_LIMIT: Final = 300
_PARTS_READ: Final = 100


class StepKind(StrEnum):
    """What the model did in a step. What this version doesn't know keeps its own name in `Step.item`."""

    SEARCH = "search"
    FILES = "files"
    CODE = "code"
    CALL = "call"
    ANSWER = "answer"
    APPROVAL = "approval"
    REASONING = "reasoning"
    IMAGE = "image"
    COMPUTER = "computer"
    SHELL = "shell"
    PATCH = "patch"
    COMMENTARY = "commentary"
    OTHER = "other"


class FoundSource(Value):
    """A source that a step came upon."""

    title: str = ""
    url: str = ""


class Step(Value):
    """One step of the work: what was asked for in `text`, by which `name`, and what came of it.

    `item` is OpenAI's own word for it. `sources` are the first of `source_count`. `is_clipped` says that a text of it
    is shown in part.
    """

    kind: StepKind
    item: str
    name: str = ""
    text: str = ""
    status: str = ""
    error: str = ""
    output: str = ""
    sources: tuple[FoundSource, ...] = ()
    source_count: int = 0
    is_clipped: bool = False


class Evidence(Value):
    """What a response did before it answered; `omitted` counts the steps beyond those that are listed."""

    steps: tuple[Step, ...] = ()
    omitted: int = 0

    @property
    def searches(self) -> int:
        """How many of the listed steps searched the web or files."""
        return sum(1 for step in self.steps if step.kind in {StepKind.SEARCH, StepKind.FILES})


_Item = Mapping[str, Any]
_Read = Callable[[_Item], dict[str, Any]]


def read_evidence(body: Mapping[str, Any]) -> Evidence:
    """List the steps of a response in their order."""
    output = body.get("output")
    items = [one for one in output if isinstance(one, Mapping)] if isinstance(output, list) else []
    shown = [item for item in items if not _is_answer(item)]
    steps = tuple(_step(item) for item in shown[:STEPS_KEPT])
    return Evidence(steps=steps, omitted=max(len(shown) - STEPS_KEPT, 0))


def _is_answer(item: _Item) -> bool:
    return item.get("type") == "message" and item.get("phase") != "commentary"


def _step(item: _Item) -> Step:
    word = _line(item.get("type")) or "(no type)"
    kind, read = _READERS.get(word, (StepKind.OTHER, _as_named))
    found = {key: value for key, value in read(item).items() if value}
    long = [key for key in ("text", "output") if len(found.get(key, "")) > TEXT_LIMIT]
    for key in long:
        found[key] = found[key][:TEXT_LIMIT]
    return Step(
        kind=kind, item=word, status=_line(item.get("status")), error=_error(item), is_clipped=bool(long), **found
    )


def _web_search(item: _Item) -> dict[str, Any]:
    action = _mapping(item.get("action"))
    asked = _texts(action.get("queries")) or _texts(action.get("query"))
    where = [_line(action.get(key)) for key in ("pattern", "url") if action.get(key)]
    return {"name": _line(action.get("type")), "text": "\n".join(asked + where), **_sources(action.get("sources"))}


def _file_search(item: _Item) -> dict[str, Any]:
    return {"text": "\n".join(_texts(item.get("queries"))), **_sources(item.get("results"))}


def _code(item: _Item) -> dict[str, Any]:
    outputs = (_first(one, "logs", "url", "type") for one in _mappings(item.get("outputs")))
    return {"text": _text(item.get("code")), "output": "\n".join(filter(None, outputs))}


def _call(item: _Item) -> dict[str, Any]:
    name = ".".join(filter(None, (_line(item.get(key)) for key in ("server_label", "namespace", "name"))))
    return {"name": name, "text": _first(item, "arguments", "input"), "output": _text(item.get("output"))}


def _tools(item: _Item) -> dict[str, Any]:
    named = [_line(one.get("name") or one.get("type")) for one in _mappings(item.get("tools"))]
    return {"name": _line(item.get("server_label")), "text": ", ".join(filter(None, named))}


def _returned(item: _Item) -> dict[str, Any]:
    return {"name": _line(item.get("call_id")), "output": _first(item, "output", "result", "reason")}


def _reasoning(item: _Item) -> dict[str, Any]:
    told = [_text(one.get("text")) for key in ("summary", "content") for one in _mappings(item.get(key))]
    return {"text": "\n\n".join(filter(None, told))}


def _image(item: _Item) -> dict[str, Any]:
    """Tell of a picture without its bytes."""
    return {"name": _line(item.get("output_format")), "text": _text(item.get("revised_prompt"))}


def _acted(item: _Item) -> dict[str, Any]:
    acts = item.get("actions") or item.get("action") or item.get("operation")
    commands = _mapping(acts).get("commands") or _mapping(acts).get("command")
    return {"name": _line(_mapping(acts).get("type")), "text": "\n".join(_texts(commands)) or _text(acts)}


def _said(item: _Item) -> dict[str, Any]:
    return {"text": "\n".join(_first(one, "text", "refusal") for one in _mappings(item.get("content")))}


def _as_named(item: _Item) -> dict[str, Any]:
    """Show what is small of an item of unknown type, whatever it is called."""
    told = {key: value for key, value in item.items() if key not in {"id", "type", "status", "error", "name"}}
    return {"name": _line(item.get("name")), "text": _text(told) if told else ""}


_READERS: Final[dict[str, tuple[StepKind, _Read]]] = {
    "web_search_call": (StepKind.SEARCH, _web_search),
    "file_search_call": (StepKind.FILES, _file_search),
    "code_interpreter_call": (StepKind.CODE, _code),
    "program": (StepKind.CODE, _code),
    "program_output": (StepKind.ANSWER, _returned),
    "function_call": (StepKind.CALL, _call),
    "custom_tool_call": (StepKind.CALL, _call),
    "mcp_call": (StepKind.CALL, _call),
    "function_call_output": (StepKind.ANSWER, _returned),
    "custom_tool_call_output": (StepKind.ANSWER, _returned),
    "mcp_list_tools": (StepKind.OTHER, _tools),
    "additional_tools": (StepKind.OTHER, _tools),
    "tool_search_call": (StepKind.CALL, _call),
    "tool_search_output": (StepKind.ANSWER, _tools),
    "mcp_approval_request": (StepKind.APPROVAL, _call),
    "mcp_approval_response": (StepKind.ANSWER, _returned),
    "image_generation_call": (StepKind.IMAGE, _image),
    "computer_call": (StepKind.COMPUTER, _acted),
    "computer_call_output": (StepKind.COMPUTER, _image),
    "local_shell_call": (StepKind.SHELL, _acted),
    "local_shell_call_output": (StepKind.ANSWER, _returned),
    "shell_call": (StepKind.SHELL, _acted),
    "shell_call_output": (StepKind.ANSWER, _returned),
    "apply_patch_call": (StepKind.PATCH, _acted),
    "apply_patch_call_output": (StepKind.ANSWER, _returned),
    "reasoning": (StepKind.REASONING, _reasoning),
    "message": (StepKind.COMMENTARY, _said),
    "compaction": (StepKind.OTHER, lambda _item: {}),
}


def _sources(value: object) -> dict[str, Any]:
    found = _all_mappings(value)
    kept = (_source(one) for one in found[:SOURCES_KEPT])
    return {"sources": tuple(kept), "source_count": len(found)}


def _source(one: _Item) -> FoundSource:
    return FoundSource(
        title=_first(one, "title", "filename", "name")[:LINE_LIMIT], url=_text(one.get("url"))[:TEXT_LIMIT]
    )


def _error(item: _Item) -> str:
    error = item.get("error")
    told = _mapping(error)
    if told:
        return " ".join(filter(None, (_line(told.get(key)) for key in ("code", "type", "message"))))
    return _line(error)


def _first(value: _Item, *keys: str) -> str:
    return next((_text(value[key]) for key in keys if value.get(key)), "")


def _line(value: object) -> str:
    return " ".join(_text(value)[: 2 * LINE_LIMIT].split())[:LINE_LIMIT]


def _text(value: object) -> str:
    """Give a value as text of bounded length, which is a little more than is ever shown."""
    if not value:
        return ""
    if isinstance(value, str):
        told = value[: TEXT_LIMIT + 1]
    elif isinstance(value, Mapping | list):
        told = _as_json(value)
    else:
        told = str(value)[:LINE_LIMIT] if isinstance(value, bool | float) else ""
    return told.encode(errors="replace").decode()


def _as_json(value: object) -> str:
    """Write a value, and stop as soon as enough of it is written."""
    told = ""
    try:
        for part in json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(value):
            told += part[: TEXT_LIMIT + 1]
            if len(told) > TEXT_LIMIT:
                break
    except (ValueError, TypeError, RecursionError):
        return told or "(can't be shown)"
    return told


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [told for one in value[:_PARTS_READ] if (told := _line(one))]
    return [told] if (told := _line(value)) else []


def _mapping(value: object) -> _Item:
    return value if isinstance(value, Mapping) else {}


def _all_mappings(value: object) -> list[_Item]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _mappings(value: object) -> Iterator[_Item]:
    yield from _all_mappings(value)[:_PARTS_READ]
