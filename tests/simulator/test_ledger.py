"""The ledger tells tests what was asked, and memory stays bounded."""

import httpx2
import openai
from starlette.applications import Starlette

from signoff.simulator import create_app
from tests.simulator.driving import KEY, START, Clock, create, create_body

EMPTY: dict[str, object] = {
    "creates": [],
    "refused": [],
    "replies_lost": [],
    "retrieves": {},
    "cancels": {},
    "deletes": {},
    "webhooks": [],
}


async def test_the_ledger_counts_every_call(http: httpx2.AsyncClient, client: openai.AsyncOpenAI) -> None:
    first = await create(http, "stuck", metadata={"simulator": "stuck", "signoff_job_id": "j1"})
    second = await create(http)
    for _ in range(3):
        await client.responses.retrieve(first["id"])
    await client.responses.cancel(first["id"])
    await client.responses.cancel(first["id"])
    await client.responses.delete(second["id"])
    await http.get(f"/v1/responses/{second['id']}")
    metadata = {"simulator": "stuck", "signoff_job_id": "j1"}
    assert (await http.get("/simulator/ledger")).json() == {
        "creates": [
            {"id": first["id"], "metadata": metadata, "created_at": START, "scenario": "stuck"},
            {"id": second["id"], "metadata": {}, "created_at": START, "scenario": "completed"},
        ],
        "refused": [],
        "replies_lost": [],
        "retrieves": {first["id"]: 3, second["id"]: 1},
        "cancels": {first["id"]: 2},
        "deletes": {second["id"]: 1},
        "webhooks": [],
    }


async def test_refused_creates_are_told_apart_from_accepted_ones(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/responses", json=create_body("error status=503"))
    ledger = (await http.get("/simulator/ledger")).json()
    assert ledger["creates"] == []
    assert [(line["id"], line["scenario"], line["http_status"]) for line in ledger["refused"]] == [(None, "error", 503)]


async def test_clearing_forgets_responses_and_counts(http: httpx2.AsyncClient) -> None:
    created = await create(http)
    await http.post("/v1/responses", json=create_body("error"))
    assert (await http.delete("/simulator/ledger")).status_code == 204
    assert (await http.get("/simulator/ledger")).json() == EMPTY
    assert (await http.get(f"/v1/responses/{created['id']}")).status_code == 404
    # The job's count starts again too, so the first create is refused once more.
    assert (await http.post("/v1/responses", json=create_body("error"))).status_code == 500


async def test_the_ledger_needs_no_key(app: Starlette) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as stranger:
        assert (await stranger.get("/simulator/ledger")).json() == EMPTY


async def test_beyond_the_limit_the_oldest_is_forgotten(clock: Clock) -> None:
    transport = httpx2.ASGITransport(app=create_app(clock, limit=2))
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator", headers=KEY) as http:
        ids = [(await create(http))["id"] for _ in range(3)]
        for job in "abc":
            metadata = {"simulator": "error", "signoff_job_id": job}
            await http.post("/v1/responses", json=create_body(metadata=metadata))
        ledger = (await http.get("/simulator/ledger")).json()
        assert [line["id"] for line in ledger["creates"]] == ids[1:]
        assert [line["metadata"]["signoff_job_id"] for line in ledger["refused"]] == ["b", "c"]
        assert (await http.get(f"/v1/responses/{ids[0]}")).status_code == 404
