"""Calls go wrong as the scenarios say: a refusal, a lost reply, a proxy's page, each as a client sees it."""

from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai
import pytest

from signoff.simulator.wire import ConnectionLostError
from tests.simulator.driving import START, Clock, create, create_body, job_body, ledger_of


async def test_a_create_runs_on_although_its_reply_is_lost(
    http: httpx2.AsyncClient, client: openai.AsyncOpenAI, clock: Clock
) -> None:
    with pytest.raises(ConnectionLostError):
        await client.responses.create(**job_body("j1", "lost queued=1 running=2"))
    (line,) = (await ledger_of(http))["creates"]
    clock.pass_seconds(3)
    done = await client.responses.retrieve(line["id"])
    assert done.status == "completed"
    assert done.metadata == {"simulator": "lost queued=1 running=2", "signoff_job_id": "j1"}


async def test_lost_replies_are_in_the_ledger(http: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await http.post("/v1/responses", json=job_body("j1", "lost how=502 times=2"))
    ledger = await ledger_of(http)
    assert ledger["replies_lost"] == [line["id"] for line in ledger["creates"][:2]]
    assert len(ledger["creates"]) == 3


async def test_a_lost_reply_can_be_a_proxys_page(http: httpx2.AsyncClient) -> None:
    answers = [await http.post("/v1/responses", json=create_body("lost how=502")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [502, 200]
    assert "<h1>502 Bad Gateway</h1>" in answers[0].text


RATE_LIMIT = "error status=429"


@pytest.mark.parametrize(
    ("keys", "headers"),
    [
        ("", {}),
        ("retry_after=5", {"retry-after": "5"}),
        ("retry_after=200", {"retry-after": "200"}),
        ("retry_after=1.5 form=ms", {"retry-after-ms": "1500"}),
        ("x_should_retry=false", {"x-should-retry": "false"}),
        ("retry_after=5 x_should_retry=true", {"retry-after": "5", "x-should-retry": "true"}),
    ],
)
async def test_a_rate_limit_has_the_asked_headers(
    client: openai.AsyncOpenAI, keys: str, headers: dict[str, str]
) -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await client.responses.create(**create_body(f"{RATE_LIMIT} {keys}"))
    sent = refused.value.response.headers
    names = ("retry-after", "retry-after-ms", "x-should-retry")
    assert {name: sent[name] for name in names if name in sent} == headers


async def test_a_rate_limit_can_name_a_date(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await client.responses.create(**create_body(f"{RATE_LIMIT} retry_after=90 form=date"))
    header = refused.value.response.headers["retry-after"]
    # The clock stands at a quarter past the second, and a date has whole ones.
    assert parsedate_to_datetime(header).timestamp() == START + 90.75
    assert header.endswith(" GMT")


async def test_a_misalignment_says_what_it_saw(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError) as refused:
        await client.responses.create(**create_body("error status=403 code=misalignment_policy_violation"))
    assert isinstance(refused.value.body, dict)
    body: dict[str, Any] = refused.value.body
    assert (body["code"], body["type"]) == ("misalignment_policy_violation", "invalid_request_error")
    assert set(body["misalignment"]) == {"error_type", "detailed_explanation", "review_target", "steer"}


@pytest.mark.parametrize("on", ["create", "retrieve", "cancel"])
async def test_a_proxys_page_can_answer_each_call(client: openai.AsyncOpenAI, on: str) -> None:
    seen = await _first_of_each(client, f"error status=502 body=html on={on}")
    assert {operation: status for operation, status in seen.items() if status} == {on: 502}


async def test_an_error_can_be_on_every_call(client: openai.AsyncOpenAI) -> None:
    seen = await _first_of_each(client, "error status=503 on=any")
    assert seen == {"create": 503, "retrieve": 503, "cancel": 503}


async def test_errors_on_looks_end_after_their_times(http: httpx2.AsyncClient) -> None:
    path = f"/v1/responses/{(await create(http, 'error status=500 on=retrieve times=2'))['id']}"
    assert [(await http.get(path)).status_code for _ in range(3)] == [500, 500, 200]


async def test_a_404_on_a_look_names_the_response(http: httpx2.AsyncClient) -> None:
    created = await create(http, "error status=404 on=retrieve")
    answer = await http.get(f"/v1/responses/{created['id']}")
    assert answer.json()["error"]["message"] == f"Response with id '{created['id']}' not found."


@pytest.mark.parametrize("status", [200, 400, 409])
async def test_servers_disagree_on_a_cancel_after_the_end(http: httpx2.AsyncClient, clock: Clock, status: int) -> None:
    path = f"/v1/responses/{(await create(http, f'completed cancel={status}'))['id']}"
    clock.pass_seconds(10)
    answer = await http.post(f"{path}/cancel")
    assert answer.status_code == status
    said = answer.json()["status"] if status == 200 else answer.json()["error"]["message"]
    assert said == ("completed" if status == 200 else "Cannot cancel a completed response.")
    assert (await http.get(path)).json()["status"] == "completed"


async def _first_of_each(client: openai.AsyncOpenAI, scenario: str) -> dict[str, int | None]:
    """Return the error status of the first call of each kind, None for a healthy one."""
    seen: dict[str, int | None] = dict.fromkeys(("create", "retrieve", "cancel"))
    try:
        created = await client.responses.create(**create_body(scenario))
    except openai.APIStatusError as error:
        seen["create"] = error.status_code
        created = await client.responses.create(**create_body(scenario))
    for operation in ("retrieve", "cancel"):
        try:
            await getattr(client.responses, operation)(created.id)
        except openai.APIStatusError as error:
            seen[operation] = error.status_code
    return seen
