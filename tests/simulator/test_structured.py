"""A structured answer is an instance of the schema that was asked for."""

import json
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from tests.simulator.driving import Clock, finished, text_of

TREE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#"}},
        "parent": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["name", "children", "parent"],
    "additionalProperties": False,
    "$defs": {"node": {"$ref": "#"}},
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "flat": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "count": {"type": "integer"},
            "share": {"type": "number"},
            "is_new": {"type": "boolean"},
            "kind": {"enum": ["report", "note"]},
            "version": {"const": 3},
            "nothing": {"type": "null"},
            "perhaps": {"type": ["string", "null"]},
        },
        "required": ["title", "count", "share", "is_new", "kind", "version", "nothing", "perhaps"],
        "additionalProperties": False,
    },
    "lists": {
        "type": "object",
        "properties": {"rows": {"type": "array", "minItems": 2, "items": {"type": "integer"}}},
        "required": ["rows"],
    },
    "recursive": TREE,
    "empty": {},
}


@pytest.mark.parametrize("name", SCHEMAS)
async def test_the_text_is_valid_against_the_asked_schema(http: httpx2.AsyncClient, clock: Clock, name: str) -> None:
    text_format = {"type": "json_schema", "name": "answer", "strict": True, "schema": SCHEMAS[name]}
    body = await finished(http, clock, "structured", text={"format": text_format})
    Draft202012Validator(SCHEMAS[name]).validate(json.loads(text_of(body)))
    assert body["text"]["format"] == text_format


async def test_a_schema_without_an_end_is_given_up(http: httpx2.AsyncClient, clock: Clock) -> None:
    endless = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    text_format = {"type": "json_schema", "name": "answer", "schema": endless}
    body = await finished(http, clock, "structured", text={"format": text_format})
    assert text_of(body).endswith('{"next": null}' + "}" * 12)  # two levels, a $ref and an object, to TOO_DEEP


async def test_a_json_object_is_given_where_one_is_asked(http: httpx2.AsyncClient, clock: Clock) -> None:
    body = await finished(http, clock, "structured", text={"format": {"type": "json_object"}})
    assert isinstance(json.loads(text_of(body)), dict)
