"""One server with one worker, whose provider, archive and channel are fakes with state."""

import sysconfig
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.memory import InMemoryResponses
from signoff.adapters.release import ReleaseChannel
from signoff.client import JobClient
from signoff.domain import names
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.delivery import DeliverySpec, Receipt
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.description import Submitted
from signoff.domain.errors import FaultError
from signoff.domain.job import JobRequest, parse_request
from signoff.domain.record import JobOutcome, JobRecord
from signoff.domain.schedule import Looks, ScheduleOverride
from signoff.domain.status import JobStatus
from signoff.ports import Parcel
from signoff.settings import Settings
from signoff.temporal import attribute_key
from worker import make_workers
from workflows.job import BackgroundJob

SECOND = timedelta(seconds=1)
SOON = ScheduleOverride.model_construct(first=SECOND / 5, shortest=SECOND / 5)
IMPATIENT = DeploymentPolicy(looks=Looks.model_construct(poll=SOON, webhook=ScheduleOverride()))
"""Looks sooner than a deployment may, since a server on real time makes every test wait for it."""

EVENTS_UNTIL_HELD = 10
"""Started, create (3), attributes, look (3), attributes, review timer; the time-skipping server knows no more."""


QUICKLY = [f'history.{queue}ProcessorUpdateAckInterval="200ms"' for queue in ("transfer", "visibility", "timer")]
"""A history is deleted once the server has noted that all tasks of its job are done, which it does twice a minute."""


@dataclass
class Outbox:
    """A channel that keeps what it was given; `faults` are raised first, one per delivery."""

    faults: list[FaultError] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)

    def check(self, destination: DeliverySpec) -> None:
        pass

    async def deliver(self, parcel: Parcel) -> Receipt:
        if self.faults:
            raise self.faults.pop(0)
        self.parcels.append(parcel)
        return await ReleaseChannel().deliver(parcel)


@dataclass
class World:
    """One server with one worker, and what a test asks of them."""

    env: WorkflowEnvironment
    provider: InMemoryResponses
    archive: ObjectArchive
    outbox: Outbox
    jobs: JobClient
    settings: Settings

    async def submit(self, **changes: Any) -> str:
        submitted = await self.jobs.submit(a_request(**changes))
        return submitted.job_id

    def handle(self, job_id: str) -> WorkflowHandle[Any, JobOutcome]:
        return self.env.client.get_workflow_handle(job_id, result_type=JobOutcome)

    async def until(self, job_id: str, is_so: Callable[[JobRecord], bool]) -> JobRecord:
        """Let time pass until the record is as wanted: where it can be skipped, in steps that grow to days."""
        is_skipped = self.env.supports_time_skipping
        step, growth, steps = (SECOND, 1.2, 80) if is_skipped else (SECOND / 20, 1.0, 1200)
        for _ in range(steps):
            record = await self.jobs.record(job_id)
            if is_so(record):
                return record
            await self.env.sleep(step)
            step *= growth
        pytest.fail(f"still {record.status} ({record.reason}) after {'weeks' if is_skipped else 'a minute'}")

    async def stopped(self, job_id: str) -> JobRecord:
        return await self.until(job_id, lambda record: record.status is JobStatus.NEEDS_ATTENTION)

    async def approve(self, job_id: str) -> None:
        held = await self.held(job_id)
        await self.jobs.decide(job_id, a_decision(held.review.digest if held.review else ""))

    async def held(self, job_id: str) -> JobRecord:
        return await self.until(job_id, lambda record: record.status is JobStatus.AWAITING_REVIEW)

    async def events(self, job_id: str, kind: str) -> int:
        """Count the events of a kind, such as `ACTIVITY_TASK_SCHEDULED:deliver`, or all but workflow tasks.

        How many workflow tasks there are depends on what arrives together, so they are never counted.
        """
        wanted, _, activity = kind.partition(":")
        count = 0
        async for event in self.handle(job_id).fetch_history_events():
            name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
            scheduled = event.activity_task_scheduled_event_attributes.activity_type.name
            is_task = name.startswith("WORKFLOW_TASK")
            count += not is_task and name.endswith(wanted) and activity in {"", scheduled}
        return count


def a_request(**changes: Any) -> JobRequest:
    request = {"requester": "a-service", "response": {"model": "a-model", "input": "a question"}, **changes}
    return parse_request(request)


def a_decision(digest: str, kind: str = "approve", reviewer: str = "ana", **more: Any) -> Decision:
    more = {"decision_id": f"{reviewer}-{kind}", "comment": "seen", **more}
    return Decision(kind=DecisionKind(kind), digest=digest, reviewer=reviewer, **more)


async def replay_all(env: WorkflowEnvironment, job_ids: Sequence[str]) -> None:
    """Replay the whole history of each job, which shows whatever in it is not deterministic.

    A worker without a cache would replay at each task as well, but it loses messages: what arrives for a run that
    is being evicted is dropped, and nobody answers it.
    """
    replayer = Replayer(workflows=[BackgroundJob], data_converter=env.client.data_converter)
    for job_id in job_ids:
        try:
            history = await env.client.get_workflow_handle(job_id).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # a test had the server forget it
                raise
        else:
            await replayer.replay_workflow(history)


class Jobs(JobClient):
    """A client that remembers what was submitted through it."""

    def __init__(self, temporal: Client, archive: ObjectArchive) -> None:
        super().__init__(temporal, archive)
        self.submitted: list[str] = []

    async def submit(self, request: JobRequest) -> Submitted:
        submitted = await super().submit(request)
        self.submitted += [submitted.job_id] if submitted.is_new else []
        return submitted


@asynccontextmanager
async def a_world(env: WorkflowEnvironment, **parts: Any) -> AsyncIterator[World]:
    archive = parts.get("archive") or open_archive("memory:")
    provider = parts.get("provider", InMemoryResponses())
    outbox = parts.get("outbox", Outbox())
    keys = tuple(map(SecretStr, parts.get("keys", ())))
    settings = Settings(shutdown_seconds=0, attestation_keys=keys, **parts.get("settings", {}))
    jobs = Jobs(env.client, archive)
    world = World(env, provider, archive, outbox, jobs, settings)
    async with AsyncExitStack() as stack:
        policy = parts.get("policy", DeploymentPolicy() if env.supports_time_skipping else IMPATIENT)
        made = make_workers(
            env.client,
            settings,
            provider,
            archive,
            {**dict.fromkeys(("release", "file", "email", "chat"), outbox), **parts.get("channels", {})},
            policy=policy,
            notifier=parts.get("notifier"),
        )
        for worker in made:
            await stack.enter_async_context(worker)
        yield world
        await replay_all(env, jobs.submitted)


async def start_dev_server(
    search_attributes: Iterable[str] = names.SEARCH_ATTRIBUTES,
    identity: str | None = None,
    options: Sequence[str] = (),
    config: Sequence[str] = (),
) -> WorkflowEnvironment:
    """Start the real server of the `temporal` command, in memory."""
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        data_converter=pydantic_data_converter,
        search_attributes=[attribute_key(name) for name in search_attributes],
        identity=identity,
        dev_server_extra_args=[*options, *(word for value in config for word in ("--dynamic-config-value", value))],
    )
