"""Jobs that a worker of one version began are finished by one of another, on the real server."""

import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.adapters.memory import InMemoryResponses
from signoff.domain.status import JobStatus
from tests.world import a_world

TEMPORAL = Path(sysconfig.get_path("scripts")) / "temporal"
UNVERSIONED: dict[str, Any] = {}


def versioned(build: str) -> dict[str, Any]:
    return {"deployment_name": "signoff", "build_id": build}


def make_current(env: WorkflowEnvironment, build: str) -> None:
    """As operators do; the server takes it once it has heard of a worker of that version."""
    address = env.client.service_client.config.target_host
    command = f"worker deployment set-current-version --address {address} --deployment-name signoff --build-id {build}"
    subprocess.run(
        [str(TEMPORAL), *command.split(), "--yes", "--allow-no-pollers", "--ignore-missing-task-queues"],
        check=True,
        capture_output=True,
        timeout=30,
    )


@pytest.mark.parametrize("before", [UNVERSIONED, versioned("a")], ids=["unversioned", "a"])
async def test_a_worker_of_another_version_finishes_what_was_begun(
    real_env: WorkflowEnvironment, before: dict[str, Any]
) -> None:
    parts: dict[str, Any] = {"provider": InMemoryResponses(), "archive": open_archive("memory:")}
    if before:
        make_current(real_env, before["build_id"])
    async with a_world(real_env, settings=before, **parts) as world:
        job_id = await world.submit()
        await world.held(job_id)
    make_current(real_env, "b")
    async with a_world(real_env, settings=versioned("b"), **parts) as world:
        await world.approve(job_id)
        assert (await world.handle(job_id).result()).status is JobStatus.COMPLETED
        described = await world.handle(job_id).describe()
        assert described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id == "b"
