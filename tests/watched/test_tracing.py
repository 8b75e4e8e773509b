"""One trace for each job on a real server, whoever talks to it, and nothing of its content in any span."""

import asyncio
from collections.abc import Callable, Iterable

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.client import JobClient
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus
from signoff.tracing import open_provider, traced
from tests.world import World, a_decision, a_world

QUESTION, ANSWER, COMMENT, REVIEWER = "what-is-asked", "what-is-answered", "what-is-said", "ana"
STEPS = ("create_response", "look_at_response", "deliver", "archive_record")


class Traces:
    """The spans that this process exported."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._provider = open_provider("signoff-test", self._exporter)

    async def until(self, job_id: str, is_so: Callable[[list[ReadableSpan]], bool]) -> list[ReadableSpan]:
        """Wait until the spans of a job are as wanted: they end with the steps, which is after their effects."""
        async with asyncio.timeout(20):
            while not is_so(found := self.of(job_id)):  # noqa: ASYNC110  an exporter sets no event
                await asyncio.sleep(0.05)
        return found

    def of(self, job_id: str) -> list[ReadableSpan]:
        self._provider.force_flush()
        spans = self._exporter.get_finished_spans()
        return [span for span in spans if (span.attributes or {}).get("temporalWorkflowID") == job_id]


@pytest.fixture(scope="module")
def traces() -> Traces:
    """A process has one tracer provider for good, so there is one for all tests."""
    return Traces()


def quoting_provider() -> InMemoryResponses:
    """Give one whose error quotes the request, as a real one's may."""
    fault = FaultError(Observation(stage=Stage.LOOK, http_status=500, message=f"can't go on with {QUESTION}"))
    return InMemoryResponses(script=(IN_PROGRESS, fault, completed(ANSWER)))


async def submitted(world: World) -> str:
    return await world.submit(response={"model": "a-model", "input": QUESTION})


async def decided(world: World, jobs: JobClient, job_id: str) -> None:
    held = await world.held(job_id)
    assert held.review
    await jobs.decide(job_id, a_decision(held.review.digest, reviewer=REVIEWER, comment=COMMENT))
    await world.until(job_id, lambda record: record.status is JobStatus.COMPLETED)


def named(spans: list[ReadableSpan], name: str) -> ReadableSpan:
    found = [span for span in spans if span.name == name]
    assert found, sorted({span.name for span in spans})
    return found[0]


def span_id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context
    return context.span_id


def trace_ids(spans: Iterable[ReadableSpan]) -> set[int]:
    return {context.trace_id for span in spans if (context := span.get_span_context())}


def is_over(spans: list[ReadableSpan]) -> bool:
    return any(span.name == "CompleteWorkflow:BackgroundJob" for span in spans)


def is_delivered(spans: list[ReadableSpan]) -> bool:
    return any(span.name == "RunActivity:deliver" for span in spans)


def is_child(spans: list[ReadableSpan], name: str, parent: str) -> bool:
    child, expected = named(spans, name), named(spans, parent)
    return child.parent is not None and child.parent.span_id == span_id(expected)


async def test_a_job_is_one_trace_from_its_submit_to_its_delivery(
    real_env: WorkflowEnvironment, traces: Traces
) -> None:
    env = WorkflowEnvironment.from_client(traced(real_env.client))
    async with a_world(env, provider=quoting_provider()) as world:
        job_id = await submitted(world)
        await decided(world, world.jobs, job_id)
        spans = await traces.until(job_id, is_over)
    begun = named(spans, "StartWorkflow:BackgroundJob")
    asked = named(spans, "StartWorkflowUpdate:decide")
    assert begun.parent is None
    assert trace_ids(span for span in spans if span is not asked) == trace_ids([begun])
    assert is_child(spans, "RunWorkflow:BackgroundJob", "StartWorkflow:BackgroundJob")
    for step in STEPS:
        assert is_child(spans, f"RunActivity:{step}", f"StartActivity:{step}")
        assert is_child(spans, f"StartActivity:{step}", "StartWorkflow:BackgroundJob")
    assert is_child(spans, "HandleUpdate:decide", "StartWorkflow:BackgroundJob")
    # Whoever decided has a trace of their own, which the decision leads to.
    [link] = named(spans, "HandleUpdate:decide").links
    assert link.context.span_id == span_id(asked)
    assert sum(span.name == "RunActivity:look_at_response" for span in spans) >= 3
    assert len({span_id(span) for span in spans}) == len(spans)


async def test_no_span_holds_anything_of_a_jobs_content(real_env: WorkflowEnvironment, traces: Traces) -> None:
    env = WorkflowEnvironment.from_client(traced(real_env.client))
    async with a_world(env, provider=quoting_provider()) as world:
        job_id = await submitted(world)
        await decided(world, world.jobs, job_id)
        spans = await traces.until(job_id, is_over)
    told = "\n".join(span.to_json() for span in spans)
    assert "exception.type" in told
    assert [word for word in (QUESTION, ANSWER, COMMENT, REVIEWER, "can't go on") if word in told] == []
    assert not [span.name for span in spans if "Query" in span.name]


@pytest.mark.parametrize("is_traced_first", [True, False])
async def test_a_job_goes_on_when_tracing_is_switched(
    real_env: WorkflowEnvironment,
    traces: Traces,
    is_traced_first: bool,  # noqa: FBT001  a column
) -> None:
    """A worker replays what another one did; spans are no part of that."""
    plain, tracing = real_env, WorkflowEnvironment.from_client(traced(real_env.client))
    first, second = (tracing, plain) if is_traced_first else (plain, tracing)
    async with a_world(first) as world:
        job_id = await submitted(world)
        await world.held(job_id)
        archive, outbox = world.archive, world.outbox
    async with a_world(second, archive=archive, outbox=outbox) as world:
        await decided(world, world.jobs, job_id)
        assert [parcel.job_id for parcel in outbox.parcels] == [job_id]
        spans = traces.of(job_id) if is_traced_first else await traces.until(job_id, is_delivered)
    assert is_delivered(spans) != is_traced_first
    assert any(span.name == "RunActivity:create_response" for span in spans) == is_traced_first


async def test_an_untraced_decision_belongs_to_the_trace_of_its_job(
    real_env: WorkflowEnvironment, traces: Traces
) -> None:
    env = WorkflowEnvironment.from_client(traced(real_env.client))
    async with a_world(env) as world:
        job_id = await submitted(world)
        await decided(world, JobClient(real_env.client, world.archive), job_id)
        spans = await traces.until(job_id, is_over)
    assert len(trace_ids(spans)) == 1
    assert is_child(spans, "HandleUpdate:decide", "StartWorkflow:BackgroundJob")
