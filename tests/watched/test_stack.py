"""A real stack with jobs of every fate, watched by a real Prometheus and a collector of traces."""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import pytest
import pytest_asyncio

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.status import JobStatus
from signoff.settings import load_settings
from starter.plan import Ports, make_plan
from starter.serving import local_token
from starter.sockets import HOST, free_ports
from starter.stack import running
from tests.e2e.conftest import World
from tests.e2e.environment import own_environment
from tests.e2e.receiver import receiving
from tests.watched.collector import Collector, collecting
from tests.watched.prometheus import Prometheus, command, scraping
from tests.watched.test_files import expressions

pytestmark = pytest.mark.asyncio(loop_scope="session")
POLICY: Final = """
adoption_window = "PT1S"

[classes.outcome_unknown]
first_delay = "PT0.5S"
"""
QUESTION: Final = "what-nobody-who-watches-may-read"
QUICK: Final = "queued=0 running=1"
STEPS: Final = ("create_response", "look_at_response", "deliver", "archive_record")
EXPECTED: Final = {
    'sum(signoff_job_status_changes_total{status="completed"})': 2,
    'max(signoff_jobs{status="awaiting_review"})': 2,
    'max(signoff_jobs{status="needs_attention"})': 2,
    'max(signoff_jobs_needing_attention{failure_class="quota"})': 1,
    'max(signoff_jobs_needing_attention{failure_class="configuration"})': 1,
    "max(signoff_deliveries_stuck)": 1,
    'max(signoff_reviews_due{within="1h"})': 1,
    'sum(signoff_failures_total{failure_class="quota"})': 1,
    'sum(signoff_failures_total{failure_class="configuration",stage="deliver"})': 1,
    'sum(signoff_failures_total{failure_class="outcome_unknown",stage="create"})': 1,
    "sum(signoff_possible_double_spend_total)": 1,
    "sum(signoff_attempts_total)": 7,
    "sum(signoff_looks_count)": 6,
    "sum(signoff_response_freshness_seconds_count)": 5,
    'sum(signoff_review_seconds_count{outcome="approved"})': 3,
    'sum(signoff_delivery_attempts_total{channel="release",outcome="taken"})': 2,
    'sum(signoff_delivery_attempts_total{channel="http",outcome="configuration"})': 1,
    'sum(signoff_webhooks_total{outcome="refused"})': 1,
    'max(signoff_workers{task_queue="signoff-looks"})': 1,
    "max(signoff_counts_up)": 1,
}
"""Of six jobs: two delivered, stuck, held, held after a lost create, and stopped for its quota."""


