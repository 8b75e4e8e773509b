"""`cancel_response` stops the paid work and confirms it with a retrieval."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationErrorCategory

from activities.errors import NOT_YET
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain import layout
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault
from signoff.domain.status import ResponseStatus
from signoff.ports import RawResponse
from tests.activities.desk import Desk, FlakyArchive, fault, response_order


@dataclass
class StubbornResponses(InMemoryResponses):
    """Answers cancels with the next of these errors; `None` is a cancel that was taken."""

    cancel_script: Sequence[FaultError | None] = ()
    cancels: int = 0

    async def cancel(self, response_id: str) -> RawResponse:
        step = self.cancel_script[min(self.cancels, len(self.cancel_script) - 1)]
        self.cancels += 1
        if step is not None:
            raise step
        return await super().cancel(response_id)


@dataclass
class SlowToStop(InMemoryResponses):
    """Takes a cancel, and shows the response under way for some more retrievals."""

    shown_running: int = 2
    seen: list[str] = field(default_factory=list)

    async def retrieve(self, response_id: str, include: Sequence[str] = ()) -> RawResponse:
        self.seen.append(response_id)
        raw = await super().retrieve(response_id, include)
        body = {**raw.body, **IN_PROGRESS} if len(self.seen) <= self.shown_running else raw.body
        return RawResponse(raw.data, body)


async def desk_with(provider: InMemoryResponses, archive: FlakyArchive | None = None) -> Desk:
    desk = Desk(provider, archive or FlakyArchive())
    await desk.created()
    desk.pass_time(minutes=5)
    return desk


async def test_a_cancelled_response_is_confirmed_and_its_body_kept() -> None:
    archive = FlakyArchive()
    desk = await desk_with(InMemoryResponses(script=(IN_PROGRESS,)), archive)
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert ended.snapshot.status is ResponseStatus.CANCELLED
    assert ended.deliverable is None
    assert (desk.provider.cancelled, desk.provider.retrieved) == (["resp_1"], ["resp_1"])
    assert archive.written == [layout.body_path("job-1", 1), layout.evidence_path("job-1", 1)]


async def test_a_completion_that_came_before_the_cancel_is_taken() -> None:
    desk = await desk_with(InMemoryResponses(script=(completed("Just in time."),)))
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert ended.snapshot.status is ResponseStatus.COMPLETED
    assert ended.deliverable is not None


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_refused_cancel_is_looked_through(status: int) -> None:
    provider = StubbornResponses(script=(completed(),), cancel_script=(fault(Stage.CANCEL, status),))
    desk = await desk_with(provider)
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert ended.snapshot.status is ResponseStatus.COMPLETED


async def test_a_refused_cancel_of_a_response_under_way_is_repeated() -> None:
    provider = StubbornResponses(script=(IN_PROGRESS,), cancel_script=(fault(Stage.CANCEL, 409), None))
    desk = await desk_with(provider)
    assert (await desk.error_of(desk.responses.cancel_response, response_order())).type == NOT_YET
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert ended.snapshot.status is ResponseStatus.CANCELLED


async def test_a_cancel_that_does_not_show_yet_is_asked_again_later_and_later() -> None:
    desk = await desk_with(SlowToStop(script=(IN_PROGRESS,), shown_running=3))
    errors = [await desk.error_of(desk.responses.cancel_response, response_order()) for _ in range(3)]
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert {(one.type, one.category) for one in errors} == {(NOT_YET, ApplicationErrorCategory.BENIGN)}
    assert [one.next_retry_delay for one in errors] == [timedelta(seconds=seconds) for seconds in (2, 4, 8)]
    assert ended.snapshot.status is ResponseStatus.CANCELLED


@pytest.mark.parametrize(
    "lost",
    [
        fault(Stage.CANCEL, 500),
        fault(Stage.CANCEL, 503),
        fault(Stage.CANCEL, 408),
        fault(Stage.CANCEL, network=NetworkFault.LOST),
        fault(Stage.CANCEL, network=NetworkFault.TIMEOUT),
        fault(Stage.CANCEL, network=NetworkFault.REFUSED),
    ],
    ids=lambda one: str(one.seen.http_status or one.seen.network),
)
async def test_a_cancel_that_may_not_have_arrived_is_sent_again(lost: FaultError) -> None:
    provider = StubbornResponses(script=(IN_PROGRESS,), cancel_script=(lost, None))
    desk = await desk_with(provider)
    error = await desk.error_of(desk.responses.cancel_response, response_order())
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert (ended.snapshot.status, provider.cancels) == (ResponseStatus.CANCELLED, 2)


async def test_a_cancel_over_the_rate_limit_is_sent_again_at_the_providers_hint() -> None:
    limited = fault(Stage.CANCEL, 429, retry_after=timedelta(seconds=90))
    desk = await desk_with(StubbornResponses(script=(IN_PROGRESS,), cancel_script=(limited,)))
    error = await desk.error_of(desk.responses.cancel_response, response_order())
    assert (error.type, error.next_retry_delay) == (FailureClass.RATE_LIMITED, timedelta(seconds=90))


async def test_an_answer_to_a_cancel_that_is_no_response_is_looked_through() -> None:
    """Some servers answer 200 with an empty body; the retrieval says what became of it."""
    empty = fault(Stage.CANCEL, 200, network=NetworkFault.LOST)
    desk = await desk_with(StubbornResponses(script=({"status": "cancelled"},), cancel_script=(empty,)))
    ended = await desk.run(desk.responses.cancel_response, response_order())
    assert ended.snapshot.status is ResponseStatus.CANCELLED


async def test_a_response_that_is_gone_ends_the_cancel_as_lost() -> None:
    desk = Desk()
    desk.pass_time(minutes=5)
    assert not (await desk.error_of(desk.responses.cancel_response, response_order())).non_retryable
    desk.pass_time(seconds=61)
    failure = await desk.failure_of(desk.responses.cancel_response, response_order())
    assert failure.failure_class is FailureClass.RESULT_LOST


async def test_an_archive_that_fails_lets_the_cancel_be_repeated() -> None:
    desk = await desk_with(InMemoryResponses(script=(completed(),)), FlakyArchive(failures=1))
    error = await desk.error_of(desk.responses.cancel_response, response_order())
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)
    assert (await desk.run(desk.responses.cancel_response, response_order())).deliverable is not None
