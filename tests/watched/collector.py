"""A collector that takes spans over OTLP, by HTTP, as they go over the wire."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from starter.sockets import HOST


@dataclass(frozen=True)
class Seen:
    """One span that arrived."""

    service: str
    name: str
    trace_id: str
    job_id: str


@dataclass
class Collector:
    """What arrived, as spans and as bytes."""

    port: int = 0
    spans: list[Seen] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def of(self, job_id: str) -> list[Seen]:
        return [span for span in self.spans if span.job_id == job_id]

    async def until(self, job_id: str, *names: str) -> list[Seen]:
        """Wait until spans of these names arrived for a job."""
        async with asyncio.timeout(30):
            while not set(names) <= {span.name for span in self.of(job_id)}:  # noqa: ASYNC110  others send them
                await asyncio.sleep(0.1)
        return self.of(job_id)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().splitlines()
                headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
                body = await reader.readexactly(int(headers["content-length"]))
                self._take(gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender has ended
        finally:
            writer.close()

    def _take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                words = {one.key: one.value.string_value for one in span.attributes}
                seen = Seen(service, span.name, span.trace_id.hex(), words.get("temporalWorkflowID", ""))
                self.spans.append(seen)


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Take spans as long as the block does."""
    collector = Collector()
    server = await asyncio.start_server(collector.serve, HOST, 0)
    collector.port = server.sockets[0].getsockname()[1]
    try:
        yield collector
    finally:
        server.close()
