"""Whatever is sent, the answer is one that OpenAI could give."""

import json
from contextlib import suppress

import httpx2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signoff.simulator import create_app
from signoff.simulator.checks import FIELD_TYPES
from signoff.simulator.scenarios import SCENARIOS
from signoff.simulator.steering import Steering
from signoff.simulator.wire import ConnectionLostError
from tests.simulator.driving import KEY, Clock, create_body

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    [*SCENARIOS, "429", "then", "queued=0", "running=0", "times=2", "code=x", "usage=none", "cancel=200"]
)
SCENARIO_TEXTS = st.text(max_size=40) | st.lists(WORDS, max_size=6).map(" ".join)
BODIES = st.fixed_dictionaries({}, optional={"metadata": st.fixed_dictionaries({"simulator": SCENARIO_TEXTS})}).flatmap(
    lambda chosen: st.dictionaries(st.sampled_from(list(FIELD_TYPES)), VALUES, max_size=4).map(
        lambda odd: create_body() | odd | chosen
    )
)


@given(body=BODIES)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
async def test_no_create_breaks_the_simulator(body: dict[str, object]) -> None:
    transport = httpx2.ASGITransport(app=create_app(clock := Clock()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator", headers=KEY) as http:
        with suppress(ConnectionLostError):  # as `lost` asks for it
            answer = await http.post("/v1/responses", content=json.dumps(body))
            assert answer.status_code in (200, 400, 429, 500)
            if answer.status_code == 200:
                clock.pass_seconds(40)  # longer than `lag`
                assert (await http.get(f"/v1/responses/{answer.json()['id']}")).status_code == 200
            else:
                assert answer.json()["error"]["type"]


STEERINGS = st.dictionaries(
    st.sampled_from([*Steering().to_json(), "x"]),
    VALUES
    | st.dictionaries(
        st.sampled_from(
            ["seconds", "status", "how", "percent", "seed", "operations", "when", "times", "url", "secret"]
        ),
        VALUES | st.sampled_from(["close", "after", "http://[::1", "whsec_"]),
        max_size=3,
    ),
    max_size=3,
)


@given(steering=STEERINGS)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
async def test_no_steering_breaks_the_simulator(steering: dict[str, object]) -> None:
    transport = httpx2.ASGITransport(app=create_app(Clock()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as http:
        answer = await http.put("/simulator/control", content=json.dumps(steering))
        assert answer.status_code in (200, 400)
        assert (await http.delete("/simulator/control")).status_code == 200
