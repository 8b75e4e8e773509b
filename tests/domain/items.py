"""One realistic item of every type that the installed client knows in an output, and citations of every type."""

import typing
from typing import Any, Final

from openai.types.responses import ResponseOutputItem
from openai.types.responses.response_output_text import Annotation

Json = dict[str, Any]

ANSWER: Final = "Tides turn twice a day ([Tides](https://tides.example/a))."
CITED: Final = "([Tides](https://tides.example/a))"

CITATIONS: Final[dict[str, Json]] = {
    "url_citation": {
        "title": "Tides",
        "url": "https://tides.example/a",
        "start_index": ANSWER.index("(["),
        "end_index": ANSWER.index("(") + len(CITED),
    },
    "file_citation": {"file_id": "file-1", "filename": "tides.pdf", "index": 22},
    "container_file_citation": {
        "container_id": "cntr_1",
        "file_id": "cfile_1",
        "filename": "plot.png",
        "start_index": 0,
        "end_index": 5,
    },
    "file_path": {"file_id": "file-2", "index": 0},
}

PART: Final[Json] = {
    "type": "output_text",
    "text": ANSWER,
    "annotations": [{"type": kind, **fields} for kind, fields in CITATIONS.items()],
}

ITEMS: Final[dict[str, Json]] = {
    "message": {"role": "assistant", "status": "completed", "content": [PART]},
    "reasoning": {"summary": [{"type": "summary_text", "text": "I look for tides."}], "encrypted_content": "AAAA"},
    "file_search_call": {
        "queries": ["tides"],
        "results": [{"file_id": "file-1", "filename": "tides.pdf", "score": 0.9, "text": "Twice a day."}],
    },
    "web_search_call": {
        "action": {"type": "search", "query": "tides", "sources": [{"type": "url", "url": "https://tides.example/a"}]}
    },
    "code_interpreter_call": {"code": "1 + 1", "container_id": "c", "outputs": [{"type": "logs", "logs": "2"}]},
    "function_call": {"name": "look_up", "arguments": '{"id":1}', "call_id": "call_1"},
    "function_call_output": {"call_id": "call_1", "output": "found"},
    "mcp_call": {"server_label": "crm", "name": "find", "arguments": "{}", "output": "one", "error": None},
    "mcp_list_tools": {"server_label": "crm", "tools": [{"name": "find", "input_schema": {}}]},
    "mcp_approval_request": {"server_label": "crm", "name": "delete", "arguments": "{}"},
    "mcp_approval_response": {"approval_request_id": "mcpr_1", "approve": False, "reason": "too risky"},
    "image_generation_call": {"result": "AAAA", "revised_prompt": "the sea", "output_format": "png"},
    "computer_call": {"call_id": "call_2", "action": {"type": "click", "x": 1, "y": 2}, "pending_safety_checks": []},
    "computer_call_output": {"call_id": "call_2", "output": {"type": "computer_screenshot", "image_url": "data:"}},
    "custom_tool_call": {"name": "sql", "input": "select 1", "call_id": "call_3"},
    "custom_tool_call_output": {"call_id": "call_3", "output": "1"},
    "local_shell_call": {"call_id": "call_4", "action": {"type": "exec", "command": ["ls", "-l"], "env": {}}},
    "local_shell_call_output": {"output": "a.txt"},
    "shell_call": {"call_id": "call_5", "action": {"commands": ["ls"], "timeout_ms": 5}},
    "shell_call_output": {"call_id": "call_5", "output": [{"stdout": "a.txt", "stderr": ""}]},
    "apply_patch_call": {
        "call_id": "call_6",
        "operation": {"type": "update_file", "path": "a.txt", "diff": "+ b"},
    },
    "apply_patch_call_output": {"call_id": "call_6", "output": "patched"},
    "program": {"call_id": "call_7", "code": "return 1", "fingerprint": "f"},
    "program_output": {"call_id": "call_7", "result": "1"},
    "tool_search_call": {"arguments": {"query": "crm"}, "execution": "server"},
    "tool_search_output": {"tools": [{"type": "function", "name": "find"}]},
    "additional_tools": {"role": "developer", "tools": [{"type": "web_search"}]},
    "compaction": {"encrypted_content": "AAAA"},
}

SAID: Final[dict[str, tuple[str, str, str]]] = {
    "reasoning": ("", "I look for tides.", ""),
    "file_search_call": ("", "tides", ""),
    "web_search_call": ("search", "tides", ""),
    "code_interpreter_call": ("", "1 + 1", "2"),
    "function_call": ("look_up", '{"id":1}', ""),
    "function_call_output": ("call_1", "", "found"),
    "mcp_call": ("crm.find", "{}", "one"),
    "mcp_list_tools": ("crm", "find", ""),
    "mcp_approval_request": ("crm.delete", "{}", ""),
    "mcp_approval_response": ("mcpr_1", "not approved", "too risky"),
    "image_generation_call": ("png", "the sea", ""),
    "computer_call": ("click", '{\n "type": "click",\n "x": 1,\n "y": 2\n}', ""),
    "computer_call_output": ("", "", ""),
    "custom_tool_call": ("sql", "select 1", ""),
    "custom_tool_call_output": ("call_3", "", "1"),
    "local_shell_call": ("exec", "ls\n-l", ""),
    "local_shell_call_output": ("", "", "a.txt"),
    "shell_call": ("", "ls", ""),
    "shell_call_output": ("call_5", "", '[\n {\n  "stdout": "a.txt",\n  "stderr": ""\n }\n]'),
    "apply_patch_call": ("update_file", '{\n "type": "update_file",\n "path": "a.txt",\n "diff": "+ b"\n}', ""),
    "apply_patch_call_output": ("call_6", "", "patched"),
    "program": ("", "return 1", ""),
    "program_output": ("call_7", "", "1"),
    "tool_search_call": ("", '{\n "query": "crm"\n}', ""),
    "tool_search_output": ("", "find", ""),
    "additional_tools": ("", "web_search", ""),
    "compaction": ("", "", ""),
}
"""What a step says of each item: its name, its text and its output."""


def client_types(union: Any) -> set[str]:
    """List the `type` words of a union of the client."""
    members = typing.get_args(typing.get_args(union)[0])
    return {word for member in members for word in typing.get_args(member.model_fields["type"].annotation)}


ITEM_TYPES: Final = client_types(ResponseOutputItem)
CITATION_TYPES: Final = client_types(Annotation)
