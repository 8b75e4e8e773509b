"""Log lines: one form for ours and everybody else's, the ids of the product, and no content."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.orders import CreateOrder
from activities.responses import ResponseActivities
from signoff.adapters.archive import open_archive
from signoff.adapters.checks import DraftChecker
from signoff.adapters.release import ReleaseChannel
from signoff.domain.errors import UnreadableError
from signoff.logs import configure_logs
from tests.adapters.provider import provider_at
from tests.adapters.wire import answering, serving

SECRET = "the secret plan"
WORKFLOW = {"workflow_id": "job-1", "workflow_type": "BackgroundJob", "run_id": "r", "attempt": 4, "namespace": "n"}
ACTIVITY = {"workflow_id": "job-1", "activity_type": "create_response", "activity_id": "1", "attempt": 2}


@dataclass
class Written:
    """What went to standard error since the logs were configured."""

    stream: io.StringIO

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.lines
        return line


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Written]]:
    """Configure logs into a text, and put everything back afterwards."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers.clear()

    def configure(level: str = "INFO", *, as_json: bool = True) -> Written:
        monkeypatch.setattr(sys, "stderr", stream)
        configure_logs(as_json=as_json, level=level)
        return Written(stream)

    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def written(configured: Callable[..., Written]) -> Written:
    return configured()


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause  # noqa: TRY301
    except BaseException as caught:
        return caught


def test_a_line_of_ours_holds_event_level_logger_time_and_bound_ids(written: Written) -> None:
    structlog.stdlib.get_logger("signoff.test").bind(job_id="job-1", attempt=2).info("job.opened", digest="sha256:0")
    line = written.line
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert line == {
        "event": "job.opened",
        "level": "info",
        "logger": "signoff.test",
        "job_id": "job-1",
        "attempt": 2,
        "digest": "sha256:0",
    }


def test_a_line_of_the_standard_library_has_the_same_form(written: Written) -> None:
    logging.getLogger("some.library").warning("lost %s of %d", "one", 3, extra={"job_id": "job-1"})
    line = written.line
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    assert line == {"event": "lost one of 3", "level": "warning", "logger": "some.library", "job_id": "job-1"}


def test_ids_bound_to_the_context_are_in_every_line(written: Written) -> None:
    with structlog.contextvars.bound_contextvars(job_id="job-1"):
        structlog.stdlib.get_logger("signoff.test").info("job.opened")
        logging.getLogger("some.library").info("hello")
    assert [line["job_id"] for line in written.lines] == ["job-1", "job-1"]


def test_the_ids_of_a_workflow_line_have_the_products_names(written: Written) -> None:
    """The attempt of a workflow is Temporal's own count of runs, and would pass for the attempt of a job."""
    logging.getLogger("temporalio.workflow").info("job.queued", extra={"temporal_workflow": WORKFLOW})
    line = written.line
    assert line.keys() == {"event", "level", "logger", "timestamp", "job_id"}
    assert line["job_id"] == "job-1"


def test_the_ids_of_an_activity_line_have_the_products_names(written: Written) -> None:
    logging.getLogger("temporalio.activity").info("sent", extra={"temporal_activity": ACTIVITY})
    line = written.line
    assert line.keys() == {"event", "level", "logger", "timestamp", "job_id", "activity", "activity_attempt"}
    assert (line["job_id"], line["activity"], line["activity_attempt"]) == ("job-1", "create_response", 2)


def test_temporals_own_marks_are_left_out(written: Written) -> None:
    logging.getLogger("temporalio.activity").warning("failed", extra={"__temporal_error_identifier": "ActivityFailure"})
    assert written.line.keys() == {"event", "level", "logger", "timestamp"}


def test_an_id_that_the_line_names_itself_stands(written: Written) -> None:
    extra = {"temporal_activity": ACTIVITY, "job_id": "job-2"}
    logging.getLogger("temporalio.activity").info("stray", extra=extra)
    assert written.line["job_id"] == "job-2"


async def test_what_an_activity_logs_carries_its_job_and_keeps_the_event_clean(written: Written) -> None:
    async def noisy() -> None:
        activity.logger.info("response.created")

    await ActivityEnvironment().run(noisy)
    line = written.line
    assert (line["event"], line["job_id"], line["activity_attempt"]) == ("response.created", "test", 1)


def test_lines_below_the_level_are_dropped(configured: Callable[..., Written]) -> None:
    written = configured("WARNING")
    for log in (structlog.stdlib.get_logger("signoff.test"), logging.getLogger("some.library")):
        log.info("quiet")
        log.warning("loud")
    assert [line["event"] for line in written.lines] == ["loud", "loud"]


