"""The stack behind the pages: dev server, simulator, worker and gateway as processes, with a token for each person."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind
from signoff.domain.delivery import File
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.settings import Settings, load_settings
from signoff.tokens import Role, TokenStore
from starter.plan import Plan, Ports, make_plan
from starter.sockets import HOST, free_ports
from starter.stack import running
from tests.e2e.announcing import AnnouncedWorld
from tests.e2e.environment import own_environment
from tests.e2e.receiver import receiving

ROLES: Final = {
    "ana": [Role.REVIEWER],
    "bo": [Role.REVIEWER],
    "ops": [Role.OPERATOR],
    "newsroom": [Role.REQUESTER],
}
PROMPT: Final = "What moves the tide, and what is known of its power?"


class TalkingPlan(Plan):
    """A stack whose simulator says what a test tells it to."""

    @property
    def simulator_command(self) -> list[str]:
        """Start the simulator that has one more scenario."""
        ours = {"signoff.simulator": "tests.browser.simulating"}
        return [ours.get(part, part) for part in super().simulator_command]


@dataclass
class PagesWorld(AnnouncedWorld):
    """The running processes, and what a test of the pages asks of them."""

    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.plan.gateway_url

    async def says(self, *texts: str, scenario: str = "queued=0 running=0.2", **changes: Any) -> str:
        """Submit a job of the newsroom whose drafts are these texts, one after another."""
        parts = (f"says draft={number} {scenario}" for number in range(1, len(texts) + 1))
        question = changes.pop("question", PROMPT)
        told = {
            "model": "gpt-5.5",
            "instructions": json.dumps(texts),
            "input": question,
            "tools": [{"type": "web_search"}],
        }
        asked = {"requester": "newsroom", **changes}
        return await self.submit(scenario=" then ".join(parts), parameters=told, **asked)

    async def ready(self, *texts: str, **changes: Any) -> str:
        """Have a job held for review, with the first of these texts as its draft."""
        job_id = await self.says(*texts, **changes)
        await self.held(job_id)
        return job_id

    async def decides(self, who: str, job_id: str, kind: DecisionKind, comment: str = "") -> DecisionAnswer:
        """Have somebody decide elsewhere, on the draft that is held now."""
        digest = (await self.held(job_id)).digest or ""
        decision = Decision(decision_id=f"{job_id}-{who}", kind=kind, digest=digest, reviewer=who, comment=comment)
        return await self.jobs.decide(job_id, decision)

    async def ready_for_two(self, *texts: str, **changes: Any) -> str:
        """Have a job held whose result goes to two addresses, of which the second one takes nothing."""
        places = [{"channel": "http", "url": url} for url in (self.receiver.url, self.receiver.closed_url)]
        return await self.ready(*texts, delivery=places, **changes)

    async def sends_elsewhere(self, job_id: str, folder: str = "press") -> None:
        """Have bo approve such a job, and an operator send elsewhere what then does not arrive."""
        await self.decides("bo", job_id, DecisionKind.APPROVE)
        await self.until(job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
        answer = await self.jobs.redeliver(
            job_id, delivery=2, destination=File(folder=folder), by="ops", reason="their address is gone"
        )
        assert answer.status is JobStatus.AWAITING_REVIEW, answer.reason

    async def listed(self, *job_ids: str) -> None:
        """Wait until Temporal's index shows these jobs as held for review."""
        wanted = set(job_ids)
        async with asyncio.timeout(20):
            while True:
                shown = await self.jobs.list(status=JobStatus.AWAITING_REVIEW, limit=1000)
                if wanted <= {row.job_id for row in shown}:
                    return
                await asyncio.sleep(0.05)

    async def record(self, job_id: str) -> JobRecord:
        return await self.jobs.record(job_id)

    async def stop_worker(self) -> None:
        """Stop every worker of this stack in good order."""
        started = [child for child in self.stack._children if child.name == "worker"]
        for child in [*started, *(one for one in self.more if one.name.startswith("worker"))]:
            await child.stop()


@asynccontextmanager
async def pages_world(folder: Path) -> AsyncIterator[PagesWorld]:
    """Run a stack whose jobs hear of their ends by webhooks, as long as the block does."""
    temporal, ui, simulator, gateway, metrics = free_ports(5)
    async with receiving() as receiver, AsyncExitStack() as stay:
        ours = {"SIGNOFF_DELIVERY_HOSTS": receiver.host, "SIGNOFF_METRICS_ADDRESS": f"{HOST}:{metrics}"}
        with own_environment(folder, **ours):
            settings = load_settings()
            plan = _talking(make_plan(settings, Ports(temporal=temporal, ui=ui, simulator=simulator, gateway=gateway)))
            stack = await stay.enter_async_context(running(plan))
            environ = plan.environment(os.environ)
        jobs = JobClient(stack.temporal, open_archive(settings.archive))
        world = PagesWorld(plan, stack, jobs, receiver, environ, secrets=_tokens(settings))
        try:
            yield world
        finally:
            for child in world.more:
                await child.stop()


def _talking(plan: Plan) -> TalkingPlan:
    return TalkingPlan(**{one.name: getattr(plan, one.name) for one in fields(plan)})


def _tokens(settings: Settings) -> dict[str, str]:
    store = TokenStore(settings.tokens)
    return {name: store.create(name, roles, datetime.now(UTC)).secret for name, roles in ROLES.items()}
