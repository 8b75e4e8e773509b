"""The steps behind a result, read from the items of a response: searches, tool calls, code, reasoning.

Each is read by the `type` of its item, whatever else is in it, and within bounds.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from signoff.domain.fields import TEXT_LIMIT, Item, all_mappings, first, line, mapping, mappings, text, texts
from signoff.domain.model import Value

SOURCES_KEPT: Final = 20
"""How many sources of one step are listed."""

NO_TYPE: Final = "(no type)"


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
    file_id: str = ""


class Step(Value):
    """One step of the work: what was asked for in `text`, by which `name`, and what came of it.

    `item` is OpenAI's own word for it, `place` where it stands in the output, counted from 0. `sources` are the first
    of `source_count`. `is_clipped` says that a text of it is kept in part.
    """

    kind: StepKind
    item: str
    place: int = 0
    item_id: str = ""
    call_id: str = ""
    name: str = ""
    text: str = ""
    status: str = ""
    error: str = ""
    output: str = ""
    sources: tuple[FoundSource, ...] = ()
    source_count: int = 0
    is_clipped: bool = False


_Read = Callable[[Item], dict[str, Any]]


def read_step(item: Item, place: int = 0) -> Step:
    """Read one item as a step."""
    word = line(item.get("type")) or NO_TYPE
    kind, read = _READERS.get(word, (StepKind.OTHER, _as_named))
    found = {key: value for key, value in read(item).items() if value}
    long = [key for key in ("text", "output") if len(found.get(key, "")) > TEXT_LIMIT]
    for key in long:
        found[key] = found[key][:TEXT_LIMIT]
    return Step(
        kind=kind,
        item=word,
        place=place,
        item_id=line(item.get("id")),
        call_id=line(item.get("call_id")),
        status=line(item.get("status")),
        error=_error(item),
        is_clipped=bool(long),
        **found,
    )


def _web_search(item: Item) -> dict[str, Any]:
    action = mapping(item.get("action"))
    asked = texts(action.get("queries")) or texts(action.get("query"))
    where = [line(action.get(key)) for key in ("pattern", "url") if action.get(key)]
    return {
        "name": line(action.get("type")),
        "text": "\n".join(asked + where),
        **_sources(action.get("sources") or item.get("results")),
    }


def _file_search(item: Item) -> dict[str, Any]:
    return {"text": "\n".join(texts(item.get("queries"))), **_sources(item.get("results"))}


def _code(item: Item) -> dict[str, Any]:
    outputs = (first(one, "logs", "url", "type") for one in mappings(item.get("outputs")))
    return {"text": text(item.get("code")), "output": "\n".join(filter(None, outputs))}


def _call(item: Item) -> dict[str, Any]:
    name = ".".join(filter(None, (line(item.get(key)) for key in ("server_label", "namespace", "name"))))
    return {"name": name, "text": first(item, "arguments", "input"), "output": text(item.get("output"))}


def _tools(item: Item) -> dict[str, Any]:
    named = [line(one.get("name") or one.get("type")) for one in mappings(item.get("tools"))]
    return {"name": line(item.get("server_label")), "text": ", ".join(filter(None, named))}


def _returned(item: Item) -> dict[str, Any]:
    return {"name": line(item.get("call_id")), "output": first(item, "output", "result", "reason")}


def _allowed(item: Item) -> dict[str, Any]:
    answer = item.get("approve")
    said = ("approved" if answer else "not approved") if isinstance(answer, bool) else ""
    return {"name": line(item.get("approval_request_id")), "text": said, "output": first(item, "reason", "output")}


def _reasoning(item: Item) -> dict[str, Any]:
    told = [text(one.get("text")) for key in ("summary", "content") for one in mappings(item.get(key))]
    return {"text": "\n\n".join(filter(None, told))}


def _image(item: Item) -> dict[str, Any]:
    """Tell of a picture without its bytes."""
    return {"name": line(item.get("output_format")), "text": text(item.get("revised_prompt"))}


def _acted(item: Item) -> dict[str, Any]:
    acts = item.get("actions") or item.get("action") or item.get("operation")
    commands = mapping(acts).get("commands") or mapping(acts).get("command")
    return {"name": line(mapping(acts).get("type")), "text": "\n".join(texts(commands)) or text(acts)}


def _said(item: Item) -> dict[str, Any]:
    return {"text": "\n".join(first(one, "text", "refusal") for one in mappings(item.get("content")))}


def _as_named(item: Item) -> dict[str, Any]:
    """Show what is small of an item of unknown type, whatever it is called."""
    told = {key: value for key, value in item.items() if key not in {"id", "type", "status", "error", "name"}}
    return {"name": line(item.get("name")), "text": text(told) if told else ""}


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
    "mcp_approval_response": (StepKind.ANSWER, _allowed),
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
    found = all_mappings(value)
    kept = (_source(one) for one in found[:SOURCES_KEPT])
    return {"sources": tuple(kept), "source_count": len(found)}


def _source(one: Item) -> FoundSource:
    return FoundSource(
        title=line(first(one, "title", "filename", "name")),
        url=text(one.get("url"))[:TEXT_LIMIT],
        file_id=line(one.get("file_id")),
    )


def _error(item: Item) -> str:
    error = item.get("error")
    told = mapping(error)
    if told:
        return " ".join(filter(None, (line(told.get(key)) for key in ("code", "type", "message"))))
    return line(error)
