"""The record as a document that others read: its schema, and the promise that version 1 only gains fields."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from signoff.domain.integrity import render_record
from signoff.domain.record import JobRecord
from signoff.domain.record_schema import record_schema, rendered
from signoff.domain.status import JobStatus
from tests.domain.schema_breaks import breaks
from tests.starter.fake import FakeJobs

ROOT: Final = Path(__file__).parents[2]
PUBLISHED: Final = ROOT / "docs/record.schema.json"
FROZEN: Final = Path(__file__).parent / "record-v1.schema.json"


def test_the_published_schema_is_the_one_that_the_models_make() -> None:
    told = "it is not what the models say; write it anew: signoff record-schema > docs/record.schema.json"
    assert PUBLISHED.read_text() == rendered(record_schema()), told


def test_version_1_gains_fields_only() -> None:
    told = "readers of version 1 would break; keep what was there, or make version 2 with a schema of its own"
    assert breaks(json.loads(FROZEN.read_text()), record_schema()) == [], told


def test_the_schema_is_one_that_validators_take() -> None:
    jsonschema.Draft202012Validator.check_schema(record_schema())


def test_the_schema_names_no_host() -> None:
    assert record_schema()["$id"] == "urn:signoff:record:1"


def test_every_top_field_is_explained_to_readers() -> None:
    told = (ROOT / "docs/record.md").read_text()
    assert [name for name in record_schema()["properties"] if f"`{name}`" not in told] == []


def test_every_status_is_explained_to_readers() -> None:
    told = (ROOT / "docs/record.md").read_text()
    assert [status for status in JobStatus if f"`{status}`" not in told] == []


def completed() -> JobRecord:
    jobs = FakeJobs()
    jobs.add_completed("brief-1")
    return jobs.records["brief-1"]


@pytest.mark.parametrize(
    "document",
    [json.loads(render_record(completed())), completed().model_dump(mode="json")],
    ids=["archived", "answered"],
)
def test_what_is_written_fits_the_schema(document: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(record_schema())
    assert [error.message for error in validator.iter_errors(document)] == []


def test_a_reader_takes_fields_that_a_later_version_gained_wherever_they_stand() -> None:
    document = gained(completed().model_dump(mode="json"))
    assert list(jsonschema.Draft202012Validator(record_schema()).iter_errors(document)) == []


def gained(value: Any) -> Any:
    if isinstance(value, dict):
        more = {} if set(value) <= {"brief"} else {"gained_later": 1}
        return {**{key: gained(one) for key, one in value.items() if key != "labels"}, **more}
    return [gained(one) for one in value] if isinstance(value, list) else value


# What the comparison itself notices, on a small schema; each change is made to a copy of it.
SMALL: Final[dict[str, Any]] = {
    "type": "object",
    "$defs": {
        "Word": {"type": "string", "enum": ["a", "b"]},
        "One": {"type": "object", "properties": {"kind": {"const": "one", "type": "string"}, "n": {"type": "integer"}}},
        "Two": {"type": "object", "properties": {"kind": {"const": "two", "type": "string"}}},
    },
    "properties": {
        "name": {"type": "string", "maxLength": 10},
        "word": {"$ref": "#/$defs/Word", "default": "a"},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "default": None},
        "each": {"type": "array", "items": {"$ref": "#/$defs/One"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "either": {"oneOf": [{"$ref": "#/$defs/One"}, {"$ref": "#/$defs/Two"}]},
    },
    "required": ["name"],
}

Change = Callable[[dict[str, Any]], Any]
FIELDS: Final = "properties"


def gains_channel(schema: dict[str, Any]) -> None:
    schema["$defs"]["Three"] = {"type": "object", "properties": {"kind": {"const": "three", "type": "string"}}}
    schema[FIELDS]["either"]["oneOf"].append({"$ref": "#/$defs/Three"})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda schema: schema[FIELDS].update(more={"type": "string"}), id="a field"),
        pytest.param(lambda schema: schema["$defs"]["One"][FIELDS].update(m={"type": "null"}), id="a deep field"),
        pytest.param(lambda schema: schema["$defs"]["Word"]["enum"].append("c"), id="a value"),
        pytest.param(lambda schema: schema.update(required=[]), id="no longer required"),
        pytest.param(lambda schema: schema[FIELDS]["name"].update(maxLength=20), id="more room"),
        pytest.param(lambda schema: schema[FIELDS]["name"].update(description="told"), id="a description"),
        pytest.param(gains_channel, id="an object to choose"),
    ],
)
def test_what_is_gained_breaks_nobody(change: Change) -> None:
    after = copy.deepcopy(SMALL)
    change(after)
    assert breaks(SMALL, after) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda schema: schema[FIELDS].pop("labels"), "record.labels: removed"),
        (lambda schema: schema["$defs"]["One"][FIELDS].pop("n"), "record.each[].n: removed"),
        (lambda schema: schema["$defs"].update(Two=schema["$defs"]["One"]), "record.either(Two).kind: const was 'two'"),
        (lambda schema: schema["$defs"].pop("Word") and schema[FIELDS].update(word={"type": "string"}), "$defs.Word"),
        (lambda schema: schema[FIELDS]["name"].update(type="integer"), "record.name: was string, is integer"),
        (lambda schema: schema[FIELDS]["name"].update(maxLength=5), "record.name: maxLength was 10, is 5"),
        (lambda schema: schema[FIELDS]["name"].update(minLength=5), "record.name: minLength was None, is 5"),
        (lambda schema: schema[FIELDS]["name"].update(pattern="^a"), "record.name: pattern was None"),
        (lambda schema: schema[FIELDS]["name"].update(enum=["a"]), "record.name: only certain values are left"),
        (lambda schema: schema["$defs"]["Word"]["enum"].remove("b"), "record.word: the value 'b' is gone"),
        (lambda schema: schema[FIELDS]["at"]["anyOf"].pop(), "record.at: can no longer be null"),
        (lambda schema: schema[FIELDS].update(at={"type": "null"}), "record.at: can no longer be string date-time"),
        (
            lambda schema: schema[FIELDS]["at"]["anyOf"].append({"type": "integer"}),
            "record.at: can now also be integer",
        ),
        (lambda schema: schema[FIELDS]["either"]["oneOf"].pop(), "record.either: can no longer be Two"),
        (lambda schema: schema["required"].append("word"), "record.word: newly required"),
        (lambda schema: schema["$defs"]["One"].update(required=["n"]), "record.each[].n: newly required"),
        (lambda schema: schema.update(additionalProperties=False), "record: additionalProperties closed"),
        (
            lambda schema: schema[FIELDS]["labels"].update(additionalProperties={"type": "integer"}),
            "record.labels[]: was string, is integer",
        ),
    ],
)
def test_what_is_taken_away_is_named(change: Change, told: str) -> None:
    after = copy.deepcopy(SMALL)
    change(after)
    assert any(told in one for one in breaks(SMALL, after)), breaks(SMALL, after)
