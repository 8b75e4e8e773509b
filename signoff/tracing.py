"""Traces by OpenTelemetry: one for each job, from its submit to its delivery, with nothing of its content in it.

Needs the extra `tracing`. The SDK's `temporalio.contrib.opentelemetry` makes the spans; where they go, and under which
name, is said in OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, ...).
"""

from collections.abc import Sequence
from typing import Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor

_TOLD: Final = frozenset(
    {"temporalWorkflowID", "temporalRunID", "temporalActivityID", "temporalActivityType", "temporalUpdateID"}
)
_EXCEPTION_TYPE: Final = "exception.type"
_NO_STEP_OF_A_JOB: Final = ("QueryWorkflow:", "HandleQuery:", "ValidateUpdate:")


class WithoutContent(SpanExporter):
    """Hands on what may be seen: names, times, parents, ids, and the types of errors, but none of their texts.

    A provider's error may quote a request. Queries are left out: people who look at a job are no part of its life.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand on the spans of steps."""
        steps = [_without_content(span) for span in spans if not span.name.startswith(_NO_STEP_OF_A_JOB)]
        return self._exporter.export(steps) if steps else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the exporter send what it holds."""
        return self._exporter.force_flush(timeout_millis)


def traced(client: Client) -> Client:
    """Give a client that traces what it does, and whose workers do too, by the tracer provider of the process.

    What people and services say to a job is in the trace that its submit began, with a link to their own.
    """
    config = client.config()
    config["interceptors"] = [*config["interceptors"], TracingInterceptor()]
    return Client(**config)


def open_provider(service: str, exporter: SpanExporter | None = None) -> TracerProvider:
    """Make the tracer provider of this process, once.

    Args:
        service: Its name, where `OTEL_SERVICE_NAME` gives none.
        exporter: Where spans go; by default over OTLP to where OpenTelemetry's variables say.
    """
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}).merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(WithoutContent(exporter or _over_otlp())))
    trace.set_tracer_provider(provider)
    return provider


def _without_content(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in _TOLD},
        events=[Event(event.name, _type_in(event), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _type_in(event: Event) -> dict[str, str]:
    found = (event.attributes or {}).get(_EXCEPTION_TYPE)
    return {_EXCEPTION_TYPE: str(found)} if found else {}


def _over_otlp() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  tests need none

    return OTLPSpanExporter()
