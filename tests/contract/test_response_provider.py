"""Every provider of responses behaves alike: the fake, and OpenAI's client on the simulator."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI

from signoff.adapters.memory import InMemoryResponses, Lost
from signoff.adapters.openai import OpenAIResponses
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import RawResponse, ResponseProvider
from signoff.simulator import create_app
from tests.adapters.provider import provider_at
from tests.adapters.wire import Shelf, answering, serving

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
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


async def test_a_response_carries_the_metadata_of_its_create_from_then_on(rig: Rig) -> None:
    metadata = {"signoff_job_id": "a-job", "signoff_attempt": "2"}
    created = await rig.provider.create(parameters(metadata=metadata))
    seen = [created, await ended(rig, created.body["id"]), await rig.provider.retrieve(created.body["id"])]
    assert [one.body["metadata"] for one in seen] == [metadata] * 3


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


async def test_a_response_that_was_removed_is_gone_and_removing_it_again_is_fine(rig: Rig) -> None:
    response_id = (await rig.created()).body["id"]
    await ended(rig, response_id)
    for _ in range(2):
        await rig.provider.remove(response_id)
    with pytest.raises(FaultError) as raised:
        await rig.provider.retrieve(response_id)
    assert raised.value.seen.http_status == 404


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


@dataclass
class FindRig:
    """A provider whose second create is accepted while its reply is lost, and its clock."""

    provider: ResponseProvider
    times: list[datetime]

    async def create(self, job_id: str) -> None:
        with contextlib.suppress(FaultError):
            await self.provider.create(parameters(metadata={"signoff_job_id": job_id}))

    async def found(self, job_id: str, since: datetime) -> list[str] | None:
        found = await self.provider.find(job_id, since)
        assert {json.loads(one.data)["metadata"]["signoff_job_id"] for one in found or ()} <= {job_id}
        return None if found is None else [one.body["id"] for one in found]


@asynccontextmanager
async def in_memory_list() -> AsyncIterator[FindRig]:
    times = [NOON]
    lost = Lost(FaultError(Observation(stage=Stage.CREATE, network=NetworkFault.LOST, message="no reply")))
    provider = InMemoryResponses(create_script=(None, lost, None), is_listable=True, clock=lambda: times[-1])
    yield FindRig(provider, times)


@asynccontextmanager
async def openai_on_wire() -> AsyncIterator[FindRig]:
    times = [NOON]
    async with serving(Shelf(lambda: times[-1], lost={2})) as wire, provider_at(wire.url) as provider:
        yield FindRig(provider, times)


@pytest.fixture(params=[in_memory_list, openai_on_wire], ids=lambda rig: rig.__name__)
async def find_rig(request: pytest.FixtureRequest) -> AsyncIterator[FindRig]:
    async with request.param() as opened:
        yield opened


async def test_a_jobs_responses_are_found_oldest_first_and_no_others(find_rig: FindRig) -> None:
    for job_id in ("a-job", "another", "a-job"):
        await find_rig.create(job_id)
        find_rig.times.append(find_rig.times[-1] + timedelta(seconds=1))
    assert await find_rig.found("a-job", NOON) == ["resp_1", "resp_3"]
    assert await find_rig.found("nobody", NOON) == []


async def test_a_response_is_found_whose_create_had_no_reply(find_rig: FindRig) -> None:
    await find_rig.create("another")
    with pytest.raises(FaultError) as raised:
        await find_rig.provider.create(parameters(metadata={"signoff_job_id": "a-job"}))
    assert classify(raised.value.seen) is FailureClass.OUTCOME_UNKNOWN
    assert await find_rig.found("a-job", NOON) == ["resp_2"]


async def test_a_response_of_long_before_is_not_found(find_rig: FindRig) -> None:
    await find_rig.create("a-job")
    assert await find_rig.found("a-job", NOON + timedelta(hours=1)) == []


async def test_looking_again_finds_the_same(find_rig: FindRig) -> None:
    await find_rig.create("a-job")
    assert await find_rig.found("a-job", NOON) == await find_rig.found("a-job", NOON) == ["resp_1"]


async def test_a_provider_without_a_list_says_so() -> None:
    async with serving(answering(405)) as wire, provider_at(wire.url) as provider:
        assert await provider.find("a-job", NOON) is None
    assert await InMemoryResponses().find("a-job", NOON) is None


async def test_a_fake_without_a_clock_leaves_nothing_out_for_its_age() -> None:
    provider = InMemoryResponses(is_listable=True)
    await provider.create(parameters(metadata={"signoff_job_id": "a-job"}))
    assert [one.body["id"] for one in await provider.find("a-job", datetime.max.replace(tzinfo=UTC)) or ()] == [
        "resp_1"
    ]