@dataclass
class Watched(World):
    """The running processes, and where they can be watched."""

    token: str = ""

    async def call(self, path: str, content: dict[str, Any], token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx2.AsyncClient(trust_env=False, timeout=30, headers=headers) as http:
            return (await http.post(f"{self.plan.gateway_url}{path}", json=content)).status_code

    async def ask(self, job_id: str, scenario: str, **changes: Any) -> str:
        """Submit by HTTP, where a trace begins."""
        response = {"model": "a-model", "input": QUESTION, "metadata": {"simulator": f"{scenario} {QUICK}"}}
        assert await self.call("/v1/jobs", {"job_id": job_id, "response": response, **changes}, self.token) == 202
        return job_id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as collector:
        yield collector


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def watched(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> AsyncIterator[Watched]:
    """Run a stack, and five jobs on it until each stands where it is to be watched."""
    folder = tmp_path_factory.mktemp("watched")
    temporal, ui, simulator, gateway, metrics = free_ports(5)
    async with receiving() as receiver, AsyncExitStack() as stay:
        watching = {
            "SIGNOFF_METRICS_ADDRESS": f"{HOST}:{metrics}",
            "SIGNOFF_TRACING": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "SIGNOFF_DELIVERY_HOSTS": receiver.host,
        }
        with own_environment(folder, POLICY, **watching):
            settings = load_settings()
            plan = make_plan(settings, Ports(temporal=temporal, ui=ui, simulator=simulator, gateway=gateway))
            stack = await stay.enter_async_context(running(plan))
            token, environ = local_token(settings), plan.environment(os.environ)
        jobs = JobClient(stack.temporal, open_archive(settings.archive))
        world = Watched(plan=plan, stack=stack, jobs=jobs, receiver=receiver, environ=environ, token=token)
        await live(world)
        yield world


async def live(world: Watched) -> None:
    await world.ask("delivered", "completed")
    await world.ask("stuck", "completed", delivery={"channel": "http", "url": world.receiver.closed_url})
    await world.ask("held", "completed", review={"window": "PT30M"})
    await world.ask("lost", "lost webhook=missing", wait="poll")
    await world.ask("quota", "failed code=insufficient_quota")
    for job_id in ("delivered", "stuck"):
        await world.decide(job_id)
    for job_id, status in (("stuck", JobStatus.NEEDS_ATTENTION), ("quota", JobStatus.NEEDS_ATTENTION)):
        await world.until(job_id, lambda seen, status=status: seen.status is status)  # type: ignore[misc]
    await world.held("held")
    await world.held("lost")
    await world.closed("delivered")
    assert await world.call("/webhooks/openai", {"type": "response.completed"}) == 400


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prometheus(watched: Watched, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    command("prometheus")
    worker = watched.environ["SIGNOFF_METRICS_ADDRESS"]
    gateway = watched.plan.gateway_url.removeprefix("http://")
    async with scraping(tmp_path_factory.mktemp("prometheus"), worker, gateway, watched.token) as server:
        await eventually(server, "sum(signoff_attempts_total)", 6)
        # What a rate is of has to grow between two scrapes.
        await watched.ask("another", "completed")
        await watched.decide("another")
        await watched.closed("another")
        yield server


async def eventually(prometheus: Prometheus, expression: str, wanted: float | None = None) -> None:
    """Wait until an expression has values, or this one."""
    end, found = time.monotonic() + 40, []
    while time.monotonic() < end:
        values = [float(one["value"][1]) for one in await prometheus.value_of(expression)]
        found = [value for value in values if not math.isnan(value)]
        if found == [wanted] if wanted is not None else found:
            return
        await asyncio.sleep(0.25)
    pytest.fail(f"{expression}: {found}")


@pytest.mark.parametrize(("expression", "value"), EXPECTED.items())
async def test_what_happened_to_jobs_is_counted(prometheus: Prometheus, expression: str, value: float) -> None:
    await eventually(prometheus, expression, value)


@pytest.mark.parametrize("expression", expressions())
async def test_every_panel_of_the_dashboard_has_something_to_show(prometheus: Prometheus, expression: str) -> None:
    await eventually(prometheus, expression)


async def test_the_server_has_loaded_every_alert(prometheus: Prometheus) -> None:
    groups = (await prometheus.ask("rules", type="alert"))["groups"]
    assert [len(group["rules"]) for group in groups] == [13]
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}


async def test_replays_count_nothing(watched: Watched, prometheus: Prometheus) -> None:
    """A worker that takes jobs up from their histories has no counts of what other workers did."""
    await watched.kill_worker()
    await watched.start_worker()
    await watched.decide("held")
    await watched.closed("held")
    await eventually(prometheus, 'sum(signoff_job_status_changes_total{status="completed"})', 1)
    assert [one["value"][1] for one in await prometheus.value_of("sum(signoff_attempts_total)")] in ([], ["0"])


async def test_a_job_is_one_trace_over_the_wire(watched: Watched, collector: Collector) -> None:
    assert watched.token
    steps = (f"RunActivity:{step}" for step in STEPS)
    spans = await collector.until("delivered", "StartWorkflow:BackgroundJob", "HandleUpdate:decide", *steps)
    [begun] = [span for span in spans if span.name == "StartWorkflow:BackgroundJob"]
    parts = [span for span in spans if not span.name.startswith(("SignalWorkflow", "SignalWithStart"))]
    assert {span.trace_id for span in parts} == {begun.trace_id}
    assert {span.service for span in parts} == {"signoff-gateway", "signoff-worker"}


async def test_nothing_of_a_jobs_content_goes_to_the_collector(watched: Watched, collector: Collector) -> None:
    await collector.until("delivered", "RunActivity:deliver")
    await collector.until("stuck", "RunActivity:deliver")
    sent = b"".join(collector.bodies)
    assert b"exception.type" in sent
    told = (QUESTION, "a-model", "ana", watched.token, "exception.message", "exception.stacktrace")
    assert [word for word in told if word.encode() in sent] == []