@pytest.mark.parametrize("chatty", ["httpx2", "httpcore2", "openai", "uvicorn.access"])
def test_libraries_that_log_each_request_are_silenced_at_any_level(
    configured: Callable[..., Written], chatty: str
) -> None:
    written = configured("DEBUG")
    logging.getLogger(chatty).info("POST https://... %s", SECRET)
    logging.getLogger(chatty).warning("loud")
    assert written.line["event"] == "loud"


def test_the_level_of_the_deployment_holds_for_chatty_libraries_too(configured: Callable[..., Written]) -> None:
    written = configured("ERROR")
    logging.getLogger("httpx2").warning("quiet")
    assert written.lines == []


def test_on_a_terminal_a_line_is_readable(configured: Callable[..., Written]) -> None:
    written = configured(as_json=False)
    structlog.stdlib.get_logger("signoff.test").info("job.opened", job_id="job-1")
    text = written.stream.getvalue()
    assert "job.opened" in text
    assert "job_id=job-1" in text


def test_an_exception_is_told_by_kind_and_place(written: Written) -> None:
    error = raised(ApplicationError(SECRET, type="malformed_input"), raised(ValueError(SECRET)))
    logging.getLogger("temporalio.activity").warning("Completing activity as failed", exc_info=error)
    told = written.line["exception"].splitlines()
    assert [line for line in told if not line.startswith("  ")] == [
        "builtins.ValueError",
        "which led to:",
        "temporalio.exceptions.ApplicationError (malformed_input)",
    ]
    assert any("test_logs.py" in line and "in raised" in line for line in told)


@pytest.mark.parametrize("as_json", [True, False])
def test_no_message_of_an_exception_is_logged(configured: Callable[..., Written], as_json: bool) -> None:  # noqa: FBT001
    """It may quote what failed: pydantic and OpenAI both do."""
    written = configured(as_json=as_json)
    try:
        raise raised(ValueError(SECRET))
    except ValueError:
        logging.getLogger("some.library").exception("broken")
        structlog.stdlib.get_logger("signoff.test").exception("job.broken")
    text = written.stream.getvalue()
    assert text.count("ValueError") == 2
    assert SECRET not in text


@pytest.mark.parametrize(
    "act",
    [
        answering(400, json.dumps({"error": {"message": f"Invalid input: '{SECRET}'", "code": "bad"}}).encode()),
        answering(500, SECRET.encode(), content_type="text/html"),
        answering(200, json.dumps({"output": SECRET}).encode()),
    ],
    ids=["a refusal that quotes", "an error page that quotes", "an answer that is no response"],
)
async def test_nothing_of_a_failing_create_is_logged_but_its_kind(configured: Callable[..., Written], act: Any) -> None:
    written = configured("DEBUG")
    parameters: dict[str, JsonValue] = {"model": "gpt-5.5", "input": SECRET, "instructions": SECRET}
    async with serving(act) as wire, provider_at(wire.url) as provider:
        create = ResponseActivities(
            provider, open_archive("memory:"), {"release": ReleaseChannel()}, DraftChecker()
        ).create_response
        await ActivityEnvironment().run(
            _as_worker_logs, create, CreateOrder(job_id="j", attempt=1, parameters=parameters)
        )
        assert SECRET in wire.requests[0].body.decode()
    text = written.stream.getvalue()
    assert "Completing activity as failed" in text
    assert "ApplicationError" in text
    assert SECRET not in text
    assert "sk-a-key" not in text


async def _as_worker_logs(create: Callable[[CreateOrder], Any], order: CreateOrder) -> None:
    """Run an activity and log its failure in the words of Temporal's worker."""
    try:
        await create(order)
    except ApplicationError:
        extra = {"__temporal_error_identifier": "ActivityFailure"}
        activity.logger.warning("Completing activity as failed", exc_info=True, extra=extra)


def test_a_missing_key_is_named(written: Written) -> None:
    """Nobody could find out otherwise which key a worker lacks; nothing that anybody wrote is in the message."""
    error = raised(UnreadableError("k1", "the key k1 is missing", is_missing=True))
    logging.getLogger("temporalio.worker").error("Failed handling activation", exc_info=error)
    assert "UnreadableError: the key k1 is missing" in written.line["exception"]


def test_what_the_sdk_writes_of_whole_tasks_is_logged_at_no_level(configured: Callable[..., Written]) -> None:
    written = configured(level="DEBUG")
    for name in ("temporalio.worker._activity", "temporalio.worker._workflow"):
        logging.getLogger(name).debug("Completing activity with completion: %s", SECRET)
    assert written.stream.getvalue() == ""
