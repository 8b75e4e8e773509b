"""Servers to run jobs on."""

import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from signoff.domain import names
from tests.world import World, a_world, start_dev_server


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    server = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
    started = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(server), data_converter=pydantic_data_converter
    )
    async with started:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        wanted = AddSearchAttributesRequest(search_attributes=dict.fromkeys(names.SEARCH_ATTRIBUTES, keyword))
        await started.client.operator_service.add_search_attributes(wanted)
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
