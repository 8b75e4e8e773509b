"""A stack that hears of ends: a gateway beside the other processes, and a simulator that sends it signed webhooks."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from standardwebhooks.webhooks import Webhook

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.record import JobRecord
from signoff.domain.webhooks import PATH
from signoff.settings import load_settings
from starter.children import Child, start_child
from starter.plan import Ports, make_plan
from starter.sockets import HOST, free_ports, is_answering
from starter.stack import _ready, running
from tests.e2e.conftest import World
from tests.e2e.environment import own_environment
from tests.e2e.receiver import receiving

POLICY: Final = """
adoption_window = "PT30S"

[classes.transient]
first_delay = "PT0.5S"

[classes.rate_limited]
first_delay = "PT0.5S"

[looks.webhook]
first = "PT{first}S"
shortest = "PT2S"
longest = "PT5S"
"""
"""What takes minutes in production takes seconds here. The safety net of a job begins after `first`."""


@dataclass
class AnnouncedWorld(World):
    """The running processes, and what a test asks of them. Others may run besides, so each is told by its place."""

    async def ledger(self) -> dict[str, Any]:
        """Ask the simulator for everything that it was asked and has sent."""
        found: dict[str, Any] = (await self.simulator("GET", "ledger")).json()
        return found

    async def responses_of(self, job_ids: Iterable[str]) -> dict[str, str]:
        """Find out from the simulator which response each job created, as far as they have."""
        wanted = set(job_ids)
        creates = [(each["metadata"].get("signoff_job_id"), each["id"]) for each in (await self.ledger())["creates"]]
        return {job_id: response_id for job_id, response_id in creates if job_id in wanted}

    async def sent_about(self, response_ids: Iterable[str]) -> list[dict[str, Any]]:
        """List the simulator's own webhooks about these responses."""
        wanted = set(response_ids)
        return [sent for sent in (await self.ledger())["webhooks"] if sent["response_id"] in wanted]

    async def delivered(self, job_ids: Sequence[str], *, at_least: int) -> list[dict[str, Any]]:
        """Wait for so many of the simulator's own webhooks about these jobs to be answered with 200, and list them."""
        while True:
            sent = await self.sent_about((await self.responses_of(job_ids)).values())
            taken = [one for one in sent if one["delivered"]]
            if len(taken) >= at_least:
                return taken
            await asyncio.sleep(0.05)

    async def post(self, http: httpx2.AsyncClient, response_id: str, webhook_id: str) -> int:
        """Announce the end of a response as OpenAI would, signed by an independent implementation."""
        at = datetime.now(UTC).replace(microsecond=0)
        event = {"id": webhook_id, "object": "event", "created_at": int(at.timestamp()), "type": "response.completed"}
        body = json.dumps(event | {"data": {"id": response_id}})
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.plan.webhook_secret).sign(webhook_id, at, body),
        }
        return (await http.post(f"{self.plan.gateway_url}{PATH}", content=body, headers=headers)).status_code

    async def counted(self, name: str, **labels: str) -> None:
        """Wait until the worker shows that it counted something under these labels."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            while True:
                shown = (await http.get(f"http://{self.environ['SIGNOFF_METRICS_ADDRESS']}/metrics")).text
                samples = [one for family in text_string_to_metric_families(shown) for one in family.samples]
                if any(one.name == name and labels.items() <= one.labels.items() for one in samples):
                    return
                await asyncio.sleep(0.05)

    async def kill_gateway(self) -> None:
        """End the gateway at once, as a crash would."""
        await self._kill(self.plan.gateway_command)

    async def start_gateway(self) -> Child:
        """Start a gateway in the place of one that was killed, and return when it answers."""
        name, command = f"gateway-{len(self.more) + 2}", self.plan.gateway_command
        child = await start_child(
            name,
            command,
            logs=self.plan.logs,
            environ=self.environ,
            patience=self.plan.patience,
        )
        self.more.append(child)
        await _ready(child, lambda: is_answering(self.plan.ports.gateway or 0))
        return child


def waited(record: JobRecord) -> timedelta:
    """Say how long after its last create a job came to stand where it stands."""
    created_at = record.attempts[-1].created_at
    assert created_at
    return record.since - created_at


@asynccontextmanager
async def announced_world(folder: Path, *, first_seconds: int) -> AsyncIterator[AnnouncedWorld]:
    """Run a stack whose jobs rely on webhooks, and whose safety net begins after so many seconds."""
    temporal, ui, simulator, gateway, metrics = free_ports(5)
    policy = POLICY.format(first=first_seconds)
    async with receiving() as receiver, AsyncExitStack() as stay:
        with own_environment(folder, policy, SIGNOFF_METRICS_ADDRESS=f"{HOST}:{metrics}"):
            settings = load_settings()
            plan = make_plan(settings, Ports(temporal=temporal, ui=ui, simulator=simulator, gateway=gateway))
            stack = await stay.enter_async_context(running(plan))
            environ = plan.environment(os.environ)
        jobs = JobClient(stack.temporal, open_archive(settings.archive))
        world = AnnouncedWorld(plan=plan, stack=stack, jobs=jobs, receiver=receiver, environ=environ)
        try:
            yield world
        finally:
            for child in world.more:
                await child.stop()
