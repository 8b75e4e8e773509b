"""`GET /v1/jobs/{job_id}/events`: the timeline of a job as server-sent events, while it happens."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import format_sse_event
from pydantic import AwareDatetime
from starlette.responses import Response, StreamingResponse

from signoff.domain.errors import BadRequestError
from signoff.domain.failures import FailureClass
from signoff.domain.model import Value
from signoff.domain.record import TimelineEntry
from signoff.domain.status import JobStatus, NextAction
from signoff.gateway.documents import problems
from signoff.gateway.feeds import Feed, Feeds
from signoff.reading import JobReader

COMMENT_INTERVAL: Final = timedelta(seconds=15)
"""What passes a connection on may close it when it is silent for longer."""

_POSITION: Final = "[0-9]{0,9}"
_SCHEMA: Final[dict[str, Any]] = {"pattern": f"^{_POSITION}$"}
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A line of the timeline per event: `id` is its number, `event` its word, `data` a JSON object"
        " with `job_id`, `at`, `event`, `status`, `text`, `failure_class` and, in the last line so far, `next_action`."
        " The stream ends after the last line of a closed job.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The job is closed and every line has been sent; connect no more."},
    **problems(400, 403, 404, 410, 422),
}


class EventStream(StreamingResponse):
    """FastAPI's own class for this is for routes that can say nothing but 200."""

    media_type = "text/event-stream"


class JobEvent(Value):
    """What an event carries. `next_action` is that of the job, told with the last line so far."""

    job_id: str
    at: AwareDatetime
    event: str
    status: JobStatus
    next_action: NextAction | None = None
    text: str
    failure_class: FailureClass | None = None


def events_router(jobs: JobReader, visible: Callable[..., Awaitable[str]], feeds: Feeds | None = None) -> APIRouter:
    """Make the route.

    Args:
        jobs: Where the events come from.
        visible: A dependency that gives the job id of the path, once the caller may see that job.
        feeds: What the process closes before its server stops; without it, open streams delay that.
    """
    router = APIRouter()
    shared = feeds or Feeds(jobs)

    async def viewed(
        job_id: Annotated[str, Depends(visible)], position: Annotated[int, Depends(_position)]
    ) -> AsyncIterator[tuple[Feed, int]]:
        async with shared.viewed(job_id) as feed:
            yield feed, position

    @router.get(
        "/v1/jobs/{job_id}/events",
        summary="Follow a job's timeline",
        tags=["jobs"],
        operation_id="follow_job",
        response_class=EventStream,
        responses=_ANSWERS,
    )
    async def events(view: Annotated[tuple[Feed, int], Depends(viewed)]) -> Response:
        """Send every line of the job's timeline after `Last-Event-ID`, and each new one as it is written."""
        feed, position = view
        if feed.is_over and position >= len(feed.lines):
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return EventStream(_told(feed, position), headers=_HEADERS)

    return router


async def _position(
    last_event_id: Annotated[
        str,
        Header(
            alias="Last-Event-ID",
            description="Only lines after this number; goes before `after`.",
            json_schema_extra=_SCHEMA,
        ),
    ] = "",
    after: Annotated[str, Query(description="Only lines after this number.", json_schema_extra=_SCHEMA)] = "",
) -> int:
    """Read the number of the last line that the viewer has."""
    for name, told in (("Last-Event-ID", last_event_id), ("after", after)):
        if not re.fullmatch(_POSITION, told):
            raise BadRequestError(f"{name}: must be the id of an event, a number of up to nine digits; or leave it out")
    return int(last_event_id or after or 0)


async def _told(feed: Feed, position: int) -> AsyncIterator[bytes]:
    while True:
        if not await feed.has_more(position, COMMENT_INTERVAL):
            yield format_sse_event(comment="waiting")
        elif position < len(feed.lines):
            position += 1
            yield _event(feed, position, feed.lines[position - 1])
        elif feed.is_over:
            return


def _event(feed: Feed, number: int, line: TimelineEntry) -> bytes:
    content = JobEvent(
        job_id=feed.job_id,
        at=line.at,
        event=line.event,
        status=line.status,
        next_action=feed.next_action if number == len(feed.lines) else None,
        text=line.text,
        failure_class=line.failure_class,
    )
    return format_sse_event(data_str=content.model_dump_json(), event=line.event, id=str(number))
