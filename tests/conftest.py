"""Servers to run jobs on."""

import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from signoff.domain import names
from signoff.temporal import register
from tests.world import World, a_world, start_dev_server


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    server = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
    started = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(server), data_converter=pydantic_data_converter
    )
    async with started:
        await register(started.client, names.SEARCH_ATTRIBUTES)
        yield started


@pytest.fixture
async def real_env() -> AsyncIterator[WorkflowEnvironment]:
    """The dev server, for what the time-skipping server answers differently."""
    async with await start_dev_server() as started:
        yield started


@pytest.fixture
async def world(env: WorkflowEnvironment) -> AsyncIterator[World]:
    async with a_world(env) as ready:
        yield ready
