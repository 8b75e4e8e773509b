"""A fault is added as a scenario: one function, and nothing else of the simulator changes."""

from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from starlette.responses import PlainTextResponse

from signoff.simulator import create_app
from signoff.simulator.endings import completed
from signoff.simulator.kinds import Count, Seconds
from signoff.simulator.language import scenario
from signoff.simulator.script import Interruption, Moment, Run, Script, State, Visit
from tests.simulator.driving import KEY, Clock, create, create_body


def lost() -> Script:
    """Accept the create, but answer it with a proxy's page."""
    healthy = completed()

    def interrupt(visit: Visit) -> Interruption | None:
        page = PlainTextResponse("<h1>Bad gateway</h1>", 502)
        return Interruption(page, acts=True) if visit.operation in ("create", "cancel") else None

    return Script(healthy.state_at, healthy.ending, interrupt)


def hidden(*, looks: Count = 2) -> Script:
    """Answer 404 to the first looks."""
    healthy = completed()

    def interrupt(visit: Visit) -> Interruption | None:
        is_hidden = visit.operation == "retrieve" and visit.nth <= looks
        return Interruption(PlainTextResponse("", 404)) if is_hidden else None

    return Script(healthy.state_at, healthy.ending, interrupt)


def late(*, after: Seconds = 30) -> Script:
    """Complete some time after a cancel."""
    healthy = completed(running=3600)

    def state_at(moment: Moment) -> State:
        if moment.cancelled_at is not None and moment.age >= moment.cancelled_at + after:
            return State("completed", moment.cancelled_at + after)
        return healthy.state_at(moment)

    return Script(state_at, healthy.ending)


def broken() -> Script:
    """Break the simulator itself."""

    def ending(_run: Run) -> dict[str, object]:
        raise ZeroDivisionError

    return Script(lambda _moment: State("completed", 0.0), ending)


@pytest.fixture
async def http(clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    writers: tuple[Callable[..., Script], ...] = (lost, hidden, late, broken)
    app = create_app(clock, scenarios={write.__name__: scenario(write) for write in writers})
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator", headers=KEY) as client:
        yield client


async def test_a_create_can_act_while_its_reply_is_lost(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1/responses", json=create_body("lost"))
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
    (line,) = (await http.get("/simulator/ledger")).json()["creates"]
    assert (await http.get(f"/v1/responses/{line['id']}")).json()["status"] == "queued"


async def test_a_cancel_can_act_while_its_reply_is_lost(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/responses", json=create_body("lost"))
    (line,) = (await http.get("/simulator/ledger")).json()["creates"]
    assert (await http.post(f"/v1/responses/{line['id']}/cancel")).status_code == 502
    assert (await http.get(f"/v1/responses/{line['id']}")).json()["status"] == "cancelled"


async def test_looks_can_miss_a_response_that_exists(http: httpx2.AsyncClient) -> None:
    created = await create(http, "hidden looks=2")
    looks = [await http.get(f"/v1/responses/{created['id']}") for _ in range(3)]
    assert [look.status_code for look in looks] == [404, 404, 200]


async def test_a_cancelled_response_can_complete_later(http: httpx2.AsyncClient, clock: Clock) -> None:
    path = f"/v1/responses/{(await create(http, 'late after=30'))['id']}"
    clock.pass_seconds(5)
    assert (await http.post(f"{path}/cancel")).json()["status"] == "cancelled"
    clock.pass_seconds(30)
    done = (await http.get(path)).json()
    assert (done["status"], done["completed_at"]) == ("completed", int(clock.now))
    assert done["output"]


async def test_a_fault_of_the_simulator_is_a_500_with_a_request_id(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1/responses", json=create_body("broken"))
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert answer.headers["x-request-id"].startswith("req_")
