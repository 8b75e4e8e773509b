"""The stack behind `bench.inbox`: a dev server that counts its requests, the gateway, and a reviewer at it."""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from bench.stack import isolate
from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.status import JobStatus
from signoff.settings import load_settings
from signoff.tokens import Role, TokenStore
from starter.plan import Plan, Ports, make_plan
from starter.sockets import HOST, free_ports
from starter.stack import Stack, StackError, running

_INDEXED_WITHIN: Final = timedelta(minutes=2)
_PROBE_INTERVAL: Final = timedelta(milliseconds=200)
_REPORT_INTERVAL: Final = timedelta(seconds=2)
_CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')
_JOBS: Final = re.compile(r'<td class="title"><a href="/review/([^"]+)"')
_NEXT: Final = re.compile(r'href="([^"]+)" rel="next"')
_COUNTED: Final = {"ListWorkflowExecutions", "CountWorkflowExecutions", "DescribeWorkflowExecution", "QueryWorkflow"}


@dataclass(frozen=True)
class MeteredPlan(Plan):
    """A stack whose dev server shows how often it was asked."""

    metrics_port: int = 0

    @property
    def temporal_command(self) -> list[str]:
        """Start the server with its metrics."""
        return [*super().temporal_command, "--metrics-port", str(self.metrics_port)]


@dataclass(frozen=True)
class Seen:
    """A page as it came, and how long that took."""

    html: str
    ms: float


@dataclass(frozen=True)
class Walk:
    """What all pages together showed."""

    job_ids: set[str]
    ms: list[float]


@dataclass(frozen=True)
class InboxWorld:
    """The running stack, and a reviewer who has signed in."""

    plan: MeteredPlan
    stack: Stack
    jobs: JobClient
    http: httpx2.AsyncClient

    async def page(self, path: str) -> Seen:
        """Open a page as a browser would, without what belongs to it.

        Raises:
            StackError: The gateway answers something else.
        """
        begun = time.perf_counter()
        answer = await self.http.get(path)
        ms = (time.perf_counter() - begun) * 1_000
        if answer.status_code != httpx2.codes.OK:
            raise StackError(f"{path} was answered with {answer.status_code}")
        return Seen(answer.text, ms)

    async def walk(self) -> Walk:
        """Go from page to page until there is no next one."""
        walk, path = Walk(set(), []), "/review"
        while path:
            seen = await self.page(path)
            walk.job_ids.update(_JOBS.findall(seen.html))
            walk.ms.append(seen.ms)
            following = _NEXT.search(seen.html)
            path = following[1].replace("&amp;", "&") if following else ""
        return walk

    async def indexed(self, count: int) -> None:
        """Wait until Temporal's index has so many jobs that are held for review."""
        async with asyncio.timeout(_INDEXED_WITHIN.total_seconds()):
            while True:
                if (await self.jobs.counts())[JobStatus.AWAITING_REVIEW] >= count:
                    return
                await asyncio.sleep(_PROBE_INTERVAL.total_seconds())

    async def requests(self) -> int:
        """Read how many requests about workflows Temporal has been asked so far; what it shows lags a little."""
        seen, now = -1, 0
        while seen != now:
            await asyncio.sleep(_REPORT_INTERVAL.total_seconds())
            seen, now = now, await self._shown_requests()
        return now

    async def _shown_requests(self) -> int:
        async with httpx2.AsyncClient(trust_env=False) as http:
            shown = (await http.get(f"http://{HOST}:{self.plan.metrics_port}/metrics")).text
        samples = [one for family in text_string_to_metric_families(shown) for one in family.samples]
        return sum(int(one.value) for one in samples if _is_request(one))


def _is_request(sample: Any) -> bool:  # noqa: ANN401  the parser's own
    told = sample.labels
    is_frontend = sample.name.startswith("service_requests") and told.get("service_name") == "frontend"
    return is_frontend and told.get("operation") in _COUNTED


@asynccontextmanager
async def running_inbox() -> AsyncIterator[InboxWorld]:
    """Run everything as long as the block does; no process and no file outlives it.

    Raises:
        SettingsError: A part is not installed; nothing was started.
        StackError: A part ended, or did not get ready in time.
    """
    with tempfile.TemporaryDirectory(prefix="signoff-bench-", ignore_cleanup_errors=True) as folder:
        isolate(Path(folder))
        settings = load_settings()
        temporal, ui, simulator, gateway, metrics = free_ports(5)
        ports = Ports(temporal=temporal, ui=ui, simulator=simulator, gateway=gateway)
        plan = _metered(make_plan(settings, ports), metrics)
        token = TokenStore(settings.tokens).create("ana", [Role.REVIEWER], datetime.now(UTC)).secret
        async with running(plan) as stack, httpx2.AsyncClient(base_url=plan.gateway_url, trust_env=False) as http:
            await _sign_in(http, token)
            yield InboxWorld(plan, stack, JobClient(stack.temporal, open_archive(settings.archive)), http)


def _metered(plan: Plan, port: int) -> MeteredPlan:
    return MeteredPlan(**{one.name: getattr(plan, one.name) for one in fields(plan)}, metrics_port=port)


async def _sign_in(http: httpx2.AsyncClient, token: str) -> None:
    hidden = _CSRF.search((await http.get("/signin")).text)
    form = {"csrf": hidden[1] if hidden else "", "token": token, "next": "/review"}
    answer = await http.post("/signin", data=form)
    if answer.status_code != httpx2.codes.SEE_OTHER:
        raise StackError(f"the gateway lets nobody in: {answer.status_code}")
