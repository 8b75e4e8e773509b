"""Calls that OpenAI would refuse are refused in its format."""

from typing import Any

import httpx2
import openai
import pytest
from starlette.applications import Starlette

from signoff.simulator.payload import MAX_BODY_BYTES
from tests.simulator.driving import create_body

MISSING = f"resp_{'0' * 48}"
NO_MODEL: dict[str, Any] = {"input": "x", "background": True}


async def _error(answer: httpx2.Response) -> tuple[int, str | None, str | None]:
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    return answer.status_code, error["param"], error["code"]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        (NO_MODEL, "model", "missing_required_parameter"),
        (create_body(model=""), "model", "missing_required_parameter"),
        (create_body(model=None), "model", "missing_required_parameter"),
        (create_body(model=5), "model", "invalid_type"),
        (create_body(input=None), "input", "missing_required_parameter"),
        (create_body(input=7), "input", "invalid_type"),
        (create_body(background=False), "background", None),
        (create_body(background=None), "background", None),
        (create_body(background="yes"), "background", "invalid_type"),
        (create_body(stream=True), "stream", None),
        (create_body(store=False), "store", None),
        (create_body(max_tool_calls=True), "max_tool_calls", "invalid_type"),
        (create_body(text={"format": "json"}), "text.format", "invalid_type"),
        (create_body(include=["a", 1]), "include[1]", "invalid_type"),
        (create_body(metadata=[]), "metadata", "invalid_type"),
        (create_body(metadata={"k": 1}), "metadata.k", "invalid_type"),
        (create_body(metadata={f"k{i}": "v" for i in range(17)}), "metadata", "object_above_max_properties"),
        (create_body(metadata={"k" * 65: "v"}), "metadata", "property_name_above_max_length"),
        (create_body(metadata={"k": "v" * 513}), "metadata.k", "string_above_max_length"),
        (create_body(metadata={"simulator": "nonsense"}), "metadata.simulator", "invalid_value"),
        (create_body(previous_response_id=MISSING), "previous_response_id", "previous_response_not_found"),
    ],
)
async def test_a_bad_field_is_named(
    http: httpx2.AsyncClient, body: dict[str, Any], param: str, code: str | None
) -> None:
    assert await _error(await http.post("/v1/responses", json=body)) == (400, param, code)


async def test_metadata_at_its_limits_is_taken(http: httpx2.AsyncClient) -> None:
    metadata = {f"{i:02}".ljust(64, "k"): "v" * 512 for i in range(16)}
    answer = await http.post("/v1/responses", json=create_body(metadata=metadata))
    assert answer.json()["metadata"] == metadata


async def test_background_is_the_only_mode(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="background mode only"):
        await client.responses.create(model="gpt-5.5", input="x")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff",
        b'{"model": NaN}',
        b'{"temperature": 1e999}',
        b'{"model": "\\ud800"}',
        b"[" * 100_000,
        b"1" * 5000,
    ],
    ids=lambda raw: raw[:24],
)
async def test_a_body_that_is_no_json_object_is_refused(http: httpx2.AsyncClient, raw: bytes) -> None:
    assert await _error(await http.post("/v1/responses", content=raw)) == (400, None, None)


@pytest.mark.parametrize(("excess", "status"), [(0, 400), (1, 413)])
async def test_a_body_over_the_limit_is_refused(http: httpx2.AsyncClient, excess: int, status: int) -> None:
    answer = await http.post("/v1/responses", content=b"x" * (MAX_BODY_BYTES + excess))
    assert (await _error(answer))[0] == status


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "any"])
async def test_a_call_without_a_key_is_refused(app: Starlette, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as http:
        answer = await http.post("/v1/responses", json=create_body(), headers=headers)
    assert await _error(answer) == (401, None, "invalid_api_key")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/responses/{MISSING}"),
        ("POST", f"/v1/responses/{MISSING}/cancel"),
        ("DELETE", f"/v1/responses/{MISSING}"),
    ],
)
async def test_an_unknown_id_is_not_found(http: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path)
    assert await _error(answer) == (404, None, None)
    assert answer.json()["error"]["message"] == f"Response with id '{MISSING}' not found."


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/models", 404, "unknown_url"),
        ("GET", "/", 404, "unknown_url"),
        ("GET", "/v1/responses", 405, "method_not_supported"),
        ("PUT", "/simulator/ledger", 405, "method_not_supported"),
    ],
)
async def test_an_unknown_url_is_told(http: httpx2.AsyncClient, method: str, path: str, status: int, code: str) -> None:
    assert await _error(await http.request(method, path)) == (status, None, code)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/responses/x"), ("GET", "/nowhere"), ("GET", "/simulator/ledger")]
)
async def test_every_answer_has_a_request_id_of_its_own(http: httpx2.AsyncClient, method: str, path: str) -> None:
    ids = {(await http.request(method, path)).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
