"""The types and limits of a create request's fields."""

from collections.abc import Iterable
from typing import Any

from signoff.simulator.errors import ApiError, invalid

METADATA_PAIRS, METADATA_KEY_CHARACTERS, METADATA_VALUE_CHARACTERS = 16, 64, 512

# Each field and the JSON types that it may have; null counts as not given.
FIELD_TYPES: dict[str, str] = {
    "model": "string",
    "input": "string or array",
    "background": "boolean",
    "store": "boolean",
    "stream": "boolean",
    "include": "array",
    "metadata": "object",
    "conversation": "string or object",
    "instructions": "string",
    "max_output_tokens": "integer",
    "max_tool_calls": "integer",
    "parallel_tool_calls": "boolean",
    "previous_response_id": "string",
    "prompt": "object",
    "prompt_cache_key": "string",
    "reasoning": "object",
    "safety_identifier": "string",
    "service_tier": "string",
    "temperature": "integer or decimal",
    "text": "object",
    "tool_choice": "string or object",
    "tools": "array",
    "top_logprobs": "integer",
    "top_p": "integer or decimal",
    "truncation": "string",
    "user": "string",
}


def check_types(given: dict[str, Any]) -> None:
    """Refuse a field of another JSON type than OpenAI takes."""
    for name, allowed in FIELD_TYPES.items():
        if name in given:
            check_type(name, allowed, given[name])
    text_format = given.get("text", {}).get("format")
    if text_format is not None:
        check_type("text.format", "object", text_format)


def check_type(name: str, allowed: str, value: object) -> None:
    """Refuse a value of another JSON type than the allowed ones, which are joined by `or`."""
    if _json_type(value) not in allowed.split(" or "):
        raise _wrong_type(name, allowed, value)


def check_length(name: str, what: str, value: str, limit: int) -> None:
    """Refuse text of more characters than the limit."""
    if len(value) > limit:
        raise _too_long(name, what, value, limit)


def check_metadata(metadata: dict[str, Any]) -> None:
    """Refuse metadata that is over its limits or holds anything but strings."""
    if len(metadata) > METADATA_PAIRS:
        raise invalid(
            f"Invalid 'metadata': too many properties. Expected an object with at most {METADATA_PAIRS} "
            f"properties, but got an object with {len(metadata)} properties instead.",
            code="object_above_max_properties",
            param="metadata",
        )
    for key, value in metadata.items():
        check_type(f"metadata.{key}", "string", value)
        check_length("metadata", "property name", key, METADATA_KEY_CHARACTERS)
        check_length(f"metadata.{key}", "string", value, METADATA_VALUE_CHARACTERS)


def check_strings(name: str, values: Iterable[object]) -> list[str]:
    """Return the strings of a list, or refuse it for the first value that is none."""
    strings = []
    for position, value in enumerate(values):
        if not isinstance(value, str):
            raise _wrong_type(f"{name}[{position}]", "string", value)
        strings.append(value)
    return strings


def _wrong_type(param: str, expected: str, value: object) -> ApiError:
    message = f"Invalid type for '{param}': expected {expected}, but got {_json_type(value)} instead."
    return invalid(message, code="invalid_type", param=param)


def _too_long(param: str, what: str, value: str, limit: int) -> ApiError:
    message = (
        f"Invalid '{param}': {what} too long. Expected a maximum length of {limit}, "
        f"but got a length of {len(value)} instead."
    )
    return invalid(message, code=f"{what.replace(' ', '_')}_above_max_length", param=param)


def _json_type(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "decimal", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
