"""Each scenario ends as its name says."""

from typing import Any

import httpx2
import openai
import pytest

from tests.simulator.driving import ACCEPTED, Clock, create_body, finished, text_of


def _shape(body: dict[str, Any]) -> tuple[str, list[str]]:
    return body["status"], [item["type"] for item in body["output"]]


@pytest.mark.parametrize(
    ("scenario", "status", "items"),
    [
        ("completed", "completed", ["reasoning", "web_search_call", "message"]),
        ("structured", "completed", ["reasoning", "message"]),
        ("failed", "failed", []),
        ("incomplete", "incomplete", ["reasoning", "message"]),
        ("refusal", "completed", ["reasoning", "message"]),
        ("empty", "completed", ["reasoning"]),
        ("stuck", "queued", []),
    ],
)
async def test_the_ending_has_the_shape(
    http: httpx2.AsyncClient, clock: Clock, scenario: str, status: str, items: list[str]
) -> None:
    assert _shape(await finished(http, clock, scenario)) == (status, items)


@pytest.mark.parametrize("scenario", ACCEPTED)
async def test_only_a_completed_response_has_a_time_of_completion(
    http: httpx2.AsyncClient, clock: Clock, scenario: str
) -> None:
    body = await finished(http, clock, scenario)
    assert (body["completed_at"] is not None) == (body["status"] == "completed")


async def test_a_failure_carries_its_code(http: httpx2.AsyncClient, clock: Clock) -> None:
    body = await finished(http, clock, "failed code=vector_store_timeout")
    assert body["error"] == {
        "code": "vector_store_timeout",
        "message": "The simulator failed this response with vector_store_timeout.",
    }
    assert "usage" not in body


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
async def test_an_incomplete_response_keeps_a_part_of_the_text(
    http: httpx2.AsyncClient, clock: Clock, reason: str
) -> None:
    whole = text_of(await finished(http, clock, "completed"))
    body = await finished(http, clock, f"incomplete reason={reason}")
    assert body["incomplete_details"] == {"reason": reason}
    assert body["output"][-1]["status"] == "incomplete"
    assert whole.startswith(text_of(body))
    assert 0 < len(text_of(body)) < len(whole)


async def test_a_refusal_is_no_text(client: openai.AsyncOpenAI, clock: Clock) -> None:
    created = await client.responses.create(**create_body("refusal"))
    clock.pass_seconds(10)
    done = await client.responses.retrieve(created.id)
    assert done.output_text == ""
    assert done.to_dict()["output"][-1]["content"][0]["type"] == "refusal"  # type: ignore[index]  # to_dict says object


async def test_a_stuck_response_is_queued_for_ever(http: httpx2.AsyncClient, clock: Clock) -> None:
    created = await http.post("/v1/responses", json=create_body("stuck"))
    clock.pass_seconds(10 * 365 * 24 * 3600)
    assert (await http.get(f"/v1/responses/{created.json()['id']}")).json()["status"] == "queued"


async def test_an_error_refuses_the_first_creates_of_each_job(http: httpx2.AsyncClient) -> None:
    async def send(job: str) -> int:
        metadata = {"simulator": "error status=503 times=2", "signoff_job_id": job}
        return (await http.post("/v1/responses", json=create_body(metadata=metadata))).status_code

    jobs = ["a", "a", "b", "a", "b", "b"]
    assert [await send(job) for job in jobs] == [503, 503, 503, 200, 503, 200]


async def test_a_rate_limit_tells_when_to_come_back(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await client.responses.create(**create_body("error status=429 retry_after=5"))
    assert refused.value.code == "rate_limit_exceeded"
    assert refused.value.response.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("scenario", "error", "code"),
    [
        ("error status=400", openai.BadRequestError, "invalid_request"),
        ("error status=401", openai.AuthenticationError, "invalid_api_key"),
        ("error status=404", openai.NotFoundError, "model_not_found"),
        ("error status=409 code=conversation_locked", openai.ConflictError, "conversation_locked"),
        ("error status=429 code=insufficient_quota", openai.RateLimitError, "insufficient_quota"),
        ("error", openai.InternalServerError, "server_error"),
        ("error status=503 code=server_is_overloaded", openai.InternalServerError, "server_is_overloaded"),
    ],
)
async def test_an_error_has_its_status_and_code(
    client: openai.AsyncOpenAI, scenario: str, error: type[openai.APIStatusError], code: str
) -> None:
    with pytest.raises(error) as refused:
        await client.responses.create(**create_body(scenario))
    assert refused.value.code == code
    assert "retry-after" not in refused.value.response.headers
