"""Logs: structlog for ourselves and the standard library alike, JSON in production, readable on a terminal.

No line holds a prompt, an output or a secret. That is why an exception is told by its kind and place alone: its
message may quote what it failed on, and whoever follows the job finds it in the job's failure. An error whose class
says that its message `holds_no_content` is told in full.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Final

import structlog
from structlog.types import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

_LIFTED: Final[dict[str, dict[str, str]]] = {
    "temporal_workflow": {"workflow_id": "job_id"},
    "temporal_activity": {"workflow_id": "job_id", "activity_type": "activity", "attempt": "activity_attempt"},
}
"""What is kept of Temporal's own ids, by the name that the product uses; an `attempt` alone is one of a job."""


def configure_logs(*, as_json: bool, level: str) -> None:
    """Send every log line to standard error in one form. Called once per process, by its composition root."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        with_temporal_context,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_messages,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("httpx2", "httpcore2", "openai", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # At DEBUG the SDK writes whole tasks and completions, with what people wrote and models answered in them.
    logging.getLogger("temporalio.worker").setLevel(max(logging.INFO, logging.getLevelName(level)))
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def with_temporal_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Lift the ids that Temporal attaches to a line to the names that the product uses."""
    event.pop("__temporal_error_identifier", None)
    for source, lifted in _LIFTED.items():
        details = event.pop(source, None)
        if isinstance(details, Mapping):
            for key, name in lifted.items():
                if details.get(key) is not None:
                    event.setdefault(name, details[key])
    return event


def without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put the kinds and places of an exception and its causes into `exception`, without any message."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if given and error is not None:
        event["exception"] = "\n".join(_told(error))
    return event


def _told(error: BaseException) -> Iterator[str]:
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _told(earlier)
        yield "which led to:"
    kind = f" ({error.type})" if isinstance(error, ApplicationError) else ""
    told = f": {error}" if getattr(type(error), "holds_no_content", False) else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{kind}{told}"
    yield from _places(error.__traceback__)


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
