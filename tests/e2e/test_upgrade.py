"""A release takes over: a worker process of build `a` is stopped, and one of build `b` finishes what was begun."""

import asyncio
import os
import sysconfig
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.deliverable import digest_of
from signoff.domain.status import JobStatus
from signoff.settings import load_settings
from starter.plan import Ports, make_plan
from starter.sockets import free_ports
from starter.stack import running
from tests.e2e.conftest import POLICY, World
from tests.e2e.environment import own_environment
from tests.e2e.receiver import receiving

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEMPORAL: Final = Path(sysconfig.get_path("scripts")) / "temporal"
QUICK: Final = "queued=0 running=0.2"
BUILD_A: Final = {
    "SIGNOFF_DEPLOYMENT_NAME": "signoff",
    "SIGNOFF_BUILD_ID": "a",
    "SIGNOFF_SHUTDOWN_SECONDS": "1",
    # A worker that stops waits for the end of a delivery that is on its way.
    "SIGNOFF_DELIVERY_TIMEOUT_SECONDS": "3",
}


class ReleasedWorld(World):
    """A stack whose workers are of a version."""

    async def make_current(self, build: str) -> None:
        """As operators do: repeated until the server has heard of that build on every queue, and with no override."""
        command = f"worker deployment set-current-version --deployment-name signoff --build-id {build} --yes"
        told: str | None = ""
        try:
            async with asyncio.timeout(20):
                while told is not None:
                    told = await self._temporal(*command.split())
        except TimeoutError:
            pytest.fail(f"build {build} did not become current: {told}")

    async def stop_worker(self) -> None:
        """Stop the worker by SIGTERM, as whoever replaces it does."""
        [worker] = [child for child in self.stack._children if child.name == "worker"]
        await worker.stop()
        assert worker.process.returncode == 0

    async def build_of(self, job_id: str) -> str:
        """Say which build took the last step of a job."""
        described = await self.stack.temporal.get_workflow_handle(job_id).describe()
        return described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id

    async def _temporal(self, *arguments: str) -> str | None:
        process = await asyncio.create_subprocess_exec(
            str(TEMPORAL),
            *arguments,
            env={**self.environ, "TEMPORAL_ADDRESS": self.plan.address},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        return told.decode() if process.returncode else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def released(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ReleasedWorld]:
    async with receiving() as receiver, AsyncExitStack() as stay:
        folder = tmp_path_factory.mktemp("released")
        with own_environment(folder, POLICY, SIGNOFF_DELIVERY_HOSTS=receiver.host, **BUILD_A):
            settings = load_settings()
            plan = make_plan(settings, Ports(*free_ports(3)))
            stack = await stay.enter_async_context(running(plan))
            environ = plan.environment(os.environ)
        jobs = JobClient(stack.temporal, open_archive(settings.archive))
        world = ReleasedWorld(plan=plan, stack=stack, jobs=jobs, receiver=receiver, environ=environ)
        try:
            yield world
        finally:
            for child in world.more:
                await child.stop()


async def test_the_next_build_finishes_every_job_that_waits(released: ReleasedWorld) -> None:
    """Whatever a job waits for: it is created once, and what arrives is what was approved."""
    world = released
    await world.make_current("a")
    jobs = await begun(world)
    seen = {"delivering": await approved(world, jobs["delivering"])}
    seen["held"] = (await world.held(jobs["held"])).digest or ""
    await world.receiver.has_arrived.wait()
    assert {await world.build_of(job_id) for job_id in jobs.values()} == {"a"}

    await world.stop_worker()
    world.receiver.may_answer.set()
    world.environ["SIGNOFF_BUILD_ID"] = "b"
    await world.start_worker()
    await world.make_current("b")

    async with asyncio.timeout(30):
        assert (await world.jobs.retry(jobs["stopped"], by="ops", reason="the quota is restored")).is_accepted
        assert await approved(world, jobs["held"]) == seen["held"]
        seen |= {name: await approved(world, jobs[name]) for name in ("running", "stopped")}
        for name, job_id in jobs.items():
            await arrived(world, job_id, seen[name])


async def begun(world: ReleasedWorld) -> dict[str, str]:
    """Begin one job of each kind, and return when each stands where the next build is to find it."""
    to = {"delivery": {"channel": "http", "url": world.receiver.url}}
    world.receiver.may_answer.clear()
    jobs = {
        "running": await world.submit(scenario="completed queued=0 running=8", **to),
        "held": await world.submit(scenario=f"completed {QUICK}", **to),
        "stopped": await world.submit(scenario=f"429 code=insufficient_quota then completed {QUICK}", **to),
        "delivering": await world.submit(scenario=f"completed {QUICK}", **to),
    }
    async with asyncio.timeout(20):
        await world.until(jobs["stopped"], lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
        await world.until(jobs["running"], lambda seen: seen.status is JobStatus.RUNNING and seen.looks > 0)
    return jobs


async def approved(world: ReleasedWorld, job_id: str) -> str:
    """Have what is held approved, and give the digest that the reviewer saw."""
    digest = (await world.held(job_id)).digest
    assert (await world.decide(job_id)).is_accepted
    assert digest
    return digest


async def arrived(world: ReleasedWorld, job_id: str, digest: str) -> None:
    """See to it that a job was finished by the next build, with these bytes and no others."""
    record = await world.closed(job_id)
    assert record.status is JobStatus.COMPLETED
    bodies = [body for key, each in world.receiver.bodies.items() if key.startswith(job_id) for body in each]
    assert {digest_of(body) for body in bodies} == {digest}
    assert await world.creates_of(job_id) == 1
    assert await world.build_of(job_id) == "b"
