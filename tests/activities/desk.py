"""Runs activities as a worker does, on fakes that have state and at a time that the test sets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.orders import ResponseOrder
from activities.responses import ResponseActivities
from activities.strays import StrayActivities
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.checks import DraftChecker
from signoff.adapters.memory import InMemoryResponses
from signoff.adapters.release import ReleaseChannel
from signoff.domain.deployment import ClassOverride, DeploymentPolicy, Terms
from signoff.domain.errors import FaultError
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Archive, DeliveryChannel

T = TypeVar("T")
OPENED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ARCHIVE_DOWN = FaultError(Observation(stage=Stage.ARCHIVE, network=NetworkFault.LOST, message="the archive is down"))

UNSPREAD = DeploymentPolicy(
    classes={failure_class: ClassOverride(jitter=0) for failure_class in FailureClass},
    delivery=ClassOverride(jitter=0),
)
"""Delays without chance, so that a test can name them."""


def fault(stage: Stage, http_status: int | None = None, **more: Any) -> FaultError:
    return FaultError(Observation(stage=stage, http_status=http_status, message="told by the provider", **more))


@dataclass
class FlakyArchive:
    """An archive in memory that fails as often as told before it works, and remembers the order of its writes."""

    failures: int = 0
    inner: ObjectArchive = field(default_factory=lambda: open_archive("memory:"))
    written: list[str] = field(default_factory=list)

    async def put(self, path: str, data: bytes) -> None:
        self._fail()
        await self.inner.put(path, data)
        self.written.append(path)

    async def get(self, path: str) -> bytes | None:
        self._fail()
        return await self.inner.get(path)

    async def delete(self, path: str) -> None:
        self._fail()
        await self.inner.delete(path)

    def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        self._fail()
        return self.inner.paths(folder, after=after)

    async def folders(self, folder: str) -> list[str]:
        self._fail()
        return await self.inner.folders(folder)

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ARCHIVE_DOWN


@dataclass
class Desk:
    """One activity execution after another, each with what the server would hand it."""

    provider: InMemoryResponses = field(default_factory=InMemoryResponses)
    archive: Archive = field(default_factory=lambda: open_archive("memory:"))
    channels: dict[str, DeliveryChannel] = field(default_factory=lambda: {"release": ReleaseChannel()})
    policy: DeploymentPolicy = UNSPREAD
    now: datetime = OPENED
    attempt: int = 0
    heartbeat: list[Any] = field(default_factory=list)

    @property
    def responses(self) -> ResponseActivities:
        return ResponseActivities(
            self.provider,
            self.archive,
            self.channels,
            DraftChecker(),
            policy=self.policy,
            clock=lambda: self.now,
        )

    @property
    def strays(self) -> StrayActivities:
        return StrayActivities(self.provider, self.archive, policy=self.policy, clock=lambda: self.now)

    async def run(self, activity: Callable[[Any], Awaitable[T]], order: BaseModel) -> T:
        """Run the next activity attempt; heartbeat details survive as JSON, as they do at the server."""
        self.attempt += 1
        env = ActivityEnvironment()
        env.info = replace(
            env.info,
            attempt=self.attempt,
            heartbeat_details=self.heartbeat,
            scheduled_time=OPENED,
            workflow_id="job-1",
        )
        env.on_heartbeat = lambda *details: self._keep(details)
        return await env.run(activity, order)

    async def error_of(self, activity: Callable[[Any], Awaitable[Any]], order: BaseModel) -> ApplicationError:
        with pytest.raises(ApplicationError) as raised:
            await self.run(activity, order)
        return raised.value

    async def failure_of(self, activity: Callable[[Any], Awaitable[Any]], order: BaseModel) -> Failure:
        """Run an activity that must end for good, and take the failure that the workflow gets."""
        error = await self.error_of(activity, order)
        assert error.non_retryable
        failure, terms = error.details
        assert isinstance(failure, Failure)
        assert isinstance(terms, Terms)
        assert error.type == failure.failure_class
        return failure

    def pass_time(self, **of: float) -> None:
        self.now += timedelta(**of)

    async def created(self) -> str:
        return str((await self.provider.create({"model": "a-model"})).body["id"])

    def _keep(self, details: tuple[BaseModel, ...]) -> None:
        self.heartbeat = [detail.model_dump(mode="json") for detail in details]


def response_order(**changes: Any) -> ResponseOrder:
    order = {
        "job_id": "job-1",
        "attempt": 1,
        "response_id": "resp_1",
        "created_at": OPENED,
        "ends_at": OPENED + timedelta(hours=2),
        **changes,
    }
    return ResponseOrder.model_validate(order)
