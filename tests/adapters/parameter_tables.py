"""Create parameters that OpenAI takes, and some that it refuses with what should be told about them."""

from typing import Any

PROMPT = "the secret plan of the moon base"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
FUNCTION = {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True, "description": "d"}
IMAGE = {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "auto"}

VALID: dict[str, dict[str, Any]] = {
    "text": {},
    "messages": {"input": [{"role": "system", "content": "be brief"}, {"role": "user", "content": PROMPT}]},
    "typed messages": {"input": [{"type": "message", "role": "developer", "content": PROMPT}]},
    "parts": {"input": [{"role": "user", "content": [{"type": "input_text", "text": PROMPT}, IMAGE]}]},
    "a file": {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file_1"}]}]},
    "a function's output": {"input": [{"type": "function_call_output", "call_id": "c", "output": "42"}]},
    "an earlier item": {"input": [{"type": "item_reference", "id": "msg_1"}]},
    "web search": {"tools": [{"type": "web_search", "filters": {"allowed_domains": ["example.org"]}}]},
    "older web search": {"tools": [{"type": "web_search_preview", "search_context_size": "low"}]},
    "file search": {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3}]},
    "code": {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
    "a function": {"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "f"}},
    "mcp": {
        "tools": [{"type": "mcp", "server_label": "s", "server_url": "https://e.org", "require_approval": "never"}]
    },
    "several tools": {"tools": [{"type": "web_search"}, FUNCTION], "parallel_tool_calls": True, "max_tool_calls": 9},
    "json schema": {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}},
    "json object": {"text": {"format": {"type": "json_object"}, "verbosity": "low"}},
    "plain text": {"text": {"format": {"type": "text"}}},
    "reasoning": {"reasoning": {"effort": "high", "summary": "auto"}},
    "no reasoning": {"reasoning": None},
    "include": {"include": ["web_search_call.action.sources", "reasoning.encrypted_content"]},
    "window": {"background_options": {"completion_window": "8h"}, "service_tier": "default"},
    "numbers": {"temperature": 1, "top_p": 0.5, "max_output_tokens": 16, "top_logprobs": 3},
    "texts": {"instructions": "be brief", "user": "u", "safety_identifier": "s", "prompt_cache_key": "k"},
    "chain": {"previous_response_id": "resp_1", "truncation": "auto"},
    "conversation": {"conversation": {"id": "conv_1"}},
    "stored prompt": {"prompt": {"id": "pmpt_1", "version": "2", "variables": {"who": "me"}}},
    "metadata": {"metadata": {"simulator": "completed"}, "background": True, "store": True, "stream": False},
    "a model of tomorrow": {"model": "gpt-9-anything"},
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a typo": ({"temprature": 1}, "response.temprature: OpenAI knows no such parameter; did you mean temperature?"),
    "a nested typo": (
        {"reasoning": {"effrt": "low"}},
        "response.reasoning.effrt: OpenAI knows no such parameter; did you mean effort?",
    ),
    "a typo in a tool": (
        {"tools": [{**FUNCTION, "descripton": PROMPT}]},
        "response.tools.0.descripton: OpenAI knows no such parameter; did you mean description?",
    ),
    "a typo in a format": (
        {"text": {"formt": {"type": "text"}}},
        "response.text.formt: OpenAI knows no such parameter; did you mean format?",
    ),
    "a field of nothing known": ({"zzz": PROMPT}, "response.zzz: OpenAI knows no such parameter"),
    "a transport option": ({"extra_body": {"a": 1}}, "response.extra_body: OpenAI knows no such parameter"),
    "a wrong type": ({"max_output_tokens": PROMPT}, "response.max_output_tokens: must be a valid integer"),
    "a number as text": ({"max_output_tokens": "100"}, "response.max_output_tokens: must be a valid integer"),
    "a yes as text": ({"parallel_tool_calls": "yes"}, "response.parallel_tool_calls: must be a valid boolean"),
    "a list for a text": ({"instructions": [PROMPT]}, "response.instructions: must be a valid string"),
    "a number for a model": ({"model": 5}, "response.model: must be a valid string"),
    "a wrong word": (
        {"background_options": {"completion_window": PROMPT}},
        "response.background_options.completion_window: must be 'soonest', '2h' or '8h'",
    ),
    "metadata that is no text": ({"metadata": {"a": 1}}, "response.metadata.a: must be a valid string"),
    "an unknown tool": (
        {"tools": [{"type": "web_serch"}]},
        "response.tools.0.type: is not known; did you mean web_search?",
    ),
    "the second tool": (
        {"tools": [{"type": "web_search"}, {"type": "code_interpretr"}]},
        "response.tools.1.type: is not known; did you mean code_interpreter?",
    ),
    "a tool that is a word": ({"tools": ["web_search"]}, "response.tools.0: must be a valid dictionary"),
    "a tool without its fields": (
        {"tools": [{"type": "file_search"}]},
        "response.tools.0.vector_store_ids: is missing",
    ),
    "tools in no list": ({"tools": {"type": "web_search"}}, "response.tools: must be a valid list"),
    "an unknown format": (
        {"text": {"format": {"type": "json_schem", "name": "n", "schema": SCHEMA}}},
        "response.text.format.type: is not known; did you mean json_schema?",
    ),
    "a format without schema": (
        {"text": {"format": {"type": "json_schema", "name": "n"}}},
        "response.text.format.schema: is missing",
    ),
    "an unknown choice": (
        {"tool_choice": {"type": "functoin"}},
        "response.tool_choice.type: is not known; did you mean function?",
    ),
    "an unknown include": (
        {"include": ["web_search_call.sources"]},
        "response.include.0: must be 'file_search_call.results'",
    ),
    "an include in no list": ({"include": "web_search_call.results"}, "response.include: must be a valid list"),
    "an item that is a word": ({"input": [PROMPT]}, "response.input.0: must be a valid dictionary"),
    "an unknown role": ({"input": [{"role": "usr", "content": PROMPT}]}, "response.input.0.role: must be 'user'"),
    "an unknown part": (
        {"input": [{"role": "user", "content": [{"type": "input_txt", "text": PROMPT}]}]},
        "response.input.0.content.0.type: is not known; did you mean input_text?",
    ),
    "a typo in a message": (
        {"input": [{"role": "user", "contnt": PROMPT}]},
        "response.input.0.contnt: OpenAI knows no such parameter; did you mean content?",
    ),
}

# Content in every place where somebody may put it by mistake.
MISPLACED: tuple[dict[str, Any], ...] = (
    {"input": {"role": "user", "content": PROMPT}},
    {"input": [{"role": PROMPT, "content": PROMPT}]},
    {"input": [{"type": PROMPT}]},
    {"input": [{"type": "message", "role": "user", "content": {"text": PROMPT}}]},
    {"input": [{"role": "user", "content": [PROMPT]}]},
    {"instructions": {"text": PROMPT}},
    {"tools": [{"type": PROMPT}]},
    {"tools": [{**FUNCTION, "parameters": PROMPT, "strict": PROMPT}]},
    {"tool_choice": PROMPT},
    {"text": {"format": {"type": PROMPT}}},
    {"reasoning": PROMPT},
    {"prompt": {"id": "p", "variables": PROMPT}},
    {"include": [PROMPT]},
    {"metadata": {"a": [PROMPT]}},
    {"store": PROMPT, "temperature": PROMPT, "service_tier": PROMPT, "conversation": {"id": [PROMPT]}},
)
