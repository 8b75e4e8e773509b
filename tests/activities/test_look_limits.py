"""How long a response may take, and how long it may say that it is queued."""

from datetime import timedelta
from typing import Any

import pytest

from activities.errors import NOT_YET
from signoff.adapters.memory import IN_PROGRESS, QUEUED, InMemoryResponses, completed
from signoff.domain.budget import Budget
from signoff.domain.deployment import DeploymentPolicy, JobPolicy, Limits
from signoff.domain.failures import FailureClass
from signoff.domain.schedule import WaitMode
from tests.activities.desk import OPENED, Desk, response_order

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("window", "age", "code"),
    [
        ("soonest", timedelta(minutes=59), ""),
        ("soonest", timedelta(minutes=60), "stuck_in_queue"),
        ("2h", timedelta(hours=2, minutes=59), ""),
        ("2h", timedelta(hours=3), "stuck_in_queue"),
        ("8h", timedelta(hours=6), ""),  # healthy: the window is a target for the whole run
        ("8h", timedelta(hours=12), "stuck_in_queue"),
        ("24h", timedelta(hours=1), "stuck_in_queue"),  # a window that has no rule is treated as the soonest
    ],
)
async def test_a_response_that_stays_queued_for_too_long_is_stuck(window: str, age: timedelta, code: str) -> None:
    desk = Desk(InMemoryResponses(script=(QUEUED,)))
    await desk.created()
    desk.pass_time(seconds=age.total_seconds())
    order = response_order(ends_at=None, completion_window=window)
    error = await desk.error_of(desk.responses.look_at_response, order)
    assert error.type == (FailureClass.TIMEOUT if code else NOT_YET)
    assert [failure.code for failure in error.details[:1]] == ([code] if code else [])


@pytest.mark.parametrize(
    ("changes", "ends_after"),
    [
        ({}, timedelta(hours=2)),
        ({"completion_window": "2h"}, timedelta(hours=4)),
        ({"completion_window": "8h"}, timedelta(hours=16)),
        ({"completion_window": "8h", "deadline": timedelta(minutes=10)}, timedelta(minutes=10)),
        ({"opened_at": OPENED - timedelta(hours=3), "policy": JobPolicy(maximum=Budget(wall_time=4 * HOUR))}, 1 * HOUR),
        ({"policy": JobPolicy(maximum=Budget(wall_time=HOUR / 60))}, 2 * HOUR),  # a person allowed more
        ({"ends_at": OPENED + timedelta(minutes=3)}, timedelta(minutes=3)),  # as an older version reckoned it
    ],
)
async def test_a_response_ends_at_its_own_limit_or_when_the_jobs_time_is_spent(
    changes: dict[str, Any], ends_after: timedelta
) -> None:
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS,)))
    await desk.created()
    order = response_order(**{"ends_at": None, **changes})
    desk.pass_time(seconds=ends_after.total_seconds() - 1)
    assert (await desk.error_of(desk.responses.look_at_response, order)).type == NOT_YET
    desk.pass_time(seconds=1)
    failure = await desk.failure_of(desk.responses.look_at_response, order)
    assert (failure.failure_class, failure.code) == (FailureClass.TIMEOUT, "deadline")


async def test_a_deployments_deadline_holds_for_its_window() -> None:
    policy = DeploymentPolicy(deadlines={"2h": timedelta(hours=3)})
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS,)), policy=policy)
    await desk.created()
    desk.pass_time(hours=3)
    order = response_order(ends_at=None, completion_window="2h")
    assert (await desk.failure_of(desk.responses.look_at_response, order)).code == "deadline"


async def test_a_deadline_that_comes_before_the_first_look_is_kept() -> None:
    """The safety net below announcements first looks after five minutes."""
    desk = Desk(InMemoryResponses(script=(completed(),)))
    await desk.created()
    order = response_order(ends_at=None, deadline=timedelta(seconds=3), wait=WaitMode.WEBHOOK)
    error = await desk.error_of(desk.responses.look_at_response, order)
    assert (error.type, error.next_retry_delay) == (NOT_YET, timedelta(seconds=3))
    desk.pass_time(seconds=3)
    ended = await desk.run(desk.responses.look_at_response, order)
    assert ended.deliverable


@pytest.mark.parametrize(("limit", "ends_after"), [(HOUR * 3, HOUR * 3), (HOUR / 2, HOUR * 2)])
async def test_a_job_is_held_to_the_deployments_longest_deadline(limit: timedelta, ends_after: timedelta) -> None:
    """A limit below the default of the completion window, here two hours, leaves that default."""
    policy = DeploymentPolicy(limits=Limits(deadline=limit))
    desk = Desk(InMemoryResponses(script=(IN_PROGRESS,)), policy=policy)
    await desk.created()
    order = response_order(ends_at=None, deadline=timedelta(days=1))
    desk.pass_time(seconds=ends_after.total_seconds() - 1)
    assert (await desk.error_of(desk.responses.look_at_response, order)).type == NOT_YET
    desk.pass_time(seconds=1)
    assert (await desk.failure_of(desk.responses.look_at_response, order)).code == "deadline"
