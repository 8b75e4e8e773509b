"""Logs: structlog for ourselves and the standard library alike, JSON in production, readable on a terminal."""

import logging
import sys
from typing import Final

import structlog
from structlog.types import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

_OURS_FROM_TEMPORAL: Final = {
    "workflow_id": "job_id",
    "workflow_type": None,
    "attempt": "activity_attempt",
    "activity_type": "activity",
}


def configure_logs(*, as_json: bool, level: str) -> None:
    """Send every log line to standard error in one form. Called once per process, by its composition root."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        with_temporal_context,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
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
    for source in ("temporal_workflow", "temporal_activity"):
        details = event.pop(source, None)
        if isinstance(details, dict):
            for key, name in _OURS_FROM_TEMPORAL.items():
                if name and key in details:
                    event.setdefault(name, details[key])
    return event
