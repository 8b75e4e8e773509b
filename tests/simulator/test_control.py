"""The simulator is steered while it runs, and a bad word changes nothing."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from signoff.simulator.steering import Steering
from signoff.simulator.wire import ConnectionLostError
from tests.simulator.driving import KEY, Clock, create, create_body, job_body, ledger_of, steer

CONTROL = "/simulator/control"
START = Steering().to_json()


async def _sent(http: httpx2.AsyncClient, job: str = "j1") -> int | None:
    """Send a create and return the HTTP status of its answer, None when the connection was closed."""
    try:
        return (await http.post("/v1/responses", json=job_body(job))).status_code
    except ConnectionLostError:
        return None


async def test_the_steering_needs_no_key_and_is_shown(app: Starlette) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as stranger:
        assert (await stranger.get(CONTROL)).json() == START
        assert (await stranger.put(CONTROL, json={"listing": True})).json() == START | {"listing": True}
        assert (await stranger.put(CONTROL, json={"scenario": "stuck"})).json() == START | {"scenario": "stuck"}
        assert (await stranger.delete(CONTROL)).json() == START


async def test_what_is_shown_can_be_sent_back(http: httpx2.AsyncClient) -> None:
    shown = await steer(
        http,
        scenario="failed then completed",
        override="stuck",
        outage={"seconds": 5, "how": "close"},
        drop={"percent": 12.5},
        slow={"seconds": 1},
        close={"when": "after", "times": 3, "operations": ["create"]},
        webhook={"url": "http://127.0.0.1:1/x", "secret": f"whsec_{'a' * 32}"},
    )
    assert shown["outage"] == {"seconds": 5, "status": 503, "how": "close"}
    assert shown["drop"] == {"percent": 12.5, "seed": 0, "operations": ["create"]}
    assert shown["slow"]["operations"] == ["create", "retrieve", "cancel", "delete", "list"]
    assert await steer(http, **shown) == shown


@pytest.mark.parametrize(
    ("given", "param", "message"),
    [
        (
            {"outge": None},
            "outge",
            "Unknown key 'outge'. Known keys: scenario, override, outage, drop, slow, close, listing, webhook.",
        ),
        ({"scenario": "x"}, "scenario", "Unknown scenario 'x'. Known scenarios: completed, structured, failed,"),
        ({"scenario": None}, "scenario", "Key 'scenario' takes the text of a scenario, not null."),
        ({"override": 5}, "override", "Key 'override' takes the text of a scenario or null, not 5."),
        ({"override": "stuck queued=1"}, "override", "Scenario 'stuck' has no key 'queued'. Known keys: looks,"),
        ({"outage": []}, "outage", "'outage' takes an object. Known keys: seconds, status, how."),
        ({"outage": {"second": 1}}, "outage.second", "Unknown key 'outage.second'. Known keys: seconds, status, how."),
        ({"outage": {"status": 200}}, "outage.status", "Key 'outage.status' takes an HTTP status from 400 to 599 or"),
        ({"outage": {"how": "x"}}, "outage.how", "Key 'outage.how' takes status or refuse or close or html, not"),
        ({"outage": {"how": "refuse"}}, "outage.seconds", "Key 'outage.seconds' takes a number with how=refuse"),
        ({"outage": {"seconds": -1}}, "outage.seconds", "Key 'outage.seconds' takes seconds from 0 to 604800 or null"),
        ({"drop": {}}, "drop.percent", "Key 'drop.percent' is missing; it takes a number from 0 to 100."),
        ({"drop": {"percent": 101}}, "drop.percent", "Key 'drop.percent' takes a number from 0 to 100, not 101."),
        ({"drop": {"percent": True}}, "drop.percent", "Key 'drop.percent' takes a number from 0 to 100, not true."),
        (
            {"slow": {"seconds": 1, "operations": ["x"]}},
            "slow.operations",
            "Key 'slow.operations' takes a list of create, retrieve, cancel, delete, list, not",
        ),
        ({"slow": {"seconds": 1, "operations": []}}, "slow.operations", "Key 'slow.operations' takes a list of"),
        ({"close": {"when": "then"}}, "close.when", "Key 'close.when' takes before or during or after, not"),
        (
            {"close": {"when": "after", "times": 0}},
            "close.times",
            "Key 'close.times' takes a whole number from 1 to 1000000 or null, not 0.",
        ),
        ({"listing": 1}, "listing", "Key 'listing' takes true or false, not 1."),
        ({"webhook": {"url": "http://127.0.0.1"}}, "webhook.secret", "Key 'webhook.secret' is missing; it takes"),
    ],
)
async def test_what_is_not_understood_is_refused_and_changes_nothing(
    http: httpx2.AsyncClient, given: dict[str, Any], param: str, message: str
) -> None:
    before = await steer(http, scenario="refusal", listing=True)
    answer = await http.put(CONTROL, json={"listing": False, **given})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "invalid_value", param)
    assert error["message"].startswith(message)
    assert (await http.get(CONTROL)).json() == before


async def test_a_scenario_is_what_requests_without_one_play(http: httpx2.AsyncClient) -> None:
    await steer(http, scenario="stuck")
    for asked in (None, "refusal"):
        await create(http, asked)
    assert [line["scenario"] for line in (await ledger_of(http))["creates"]] == ["stuck", "refusal"]


async def test_an_override_is_what_all_creates_play(http: httpx2.AsyncClient) -> None:
    await steer(http, scenario="refusal", override="stuck")
    for asked in (None, "empty", "nonsense"):
        await create(http, asked)
    assert {line["scenario"] for line in (await ledger_of(http))["creates"]} == {"stuck"}


@pytest.mark.parametrize(
    ("outage", "status", "kind"),
    [
        ({}, 503, "application/json"),
        ({"status": 500}, 500, "application/json"),
        ({"status": 401}, 401, "application/json"),
        ({"how": "html"}, 502, "text/html; charset=utf-8"),
        ({"how": "html", "status": 504}, 504, "text/html; charset=utf-8"),
    ],
)
async def test_an_outage_fails_every_call_for_its_time(
    http: httpx2.AsyncClient, clock: Clock, outage: dict[str, Any], status: int, kind: str
) -> None:
    path = f"/v1/responses/{(await create(http))['id']}"
    shown = await steer(http, outage={"seconds": 10, **outage})
    for call in (http.get(path), http.post(f"{path}/cancel"), http.post("/v1/responses", json=create_body())):
        answer = await call
        assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    clock.pass_seconds(9.5)
    assert (await http.get(CONTROL)).json() == shown | {"outage": {**shown["outage"], "seconds": 0.5}}
    assert (await http.get(path)).status_code == status
    clock.pass_seconds(0.5)
    assert (await http.get(path)).json()["status"] == "completed"
    assert (await http.get(CONTROL)).json()["outage"] is None


async def test_an_outage_without_a_time_lasts_until_it_is_reset(http: httpx2.AsyncClient, clock: Clock) -> None:
    await steer(http, outage={})
    clock.pass_seconds(1e6)
    assert await _sent(http) == 503
    await http.delete(CONTROL)
    assert await _sent(http) == 200


@pytest.mark.parametrize("how", ["close", "refuse"])
async def test_an_outage_can_be_without_an_answer(http: httpx2.AsyncClient, how: str) -> None:
    await steer(http, outage={"seconds": 5, "how": how})
    assert await _sent(http) is None
    assert (await ledger_of(http))["creates"] == []


async def test_dropped_calls_are_carried_out_and_told(http: httpx2.AsyncClient) -> None:
    await steer(http, drop={"percent": 40, "seed": 3})
    answers = {job: await _sent(http, job) for job in map(str, range(50))}
    ledger = await ledger_of(http)
    dropped = [job for job, answer in answers.items() if answer is None]
    assert 8 <= len(dropped) <= 32  # 20 on average; 0.2 % of all seeds would be outside
    lost = set(ledger["replies_lost"])
    assert len(ledger["creates"]) == 50
    jobs = [line["metadata"]["signoff_job_id"] for line in ledger["creates"] if line["id"] in lost]
    assert jobs == dropped


async def test_drops_do_not_depend_on_the_order_of_arrival(http: httpx2.AsyncClient) -> None:
    calls = [job for job in "abcdefgh" for _ in range(4)]

    async def dropped(seed: int, arriving: list[str]) -> dict[str, list[bool]]:
        await http.delete("/simulator/ledger")
        await steer(http, drop={"percent": 50, "seed": seed})
        seen: dict[str, list[bool]] = {}
        for job in arriving:
            seen.setdefault(job, []).append(await _sent(http, job) is None)
        return seen

    first = await dropped(1, calls)
    assert await dropped(1, calls[::-1]) == first
    assert await dropped(2, calls) != first


async def test_drops_keep_to_their_operations(http: httpx2.AsyncClient) -> None:
    created = await create(http)
    await steer(http, drop={"percent": 100, "operations": ["retrieve"]})
    assert await _sent(http) == 200
    with pytest.raises(ConnectionLostError):
        await http.get(f"/v1/responses/{created['id']}")
    assert (await ledger_of(http))["replies_lost"] == []


@pytest.mark.parametrize(("when", "accepted", "lost"), [("before", 1, 0), ("during", 2, 1), ("after", 2, 1)])
async def test_connections_are_closed_so_many_times(
    http: httpx2.AsyncClient, when: str, accepted: int, lost: int
) -> None:
    shown = await steer(http, close={"when": when, "operations": ["create"], "times": 1})
    assert shown["close"]["times"] == 1
    assert [await _sent(http) for _ in range(2)] == [None, 200]
    ledger = await ledger_of(http)
    assert (len(ledger["creates"]), len(ledger["replies_lost"])) == (accepted, lost)
    assert (await http.get(CONTROL)).json()["close"] is None


async def test_a_key_is_still_asked_for_and_refusals_are_not_lost(app: Starlette, http: httpx2.AsyncClient) -> None:
    await steer(http, drop={"percent": 100})
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as stranger:
        assert (await stranger.post("/v1/responses", json=create_body())).status_code == 401
    assert (await http.post("/v1/responses", json=create_body("429"), headers=KEY)).status_code == 429
