"""A time-skipping server, and a worker with fakes that have state."""

import asyncio
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.memory import InMemoryResponses
from signoff.adapters.release import ReleaseChannel
from signoff.client import JobClient
from signoff.ports import DeliveryChannel
from signoff.settings import Settings
from worker import make_workers
