"""A live response does something else from the moment that it is told so."""

import httpx2
import pytest

from tests.simulator.driving import Clock, create


async def _change(http: httpx2.AsyncClient, response_id: str, scenario: object) -> httpx2.Response:
    return await http.put(f"/simulator/responses/{response_id}", json={"scenario": scenario})


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        # Asked for 100 seconds after the create, when it is in progress.
        ("failed queued=0 running=5", ["in_progress", "in_progress", "failed"]),
        ("incomplete queued=5 running=1", ["in_progress", "in_progress", "in_progress"]),
        ("completed queued=0 running=0", ["completed", "completed", "completed"]),
        ("stuck", ["in_progress", "in_progress", "in_progress"]),
    ],
)
async def test_times_count_from_the_change(
    http: httpx2.AsyncClient, clock: Clock, change: str, seen: list[str]
) -> None:
    path = f"/v1/responses/{(created := await create(http, 'stale'))['id']}"
    clock.pass_seconds(100)
    assert (await _change(http, created["id"], change)).status_code == 200
    statuses = []
    for seconds in (0, 4.9, 0.1):
        clock.pass_seconds(seconds)
        statuses.append((await http.get(path)).json()["status"])
    assert statuses == seen


async def test_a_changed_response_completes_at_its_new_time(http: httpx2.AsyncClient, clock: Clock) -> None:
    created = await create(http, "stuck")
    clock.pass_seconds(100)
    await _change(http, created["id"], "completed queued=1 running=2")
    clock.pass_seconds(3)
    assert (await http.get(f"/v1/responses/{created['id']}")).json()["completed_at"] == int(clock.now)


async def test_a_changed_response_can_be_cancelled(http: httpx2.AsyncClient, clock: Clock) -> None:
    path = f"/v1/responses/{(created := await create(http, 'stale'))['id']}"
    clock.pass_seconds(100)
    await _change(http, created["id"], "zombie running=50 after=30")
    clock.pass_seconds(10)
    seen = [(await http.post(f"{path}/cancel")).json()["status"]]
    for seconds in (29, 1):
        clock.pass_seconds(seconds)
        seen.append((await http.get(path)).json()["status"])
    assert seen == ["cancelled", "cancelled", "completed"]


async def test_looks_count_from_the_change(http: httpx2.AsyncClient) -> None:
    path = f"/v1/responses/{(created := await create(http, 'stuck looks=500'))['id']}"
    seen = [(await http.get(path)).status_code for _ in range(2)]
    await _change(http, created["id"], "stuck looks=404,503")
    seen += [(await http.get(path)).status_code for _ in range(3)]
    assert seen == [500, 200, 404, 503, 200]


async def test_what_has_ended_stays_so_while_its_calls_change(http: httpx2.AsyncClient, clock: Clock) -> None:
    path = f"/v1/responses/{(created := await create(http, 'failed'))['id']}"
    clock.pass_seconds(10)
    failed = (await http.get(path)).json()
    await _change(http, created["id"], "completed")
    assert (await http.get(path)).json() == failed
    await _change(http, created["id"], "vanishing after=5")
    assert (await http.get(path)).status_code == 200
    clock.pass_seconds(5)
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("nonsense", "Unknown scenario 'nonsense'. Known scenarios: completed,"),
        ("429 then completed", "A response plays one part"),
        (None, "Key 'scenario' takes the text of a scenario, not null."),
    ],
)
async def test_a_bad_change_is_refused(http: httpx2.AsyncClient, scenario: object, message: str) -> None:
    answer = await _change(http, (await create(http))["id"], scenario)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)


async def test_an_unknown_response_cannot_be_changed(http: httpx2.AsyncClient) -> None:
    assert (await _change(http, "resp_0", "stuck")).status_code == 404
