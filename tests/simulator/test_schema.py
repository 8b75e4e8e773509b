"""Every body is valid against OpenAI's published schemas."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.simulator.driving import ACCEPTED, SOURCES, Clock, create, create_body

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "openai-responses.schema.json"
FORMAT = {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason=f"OpenAI's schemas are not at {DOCUMENT}")


@cache
def _validator(name: str) -> Draft202012Validator:
    contents = json.loads(DOCUMENT.read_text())
    resource: Resource[Any] = DRAFT202012.create_resource(contents)
    registry: Registry[Any] = Registry().with_resource("urn:openai", resource)
    return Draft202012Validator({"$ref": f"urn:openai#/components/schemas/{name}"}, registry=registry)


def _check(name: str, body: object) -> None:
    faults = [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(body)]
    assert faults == []


@pytest.mark.parametrize("scenario", ACCEPTED)
async def test_a_response_is_valid_in_every_state(http: httpx2.AsyncClient, clock: Clock, scenario: str) -> None:
    created = await create(http, scenario, include=[SOURCES])
    bodies = [created]
    for seconds in (1, 10):
        clock.pass_seconds(seconds)
        bodies.append((await http.get(f"/v1/responses/{created['id']}")).json())
    for body in bodies:
        _check("Response", body)
    states = {"stuck": 1, "stale": 2}
    assert len({body["status"] for body in bodies}) == states.get(scenario, 3)


async def test_a_cancelled_response_is_valid(http: httpx2.AsyncClient) -> None:
    created = await create(http)
    _check("Response", (await http.post(f"/v1/responses/{created['id']}/cancel")).json())


async def test_a_response_that_repeats_settings_is_valid(http: httpx2.AsyncClient, clock: Clock) -> None:
    settings: dict[str, Any] = {
        "instructions": "Be brief.",
        "conversation": "conv_1",
        "max_output_tokens": 4096,
        "max_tool_calls": 9,
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "reasoning": {"effort": "high", "summary": "auto"},
        "safety_identifier": "s" * 64,
        "service_tier": "flex",
        "temperature": 0.5,
        "text": {"format": FORMAT, "verbosity": "low"},
        "tool_choice": "required",
        "tools": [
            {"type": "web_search"},
            {"type": "function", "name": "f", "strict": True, "parameters": {}},
        ],
        "top_p": 0.5,
        "truncation": "auto",
        "user": "u",
    }
    created = await create(http, "structured", **settings)
    clock.pass_seconds(10)
    _check("Response", (await http.get(f"/v1/responses/{created['id']}")).json())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/responses/resp_0", None, 404),
        ("GET", "/v1/nowhere", None, 404),
        ("PUT", "/v1/responses", None, 405),
        ("POST", "/v1/responses", {}, 400),
        ("POST", "/v1/responses", create_body("nonsense"), 400),
        ("POST", "/v1/responses", create_body("error status=429"), 429),
        ("POST", "/v1/responses", create_body("error"), 500),
        ("POST", "/v1/responses", create_body("error status=403 code=misalignment_policy_violation"), 403),
    ],
)
async def test_an_error_is_valid(
    http: httpx2.AsyncClient, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    answer = await http.request(method, path, json=body)
    assert answer.status_code == status
    _check("ErrorResponse", answer.json())


async def test_a_refused_cancel_is_valid(http: httpx2.AsyncClient, clock: Clock) -> None:
    created = await create(http)
    clock.pass_seconds(10)
    answer = await http.post(f"/v1/responses/{created['id']}/cancel")
    assert answer.status_code == 400
    _check("ErrorResponse", answer.json())


async def test_a_deletion_answers_as_the_reference_says(http: httpx2.AsyncClient) -> None:
    # The document has no schema for this answer.
    created = await create(http)
    answer = await http.delete(f"/v1/responses/{created['id']}")
    assert answer.json() == {"id": created["id"], "object": "response.deleted", "deleted": True}


def test_the_validator_sees_through_references() -> None:
    with pytest.raises(AssertionError, match="'nonsense' is not one of"):
        _check("Response", {"status": "nonsense"})
