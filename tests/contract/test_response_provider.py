"""Every provider of responses behaves alike: the fake, and OpenAI's client on the simulator."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI

from signoff.adapters.memory import InMemoryResponses
from signoff.adapters.openai import OpenAIResponses
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.ports import RawResponse, ResponseProvider
from signoff.simulator import create_app

REFUSED = FaultError(Observation(stage=Stage.CREATE, http_status=500, message="not now"))


@dataclass
class Rig:
    """A provider, what makes its time pass, and a request whose first create fails."""

    provider: ResponseProvider
    pass_time: Callable[[], None]
    refused_first: dict[str, Any] = field(default_factory=dict)

    async def created(self) -> RawResponse:
        return await self.provider.create(parameters())


def parameters(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-5.5", "input": "How do tides work?", "background": True, "store": True, **more}


@asynccontextmanager
async def in_memory(*, refuses_first: bool = False) -> AsyncIterator[Rig]:
    provider = InMemoryResponses(create_script=(REFUSED, None) if refuses_first else (None,))
    yield Rig(provider, pass_time=lambda: None, refused_first=parameters())


@asynccontextmanager
async def openai_on_simulator(*, refuses_first: bool = False) -> AsyncIterator[Rig]:
    times = [1_785_585_600.0]
    transport = httpx2.ASGITransport(app=create_app(lambda: times[-1]))
    async with AsyncOpenAI(
        api_key="any", base_url="http://simulator/v1", http_client=httpx2.AsyncClient(transport=transport)
    ) as client:
        refused = parameters(metadata={"simulator": "error status=500"} if refuses_first else {})
        yield Rig(OpenAIResponses(client), lambda: times.append(times[-1] + 2), refused)


RIGS = [in_memory, openai_on_simulator]


@pytest.fixture(params=RIGS, ids=lambda rig: rig.__name__)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with request.param() as opened:
        yield opened


async def ended(rig: Rig, response_id: str) -> RawResponse:
    for _ in range(5):
        seen = await rig.provider.retrieve(response_id)
        if seen.body["status"] not in {"queued", "in_progress"}:
            return seen
        rig.pass_time()
    pytest.fail(f"still {seen.body['status']}")


async def test_a_create_answers_at_once_with_a_response_under_way(rig: Rig) -> None:
    created = await rig.created()
    assert created.body["id"]
    assert created.body["status"] in {"queued", "in_progress"}


async def test_the_data_is_the_body_as_bytes(rig: Rig) -> None:
    created = await rig.created()
    seen = await rig.provider.retrieve(created.body["id"])
    assert [json.loads(one.data) for one in (created, seen)] == [created.body, seen.body]


async def test_each_create_makes_another_response(rig: Rig) -> None:
    assert (await rig.created()).body["id"] != (await rig.created()).body["id"]


async def test_a_response_ends_with_a_message_and_stays_as_it_is(rig: Rig) -> None:
    response_id = (await rig.created()).body["id"]
    seen = await ended(rig, response_id)
    rig.pass_time()
    assert seen.body["status"] == "completed"
    assert "message" in {item["type"] for item in seen.body["output"]}
    assert (await rig.provider.retrieve(response_id)).body == seen.body


async def test_a_cancelled_response_is_seen_as_cancelled_from_then_on(rig: Rig) -> None:
    response_id = (await rig.created()).body["id"]
    await rig.provider.cancel(response_id)
    rig.pass_time()
    assert (await rig.provider.retrieve(response_id)).body["status"] == "cancelled"


async def test_a_cancel_may_be_repeated(rig: Rig) -> None:
    response_id = (await rig.created()).body["id"]
    first = await rig.provider.cancel(response_id)
    assert (await rig.provider.cancel(response_id)).body["status"] == first.body["status"] == "cancelled"


async def test_a_cancel_that_comes_too_late_changes_nothing(rig: Rig) -> None:
    response_id = (await rig.created()).body["id"]
    before = await ended(rig, response_id)
    try:
        await rig.provider.cancel(response_id)
    except FaultError as fault:
        assert fault.seen.http_status == 400  # noqa: PT017  providers may refuse it or not
    assert (await rig.provider.retrieve(response_id)).body == before.body


@pytest.mark.parametrize("stage", [Stage.LOOK, Stage.CANCEL])
async def test_an_unknown_response_is_a_404_of_the_step_that_asked(rig: Rig, stage: Stage) -> None:
    call = rig.provider.retrieve if stage is Stage.LOOK else rig.provider.cancel
    with pytest.raises(FaultError) as raised:
        await call("resp_unknown")
    assert (raised.value.seen.stage, raised.value.seen.http_status) == (stage, 404)


def test_check_takes_what_create_takes(rig: Rig) -> None:
    rig.provider.check(parameters())


def test_check_refuses_parameters_without_model_or_prompt_as_a_400(rig: Rig) -> None:
    with pytest.raises(FaultError, match=r"response\.model") as raised:
        rig.provider.check({"input": "hello"})
    assert (raised.value.seen.stage, raised.value.seen.http_status) == (Stage.CREATE, 400)


@pytest.mark.parametrize("open_rig", RIGS, ids=lambda rig: rig.__name__)
async def test_a_refused_create_is_a_fault_and_the_next_one_is_free_to_succeed(open_rig: Any) -> None:
    async with open_rig(refuses_first=True) as rig:
        with pytest.raises(FaultError) as raised:
            await rig.provider.create(rig.refused_first)
        assert (raised.value.seen.stage, raised.value.seen.http_status) == (Stage.CREATE, 500)
        assert (await rig.provider.create(rig.refused_first)).body["id"]
