"""The deliveries that have not arrived, over all jobs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.egress import open_guarded_client
from signoff.adapters.http import HttpChannel
from signoff.client import JobClient
from signoff.domain.delivery import DeliverySpec, Http, Receipt
from signoff.domain.errors import BadRequestError, FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.handover import DeliveryState
from signoff.domain.observation import Observation
from signoff.domain.undelivered import DeliveryLine
from signoff.ports import Parcel
from tests.adapters.wire import unused_url
from tests.world import Outbox, World, a_world


class Closed(Outbox):
    """Refuses whatever comes."""

    def check(self, destination: DeliverySpec) -> None:
        pass

    async def deliver(self, parcel: Parcel) -> Receipt:  # noqa: ARG002  whatever it is
        raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message="not for you"))


@pytest_asyncio.fixture
async def busy(real_env: WorkflowEnvironment) -> AsyncIterator[World]:
    """One job delivers to two places, of which one is closed and one does not answer; another waits for review."""
    host = unused_url().removeprefix("http://").rstrip("/")
    async with open_guarded_client([host]) as http:
        channels = {"http": HttpChannel(http, [host]), "file": Closed()}
        async with a_world(real_env, channels=channels) as world:
            await world.held(await world.submit(job_id="held"))
            places = [{"channel": "release"}, {"channel": "http", "url": f"http://{host}/"}, {"channel": "file"}]
            await world.approve(await world.submit(job_id="busy", delivery=places, title="A busy job"))
            await world.until("busy", lambda record: record.deliveries[2].state is DeliveryState.STOPPED)
            yield world
            await world.jobs.cancel("busy", by="ops")


async def repeated(jobs: JobClient) -> list[DeliveryLine]:
    """Wait until the one that does not answer was tried more than once."""
    for _ in range(200):
        lines = await jobs.deliveries()
        if any(line.tries > 1 and line.last_fault for line in lines if line.number == 2):
            return list(lines)
    pytest.fail("it is not repeated")


async def test_each_delivery_that_has_not_arrived_is_listed_with_why(busy: World) -> None:
    lines = sorted(await repeated(busy.jobs), key=lambda line: line.number)
    assert [(line.job_id, line.number, line.of, line.state) for line in lines] == [
        ("busy", 2, 3, "under_way"),
        ("busy", 3, 3, "stopped"),
    ]
    assert isinstance(lines[0].destination, Http)
    assert "did not answer (ConnectError" in lines[0].last_fault, "an operator reads what happened"
    assert (lines[1].failure_class, "not for you" in lines[1].last_fault) == (FailureClass.CONFIGURATION, True)
    assert lines[0].title == "A busy job"


async def test_stuck_are_those_that_have_stopped_or_failed(busy: World) -> None:
    await repeated(busy.jobs)
    assert [line.number for line in await busy.jobs.deliveries(is_stuck=True)] == [2, 3]
    fresh = (await busy.jobs.deliveries())[0].model_copy(update={"last_fault": "", "state": DeliveryState.UNDER_WAY})
    assert not fresh.is_stuck


@pytest.mark.parametrize("limit", [0, 1001])
async def test_a_limit_out_of_bounds_is_refused(real_env: WorkflowEnvironment, limit: int) -> None:
    async with a_world(real_env) as world:
        with pytest.raises(BadRequestError, match="is not between 1 and 1000"):
            await world.jobs.deliveries(limit=limit)
