"""A receiver fails in every way that it can, a job each: how the job ends, and what the receiver did how often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import httpx2
import pytest
import pytest_asyncio
from pydantic import SecretStr

from signoff.adapters.archive import open_archive
from signoff.adapters.egress import GuardedTransport, HostAllowance
from signoff.domain.deployment import ClassOverride
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction
from signoff.settings import Settings
from tests.e2e.receiver_ways import CASES, HEALTHY, TRIES, Case
from tests.e2e.receivers import HOST, ONE_GIGABYTE, PUBLIC, SECRET, Names, Receiver, Roads, receiving
from tests.world import IMPATIENT, World, a_world, start_dev_server
from worker import channels_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEOUT_SECONDS = 1.0
AT_ONCE = 6
"""How many jobs live at a time, so that two cores are enough for the timeouts to mean what they say."""

SOON = timedelta(milliseconds=50)
QUICKLY = ClassOverride(first_delay=SOON, longest_delay=SOON, jitter=0, attempts=TRIES)
POLICY = IMPATIENT.model_copy(update={"delivery": QUICKLY})


@dataclass
class Outcome:
    """What became of a job and its receiver; `mended` is the record after the receiver was mended.

    `went` are the addresses that were connected to, of all deliveries.
    """

    first: JobRecord
    posts: int
    effects: int
    connects: int
    mended: JobRecord
    went: list[str]
    receiver: Receiver


@dataclass
class Rig:
    """The world with its roads, and a job per case under way."""

    world: World
    roads: Roads
    names: Names
    elsewhere: Receiver
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    jobs: dict[str, asyncio.Task[Outcome]] = field(default_factory=dict)

    async def live(self, case: Case) -> Outcome:
        """Take a job to its delivery, and past it: mend the receiver and retry where it stopped."""
        acts, keeps = case.acts, case.keeps_keys
        async with self.gate, receiving(*acts, keeps_keys=keeps, elsewhere=self.elsewhere.url) as receiver:
            if case.recovers:
                self.roads.when_refused[receiver.port] = partial(receiver.become, HEALTHY)
            began = len(self.roads.went)
            job_id = await self.world.submit(delivery=_destination(receiver, case))
            await self.world.approve(job_id)
            first = await self.settled(job_id)
            return Outcome(
                first=first,
                posts=len(receiver.genuine),
                effects=len(receiver.effects),
                connects=len(self.roads.to(receiver.port, since=began)),
                mended=await self.mended(first, receiver),
                went=self.roads.to(receiver.port, since=began),
                receiver=receiver,
            )

    async def mended(self, record: JobRecord, receiver: Receiver) -> JobRecord:
        if record.status is JobStatus.COMPLETED:
            return record
        await receiver.become(HEALTHY)
        await self.world.jobs.retry(record.job_id, by="ops", reason="mended")
        return await self.settled(record.job_id)

    async def settled(self, job_id: str) -> JobRecord:
        ends = {JobStatus.COMPLETED, JobStatus.NEEDS_ATTENTION}
        async with asyncio.timeout(60):
            async for seen in self.world.jobs.follow(job_id, timedelta(milliseconds=200)):
                if seen.status in ends and seen.is_complete:
                    return await self.world.jobs.record(job_id)
        pytest.fail(f"{job_id} closed as something else")


def _destination(receiver: Receiver, case: Case) -> dict[str, str]:
    url = receiver.url.replace(HOST, case.name)
    return {"channel": "http", "url": f"{url}/results", "signing_secret": "erp"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    folder = tmp_path_factory.mktemp("receivers")
    roads, loop = Roads(), asyncio.get_running_loop()
    names = Names({case.name: case.leads_to for case in CASES.values() if case.leads_to}, loop.getaddrinfo)
    settings = Settings(
        delivery_hosts=(HOST, *names.answers),
        delivery_secrets=(SecretStr(f"erp={SECRET}"),),
        delivery_timeout_seconds=TIMEOUT_SECONDS,
    )
    async with AsyncExitStack() as stay:
        patch = stay.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(loop, "getaddrinfo", names.getaddrinfo)
        guarded = GuardedTransport(HostAllowance([HOST]), roads)
        http = await stay.enter_async_context(httpx2.AsyncClient(transport=guarded, trust_env=False))
        env = await stay.enter_async_context(await start_dev_server())
        archive, channels = open_archive(f"file:{folder}"), channels_of(settings, http)
        world = await stay.enter_async_context(a_world(env, archive=archive, channels=channels, policy=POLICY))
        elsewhere = await stay.enter_async_context(receiving(HEALTHY))
        rig = Rig(world, roads, names, elsewhere)
        rig.jobs |= {name: asyncio.create_task(rig.live(case)) for name, case in CASES.items()}
        yield rig
        await asyncio.gather(*rig.jobs.values(), return_exceptions=True)


@pytest.mark.parametrize("name", CASES)
async def test_a_receiver_fails_and_the_job_ends_as_it_should(rig: Rig, name: str) -> None:
    case, outcome = CASES[name], await rig.jobs[name]
    record, failure = outcome.first, outcome.first.failure
    assert (outcome.posts, outcome.effects) == (case.posts, case.effects), record.reason
    assert outcome.connects == (case.posts if case.connects is None else case.connects)
    if case.stops:
        assert record.status is JobStatus.NEEDS_ATTENTION, record.reason
        assert failure
        assert (failure.failure_class, record.next_action) == (case.stops, NextAction.RETRY_DELIVERY)
        assert record.receipt is None
    else:
        assert record.status is JobStatus.COMPLETED, record.reason
        assert record.receipt


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.stops])
async def test_a_receiver_that_was_mended_has_what_was_approved_once(rig: Rig, name: str) -> None:
    """The approval holds, nothing is generated again, and what the receiver did already it does not do again."""
    case, outcome = CASES[name], await rig.jobs[name]
    record = outcome.mended
    assert record.status is JobStatus.COMPLETED, record.reason
    assert record.receipt
    assert record.receipt.reference == "/results/1"
    assert (len(outcome.receiver.genuine), len(outcome.receiver.effects)) == (case.posts + 1, 1)
    assert len(record.attempts) == 1


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.posts])
async def test_whatever_arrives_is_genuine_and_a_repeat_has_the_same_key_and_bytes(rig: Rig, name: str) -> None:
    outcome = await rig.jobs[name]
    record, receiver = outcome.mended, outcome.receiver
    assert record.deliverable
    assert len(receiver.genuine) == len(receiver.requests) > 0
    assert {one.key for one in receiver.genuine} == {f"{record.job_id}:{record.deliverable.digest}"}
    assert {request.headers["idempotency-key"] for request in receiver.requests} == {receiver.genuine[0].key}
    assert len({one.body for one in receiver.genuine}) == 1


async def test_a_hint_when_to_come_back_is_kept(rig: Rig) -> None:
    first, second = (await rig.jobs["429, then takes it"]).receiver.at
    assert second - first >= 2


async def test_of_an_answer_without_end_only_the_beginning_is_read(rig: Rig) -> None:
    outcome = await rig.jobs["answers with a gigabyte"]
    assert outcome.receiver.sent_bytes < ONE_GIGABYTE / 32, "what fits into buffers on the way"
    assert outcome.first.receipt
    assert set(outcome.first.receipt.reference) == {"x"}


async def test_no_exchange_takes_longer_than_its_time(rig: Rig) -> None:
    for name in ("hangs", "drips its head", "has a head without end"):
        came = (await rig.jobs[name]).receiver.at
        assert len(came) == TRIES + 1
        assert came[1] - came[0] < TIMEOUT_SECONDS + 3, name


async def test_nobody_is_followed_elsewhere(rig: Rig) -> None:
    await asyncio.gather(*rig.jobs.values())
    assert rig.elsewhere.connections == 0
    assert {host for host, _ in rig.roads.went} == {HOST, PUBLIC}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.leads_to])
async def test_a_name_is_looked_up_once_a_request_and_nothing_connects_to_what_was_not_judged(
    rig: Rig, name: str
) -> None:
    case, outcome = CASES[name], await rig.jobs[name]
    assert rig.names.asked.count(case.name) == len(case.leads_to)
    assert outcome.went == [PUBLIC] * (case.posts + 1)
