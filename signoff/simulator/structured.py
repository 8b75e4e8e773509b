"""A small JSON value for a requested output format."""

import json
from typing import Any

from signoff.simulator.brief import PAGES

# From DEEP on, optional parts are left out; at TOO_DEEP a schema that has no end is given up.
DEEP, TOO_DEEP = 6, 24
MOST_ITEMS = 100
_FORMATS = {
    "date": "2026-08-01",
    "date-time": "2026-08-01T12:00:00Z",
    "email": "someone@example.org",
    "uri": PAGES[0].url,
}


def write_structured(text_format: dict[str, Any], subject: str) -> str:
    """Return JSON text: an instance of the asked schema, or a simple object where none was asked."""
    if text_format.get("type") == "json_schema":
        schema = _object(text_format.get("schema"))
        return json.dumps(instance(schema, schema), ensure_ascii=False)
    simple = {"subject": subject, "summary": "The sources agree.", "sources": [page.url for page in PAGES]}
    return json.dumps(simple, ensure_ascii=False)


def instance(schema: dict[str, Any], root: dict[str, Any], depth: int = 0) -> Any:  # noqa: ANN401 -- any JSON value
    """Return a value for a JSON schema.

    It reads what OpenAI's strict mode allows, except patterns and limits of numbers and of text.
    """
    if depth > TOO_DEEP:
        return None
    if "$ref" in schema:
        return instance(_resolve(str(schema["$ref"]), root), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("anyOf"):
        return instance(_choose(schema["anyOf"], depth), root, depth + 1)
    return _of_type(_type_of(schema, depth), schema, root, depth)


def _of_type(kind: str, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 -- any JSON value
    if kind == "object":
        properties = _object(schema.get("properties"))
        return {name: instance(_object(part), root, depth + 1) for name, part in properties.items()}
    if kind == "array":
        # A recursive schema ends in an empty list, unless the schema forbids that.
        fewest = schema.get("minItems")
        length = min(fewest, MOST_ITEMS) if isinstance(fewest, int) else int(depth < DEEP)
        return [instance(_object(schema.get("items")), root, depth + 1) for _ in range(length)]
    if kind == "string":
        return _FORMATS.get(str(schema.get("format")), "Simulated text.")
    return {"integer": 1, "number": 0.5, "boolean": True}.get(kind)


def _type_of(schema: dict[str, Any], depth: int) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return "null" if "null" in kind and depth >= DEEP else str(next(iter(kind), "null"))
    return str(kind)


def _choose(options: list[Any], depth: int) -> dict[str, Any]:
    # A recursive schema ends where one of the options is null.
    last_resort = {"type": "null"}
    return last_resort if depth >= DEEP and last_resort in options else _object(options[0])


def _resolve(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        found = _object(found.get(name)) if name else found
    return found


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
