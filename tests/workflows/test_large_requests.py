"""A large request: the history holds a reference to it, and without what that names the job waits."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.domain import layout
from signoff.domain.deliverable import canonical_json
from signoff.domain.errors import BadRequestError
from signoff.domain.status import JobStatus
from signoff.external import external_storage
from signoff.temporal import data_converter
from tests.world import SECOND, Jobs, World, a_request, a_world

LARGE = "A long question. " * 130_000  # 2.2 MB
LARGEST = "A long question. " * 985_000  # 16.7 MB, just below 16 MiB


async def with_storage(env: WorkflowEnvironment, archive: ObjectArchive) -> WorkflowEnvironment:
    address = env.client.service_client.config.target_host
    client = await Client.connect(address, data_converter=data_converter(None, external_storage(archive)))
    return WorkflowEnvironment.from_client(client)


def a_stored_world(
    env: WorkflowEnvironment, archive: ObjectArchive, **parts: Any
) -> AbstractAsyncContextManager[World]:
    return a_world(env, archive=archive, **parts)


async def history_bytes(world: World, job_id: str) -> int:
    described = await world.handle(job_id).describe()
    return described.raw_description.workflow_execution_info.history_size_bytes


async def payloads(archive: ObjectArchive, job_id: str) -> list[str]:
    return [path async for path in archive.paths(f"jobs/{job_id}/payloads")]


async def test_a_request_of_16_mib_goes_by_reference_and_the_history_stays_small(real_env: WorkflowEnvironment) -> None:
    archive = open_archive("memory:")
    env = await with_storage(real_env, archive)
    async with a_stored_world(env, archive) as world:
        request = a_request(job_id="large", response={"model": "a-model", "input": LARGEST})
        assert (await world.jobs.submit(request)).is_new
        assert not (await world.jobs.submit(request)).is_new
        await world.approve("large")
        await world.handle("large").result()
        assert await history_bytes(world, "large") < 40_000
        assert len(await payloads(archive, "large")) == 2  # what the job was started with, and its create
        kept = await archive.get(layout.request_path("large", 1))
        assert kept is not None
        assert canonical_json(LARGEST) in kept
        assert await failed_tasks(world, "large") == []


async def test_a_large_request_is_refused_before_it_is_sent_where_it_has_nowhere_to_go(
    real_env: WorkflowEnvironment,
) -> None:
    async with a_world(real_env) as world:
        with pytest.raises(BadRequestError, match=r"has 2,2\d\d,\d\d\d bytes, and this client keeps nothing outside"):
            await world.jobs.submit(a_request(job_id="large", response={"model": "a-model", "input": LARGE}))
        assert await world.jobs.list() == []


async def test_a_missing_payload_stalls_the_job_until_it_is_restored(real_env: WorkflowEnvironment) -> None:
    """The second worker has nothing in its cache, so it has to read the request again."""
    archive = open_archive("memory:")
    env = await with_storage(real_env, archive)
    async with a_stored_world(env, archive) as world:
        await world.jobs.submit(a_request(job_id="large", response={"model": "a-model", "input": LARGE}))
        digest = (await world.held("large")).opened_review.digest
        assert isinstance(world.jobs, Jobs)
        world.jobs.submitted.clear()  # it is not over when this worker stops
    lost = {path: await archive.get(path) for path in await payloads(archive, "large")}
    for path in lost:
        await archive.delete(path)
    async with a_stored_world(env, archive) as world:
        await world.handle("large").signal("approve", {"decision_id": "1", "digest": digest, "reviewer": "ana"})
        told = await until_a_task_failed(world, "large")
        assert "restore it from a copy" in told
        assert "lacks jobs/large/payloads/" in told
        for path, data in lost.items():
            await archive.put(path, data or b"")
        await world.handle("large").result()
        assert (await world.jobs.record("large")).status is JobStatus.COMPLETED


async def until_a_task_failed(world: World, job_id: str) -> str:
    for _ in range(600):
        if told := await failed_tasks(world, job_id):
            return told[0]
        await world.env.sleep(SECOND / 10)
    pytest.fail("no task failed within a minute")


async def failed_tasks(world: World, job_id: str) -> list[str]:
    return [
        event.workflow_task_failed_event_attributes.failure.message
        async for event in world.handle(job_id).fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
