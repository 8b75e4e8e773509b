"""A job's creates play the parts of a text one after another, and its looks can be told one by one."""

import httpx2
import pytest

from tests.simulator.driving import Clock, create, job_body, ledger_of, steer


async def _plays(http: httpx2.AsyncClient, clock: Clock, job: str, scenario: str | None = None) -> int | str:
    """Send one create, and return its error or how its response ends."""
    answer = await http.post("/v1/responses", json=job_body(job, scenario))
    if answer.status_code != 200:
        return answer.status_code
    clock.pass_seconds(10)
    ended: str = (await http.get(f"/v1/responses/{answer.json()['id']}")).json()["status"]
    return ended


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("429 then 500 then completed", [429, 500, "completed", "completed"]),
        ("failed then incomplete", ["failed", "incomplete", "incomplete"]),
        ("completed then failed then 503", ["completed", "failed", 503, "completed"]),
        ("429 then 500", [429, 500, "completed", "completed"]),
        ("429 retry_after=1 times=2 then failed", [429, 429, "failed", "failed"]),
        ("failed code=insufficient_quota times=2", ["failed", "failed", "completed"]),
        ("failed times=2 then 400 then refusal", ["failed", "failed", 400, "completed"]),
        ("error status=500 times=1000000", [500, 500, 500]),
        ("500", [500, "completed"]),
    ],
)
async def test_the_nth_create_plays_the_nth_part(
    http: httpx2.AsyncClient, clock: Clock, text: str, seen: list[int | str]
) -> None:
    assert [await _plays(http, clock, "j1", text) for _ in seen] == seen


async def test_each_job_has_its_own_sequence(http: httpx2.AsyncClient, clock: Clock) -> None:
    await steer(http, scenario="429 then completed")
    assert [await _plays(http, clock, job) for job in "abab"] == [429, 429, "completed", "completed"]


async def test_the_ledger_names_the_part_that_played(http: httpx2.AsyncClient, clock: Clock) -> None:
    for _ in range(3):
        await _plays(http, clock, "j1", "429 then failed then refusal")
    ledger = await ledger_of(http)
    assert [line["scenario"] for line in ledger["refused"]] == ["error"]
    assert [line["scenario"] for line in ledger["creates"]] == ["failed", "refusal"]


async def test_looks_play_one_after_another(http: httpx2.AsyncClient, clock: Clock) -> None:
    created = await create(http, "completed looks=500,ok,404,html")
    clock.pass_seconds(10)
    looks = [await http.get(f"/v1/responses/{created['id']}") for _ in range(6)]
    assert [look.status_code for look in looks] == [500, 200, 404, 502, 200, 200]
    assert looks[2].json()["error"]["message"] == f"Response with id '{created['id']}' not found."


async def test_looks_follow_a_refused_create(http: httpx2.AsyncClient) -> None:
    asked = "429 looks=503"
    assert (await http.post("/v1/responses", json=job_body("j1", asked))).status_code == 429
    created = (await http.post("/v1/responses", json=job_body("j1", asked))).json()
    statuses = [(await http.get(f"/v1/responses/{created['id']}")).status_code for _ in range(2)]
    assert statuses == [503, 200]


@pytest.mark.parametrize("text", ["then", "completed then", "then completed", "completed then then failed", "42"])
async def test_an_empty_or_impossible_part_is_refused(http: httpx2.AsyncClient, text: str) -> None:
    answer = await http.post("/v1/responses", json=job_body("j1", text))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "metadata.simulator"


async def test_a_text_that_is_not_understood_is_no_create(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert await _plays(http, clock, "j1", "nonsense") == 400
    assert await _plays(http, clock, "j1", "failed then completed") == "failed"
