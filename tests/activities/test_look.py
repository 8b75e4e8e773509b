"""`look_at_response` while the response is under way: the schedule, the deadline and the faults."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.errors import NOT_YET
from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault
from signoff.domain.schedule import WaitMode
from tests.activities.desk import Desk, FlakyArchive, fault, response_order

LOST = fault(Stage.LOOK, network=NetworkFault.LOST)
MISSING = fault(Stage.LOOK, 404)
ALWAYS = timedelta(days=2)


def delay_of(error: ApplicationError) -> timedelta:
    assert not error.non_retryable
    assert error.next_retry_delay is not None
    return error.next_retry_delay


@pytest.mark.parametrize(
    ("wait", "age", "left"),
    [
        (WaitMode.AUTO, 0.5, 1.5),
        (WaitMode.POLL, 0.0, 2.0),
        (WaitMode.WEBHOOK, 60.0, 240.0),
    ],
)
async def test_a_look_before_its_time_is_put_off_without_a_retrieve(wait: WaitMode, age: float, left: float) -> None:
    desk = Desk()
    await desk.created()
    desk.pass_time(seconds=age)
    error = await desk.error_of(desk.responses.look_at_response, response_order(wait=wait))
    assert (error.type, error.category) == (NOT_YET, ApplicationErrorCategory.BENIGN)
    assert delay_of(error) == timedelta(seconds=left)
    assert desk.provider.retrieved == []


@pytest.mark.parametrize(
    ("wait", "age", "expected"),
    [
        (WaitMode.POLL, 2, 2),
        (WaitMode.POLL, 100, 10),
        (WaitMode.POLL, 3_600, 60),
        (WaitMode.WEBHOOK, 300, 30),
        (WaitMode.WEBHOOK, 3_600, 360),
        (WaitMode.WEBHOOK, 7_000, 200),  # 600 s by the schedule, but the deadline of 7,200 s comes first
    ],
)
async def test_a_response_under_way_is_looked_at_again_when_the_schedule_says(
    wait: WaitMode, age: float, expected: float
) -> None:
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS,)))
    await desk.created()
    desk.pass_time(seconds=age)
    error = await desk.error_of(desk.responses.look_at_response, response_order(wait=wait))
    assert (error.type, error.category) == (NOT_YET, ApplicationErrorCategory.BENIGN)
    assert delay_of(error) == timedelta(seconds=expected)
    assert desk.provider.retrieved == ["resp_1"]


async def test_a_response_under_way_at_its_deadline_ends_the_activity_as_a_timeout() -> None:
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS,)))
    await desk.created()
    desk.pass_time(hours=2)
    failure = await desk.failure_of(desk.responses.look_at_response, response_order())
    assert failure.failure_class is FailureClass.TIMEOUT


async def test_a_response_that_ended_by_the_deadline_is_taken() -> None:
    desk = Desk(InMemoryResponses(script=(completed(),)))
    await desk.created()
    desk.pass_time(hours=2)
    assert (await desk.run(desk.responses.look_at_response, response_order())).deliverable is not None


async def test_a_fault_is_repeated_later_and_later_and_counted_over_the_repeats() -> None:
    desk = Desk(InMemoryResponses(script=(LOST,)))
    await desk.created()
    desk.pass_time(seconds=10)
    delays = []
    for _ in range(5):
        error = await desk.error_of(desk.responses.look_at_response, response_order())
        assert error.type == FailureClass.TRANSIENT
        assert error.category is ApplicationErrorCategory.UNSPECIFIED
        delays.append(delay_of(error))
        desk.now += delays[-1]
    assert delays == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 32)]


async def test_a_look_that_succeeds_forgets_the_faults_before_it() -> None:
    desk = Desk(InMemoryResponses(script=(LOST, LOST, LOST, IN_PROGRESS, LOST)))
    await desk.created()
    desk.pass_time(seconds=10)
    for _ in range(4):
        await desk.error_of(desk.responses.look_at_response, response_order())
    error = await desk.error_of(desk.responses.look_at_response, response_order())
    assert delay_of(error) == timedelta(seconds=2)


async def test_looks_that_found_nothing_new_do_not_count_as_faults() -> None:
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS,) * 500 + (LOST,)))
    await desk.created()
    desk.pass_time(seconds=10)
    for _ in range(500):
        await desk.error_of(desk.responses.look_at_response, response_order(ends_at=desk.now + ALWAYS))
    assert delay_of(await desk.error_of(desk.responses.look_at_response, response_order())) == timedelta(seconds=2)


async def test_faults_beyond_the_window_of_their_class_end_the_activity() -> None:
    desk = Desk(InMemoryResponses(script=(LOST,)))
    await desk.created()
    desk.pass_time(seconds=10)
    await desk.error_of(desk.responses.look_at_response, response_order())
    desk.pass_time(hours=12)
    failure = await desk.failure_of(desk.responses.look_at_response, response_order())
    assert (failure.stage, failure.failure_class) == (Stage.LOOK, FailureClass.TRANSIENT)


async def test_faults_beyond_the_attempts_of_their_class_end_the_activity() -> None:
    desk = Desk(InMemoryResponses(script=(LOST,)))
    await desk.created()
    desk.pass_time(seconds=10)
    for _ in range(99):
        assert not (await desk.error_of(desk.responses.look_at_response, response_order())).non_retryable
    await desk.failure_of(desk.responses.look_at_response, response_order())


async def test_the_providers_hint_is_the_shortest_delay() -> None:
    told = fault(Stage.LOOK, 429, retry_after=timedelta(minutes=20))
    desk = Desk(InMemoryResponses(script=(told,)))
    await desk.created()
    desk.pass_time(seconds=10)
    error = await desk.error_of(desk.responses.look_at_response, response_order())
    assert (error.type, delay_of(error)) == (FailureClass.RATE_LIMITED, timedelta(minutes=20))


async def test_a_404_soon_after_the_create_is_lag() -> None:
    desk = Desk(InMemoryResponses(script=(MISSING,)))
    await desk.created()
    desk.pass_time(seconds=60)
    assert (await desk.error_of(desk.responses.look_at_response, response_order())).type == FailureClass.TRANSIENT


async def test_a_404_after_hours_may_be_lag_after_the_completion() -> None:
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS, MISSING, MISSING, completed("late"))))
    await desk.created()
    desk.pass_time(hours=1)
    errors = []
    for _ in range(3):
        errors.append((await desk.error_of(desk.responses.look_at_response, response_order())).type)
        desk.pass_time(seconds=20)
    ended = await desk.run(desk.responses.look_at_response, response_order())
    assert errors == [NOT_YET, FailureClass.TRANSIENT, FailureClass.TRANSIENT]
    assert ended.deliverable is not None


async def test_a_404_that_stays_means_that_the_result_is_lost() -> None:
    desk = Desk(InMemoryResponses(script=(MISSING,)))
    await desk.created()
    desk.pass_time(hours=1)
    for _ in range(2):
        assert not (await desk.error_of(desk.responses.look_at_response, response_order())).non_retryable
        desk.pass_time(seconds=60)
    desk.pass_time(seconds=1)
    failure = await desk.failure_of(desk.responses.look_at_response, response_order())
    assert failure.failure_class is FailureClass.RESULT_LOST


async def test_an_outage_before_a_404_is_not_time_that_it_was_missing() -> None:
    desk = Desk(InMemoryResponses(script=(LOST, MISSING)))
    await desk.created()
    desk.pass_time(hours=1)
    await desk.error_of(desk.responses.look_at_response, response_order())
    desk.pass_time(minutes=30)
    error = await desk.error_of(desk.responses.look_at_response, response_order())
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)


async def test_a_wrong_key_ends_the_activity_for_the_operator() -> None:
    desk = Desk(InMemoryResponses(script=(fault(Stage.LOOK, 401),)))
    await desk.created()
    desk.pass_time(seconds=10)
    failure = await desk.failure_of(desk.responses.look_at_response, response_order())
    assert failure.failure_class is FailureClass.CONFIGURATION


async def test_an_archive_that_fails_lets_the_look_be_repeated_until_it_works() -> None:
    archive = FlakyArchive(failures=2)
    desk = Desk(InMemoryResponses(script=(completed(),)), archive)
    await desk.created()
    desk.pass_time(seconds=10)
    errors = [await desk.error_of(desk.responses.look_at_response, response_order()) for _ in range(2)]
    ended = await desk.run(desk.responses.look_at_response, response_order())
    assert [(one.type, delay_of(one).seconds) for one in errors] == [("transient", 2), ("transient", 4)]
    assert ended.deliverable is not None
    assert len(archive.written) == 3
