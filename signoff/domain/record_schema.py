"""The JSON Schema of a record, made from the models themselves: what a reader outside may rely on."""

import json
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic.json_schema import GenerateJsonSchema

from signoff.domain.integrity import FIELD
from signoff.domain.record import JobRecord

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
VERSION: Final[int] = get_args(JobRecord.model_fields["version"].annotation)[0]
"""The version of records that this code writes."""

_INTEGRITY: Final = {
    "description": "The sha256 of the same document without this field. Archived and exported records end with it;"
    " the HTTP API and the commands answer without it.",
    "type": "string",
    "pattern": "^sha256:[0-9a-f]{64}$",
}


class _Schema(GenerateJsonSchema):
    """Leaves out the titles that only repeat the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  pydantic's own
        return False


def record_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a record, as every reader gets it.

    Fields that a later version gains are allowed everywhere, and only those that were always there are required.
    """
    made = JobRecord.model_json_schema(schema_generator=_Schema, mode="serialization")
    for schema in _schemas(made):
        _open_up(schema)
    made["properties"][FIELD] = dict(_INTEGRITY)
    head = {"$schema": DIALECT, "$id": f"urn:signoff:record:{VERSION}", "title": f"Signoff job record, v{VERSION}"}
    return {**head, **{key: value for key, value in made.items() if key not in head}}


def _open_up(schema: dict[str, Any]) -> None:
    """Allow gained fields, drop what is no JSON Schema, and give each paragraph of a description one line."""
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    if isinstance(schema.get("discriminator"), dict):
        del schema["discriminator"]
    if isinstance(told := schema.get("description"), str):
        schema["description"] = "\n".join(" ".join(part.split()) for part in told.split("\n\n"))


def rendered(schema: dict[str, Any]) -> str:
    """Write a schema as the documents hold it."""
    return json.dumps(schema, indent=2) + "\n"


def _schemas(value: object) -> Iterator[dict[str, Any]]:
    """Give every object of a JSON value, itself included."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _schemas(member)
    elif isinstance(value, list):
        for member in value:
            yield from _schemas(member)
