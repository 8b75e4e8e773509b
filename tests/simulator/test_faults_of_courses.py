"""Responses that are seen too late, too long, never again, or alive after their cancel."""

import httpx2
import pytest

from tests.simulator.driving import Clock, create


async def _looks(http: httpx2.AsyncClient, clock: Clock, scenario: str, ages: list[float]) -> list[int | str]:
    """Return what a look sees at each of these ages: the status, or the HTTP status of an error."""
    path = f"/v1/responses/{(await create(http, scenario))['id']}"
    seen: list[int | str] = []
    age = 0.0
    for wanted in ages:
        clock.pass_seconds(wanted - age)
        age = wanted
        answer = await http.get(path)
        seen.append(answer.json()["status"] if answer.status_code == 200 else answer.status_code)
    return seen


@pytest.mark.parametrize(
    ("scenario", "ages", "seen"),
    [
        ("lag", [0, 29.9, 30], [404, 404, "completed"]),
        ("lag after_create=1", [0.5, 1, 4], [404, "in_progress", "completed"]),
        # The default life ends at 3.5.
        ("lag after_create=0 after_end=35", [0, 3, 3.5, 38, 38.5], ["queued", "in_progress", 404, 404, "completed"]),
        ("lag after_create=1 after_end=2", [0, 3, 4, 6], [404, "in_progress", 404, "completed"]),
    ],
)
async def test_a_response_is_unknown_for_a_while(
    http: httpx2.AsyncClient, clock: Clock, scenario: str, ages: list[float], seen: list[int | str]
) -> None:
    assert await _looks(http, clock, scenario, ages) == seen


async def test_a_stuck_response_is_queued_for_ever(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert await _looks(http, clock, "stuck", [0, 1e8]) == ["queued", "queued"]


async def test_a_stale_response_is_in_progress_for_ever(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert await _looks(http, clock, "stale queued=1", [0, 1, 1e8]) == ["queued", "in_progress", "in_progress"]


async def test_a_vanishing_response_is_unknown_after_ten_minutes(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert await _looks(http, clock, "vanishing", [0, 599, 600, 1e6]) == ["queued", "completed", 404, 404]


async def test_a_vanished_response_cannot_be_cancelled(http: httpx2.AsyncClient, clock: Clock) -> None:
    path = f"/v1/responses/{(await create(http, 'vanishing after=5 running=60'))['id']}"
    clock.pass_seconds(5)
    assert (await http.post(f"{path}/cancel")).status_code == 404


@pytest.mark.parametrize(("scenario", "after"), [("zombie", 30), ("zombie after=2", 2)])
async def test_a_cancelled_response_completes_later(
    http: httpx2.AsyncClient, clock: Clock, scenario: str, after: int
) -> None:
    path = f"/v1/responses/{(await create(http, scenario))['id']}"
    clock.pass_seconds(1)
    assert (await http.post(f"{path}/cancel")).json()["status"] == "cancelled"
    clock.pass_seconds(after - 0.1)
    assert (await http.get(path)).json()["status"] == "cancelled"
    clock.pass_seconds(0.1)
    done = (await http.get(path)).json()
    assert (done["status"], done["completed_at"]) == ("completed", int(clock.now))
    assert done["output"]
