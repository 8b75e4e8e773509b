"""`create_response` sends one create, once, and every failure ends it."""

from typing import Any

import httpx2
import pytest

from activities.orders import CreateOrder
from activities.responses import ResponseActivities
from signoff.adapters.archive import open_archive
from signoff.adapters.checks import DraftChecker
from signoff.adapters.http import HttpChannel
from signoff.adapters.memory import InMemoryResponses
from signoff.adapters.release import ReleaseChannel
from signoff.domain.delivery import Http
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault
from signoff.domain.status import ResponseStatus
from tests.activities.desk import Desk, fault
from tests.adapters.provider import provider_at
from tests.adapters.wire import answering, reset_after_reading, serving


def order(**parameters: Any) -> CreateOrder:
    return CreateOrder(job_id="job-1", attempt=3, parameters={"model": "a-model", "input": "hi", **parameters})


async def test_the_snapshot_of_the_new_response_is_returned() -> None:
    desk = Desk()
    snapshot = await desk.run(desk.responses.create_response, order())
    assert (snapshot.response_id, snapshot.status) == ("resp_1", ResponseStatus.QUEUED)


async def test_the_create_names_its_job_and_attempt_and_keeps_the_requesters_metadata() -> None:
    desk = Desk()
    await desk.run(desk.responses.create_response, order(metadata={"case": "7"}))
    (sent,) = desk.provider.created
    assert sent["metadata"] == {"case": "7", "signoff_job_id": "job-1", "signoff_attempt": "3"}


async def test_the_create_asks_for_a_stored_background_response_with_evidence() -> None:
    desk = Desk()
    await desk.run(desk.responses.create_response, order(tools=[{"type": "web_search"}]))
    (sent,) = desk.provider.created
    assert (sent["background"], sent["store"]) == (True, True)
    assert sent["include"] == ["web_search_call.action.sources"]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"http_status": 500}, FailureClass.OUTCOME_UNKNOWN),
        ({"network": NetworkFault.TIMEOUT}, FailureClass.OUTCOME_UNKNOWN),
        ({"network": NetworkFault.LOST}, FailureClass.OUTCOME_UNKNOWN),
        ({"network": NetworkFault.REFUSED}, FailureClass.TRANSIENT),
        ({"http_status": 503, "error_code": "server_is_overloaded"}, FailureClass.TRANSIENT),
        ({"http_status": 429}, FailureClass.RATE_LIMITED),
        ({"http_status": 429, "error_code": "insufficient_quota"}, FailureClass.QUOTA),
        ({"http_status": 400}, FailureClass.MALFORMED_INPUT),
        ({"http_status": 401}, FailureClass.CONFIGURATION),
    ],
)
async def test_every_failure_ends_the_activity_after_one_create(seen: dict[str, Any], expected: FailureClass) -> None:
    desk = Desk(InMemoryResponses(create_script=(fault(Stage.CREATE, **seen),)))
    failure = await desk.failure_of(desk.responses.create_response, order())
    assert (failure.stage, failure.failure_class, failure.at) == (Stage.CREATE, expected, desk.now)
    assert desk.provider.creates == 1


async def test_a_destination_that_is_not_allowed_costs_nothing() -> None:
    """The run would be paid for a result that can't be delivered."""
    async with httpx2.AsyncClient() as client:
        desk = Desk(channels={"http": HttpChannel(client, ["elsewhere.example"])})
        aimed = order().model_copy(update={"destination": Http(url="https://here.example/inbox")})
        failure = await desk.failure_of(desk.responses.create_response, aimed)
    assert (failure.stage, failure.failure_class) == (Stage.DELIVER, FailureClass.CONFIGURATION)
    assert "SIGNOFF_DELIVERY_HOSTS" in failure.message
    assert desk.provider.creates == 0


async def test_a_bad_parameter_ends_as_malformed_input_without_a_create() -> None:
    desk = Desk()
    bad = CreateOrder(job_id="job-1", attempt=1, parameters={"input": "hi"})
    failure = await desk.failure_of(desk.responses.create_response, bad)
    assert failure.failure_class is FailureClass.MALFORMED_INPUT
    assert desk.provider.creates == 0


async def test_a_parameter_that_openai_does_not_know_costs_no_request() -> None:
    async with serving(answering(500)) as wire, provider_at(wire.url) as provider:
        create = ResponseActivities(
            provider, open_archive("memory:"), {"release": ReleaseChannel()}, DraftChecker()
        ).create_response
        failure = await Desk().failure_of(create, order(temprature=1))
        assert wire.connections == 0
    assert failure.failure_class is FailureClass.MALFORMED_INPUT
    assert "did you mean temperature?" in failure.message


@pytest.mark.parametrize("act", [reset_after_reading, answering(500), answering(200, b"[]")])
async def test_a_lost_reply_from_openai_is_one_post_with_an_unknown_outcome(act: Any) -> None:
    async with serving(act) as wire, provider_at(wire.url) as provider:
        create = ResponseActivities(
            provider, open_archive("memory:"), {"release": ReleaseChannel()}, DraftChecker()
        ).create_response
        failure = await Desk().failure_of(create, order())
        assert wire.posts == 1
    assert failure.failure_class is FailureClass.OUTCOME_UNKNOWN


async def test_the_failure_does_not_repeat_the_prompt() -> None:
    desk = Desk(InMemoryResponses(create_script=(fault(Stage.CREATE, 400),)))
    failure = await desk.failure_of(desk.responses.create_response, order(input="the secret plan"))
    assert "secret plan" not in failure.model_dump_json()
