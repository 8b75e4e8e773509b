"""When looks happen: how late a result may be noticed, and how many looks that costs."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.schedule import POLL, WEBHOOK, Looks, LookSchedule, WaitMode
from tests.domain.making import HOUR, MINUTE, SECOND

ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))


def looks(schedule: LookSchedule, run_time: timedelta) -> tuple[int, timedelta]:
    """Play a run: count the looks up to the one that sees its end, and say how late that one is."""
    age, count = timedelta(0), 0
    while not count or age < run_time:
        age += schedule.delay(age)
        count += 1
    return count, age - run_time


@pytest.mark.parametrize(
    ("mode", "without", "with_webhooks"),
    [
        (WaitMode.AUTO, POLL, WEBHOOK),
        (WaitMode.POLL, POLL, POLL),
        (WaitMode.WEBHOOK, WEBHOOK, WEBHOOK),
    ],
)
def test_every_mode_has_its_schedule(mode: WaitMode, without: LookSchedule, with_webhooks: LookSchedule) -> None:
    assert Looks().schedule(mode, has_webhooks=False) == without
    assert Looks().schedule(mode, has_webhooks=True) == with_webhooks


def test_a_deployment_changes_one_schedule_and_leaves_the_other() -> None:
    looks = Looks.model_validate({"webhook": {"first": "PT20S"}})
    assert looks.schedule(WaitMode.WEBHOOK, has_webhooks=True) == WEBHOOK.model_copy(update={"first": 20 * SECOND})
    assert looks.schedule(WaitMode.POLL, has_webhooks=True) == POLL


@pytest.mark.parametrize(
    ("age", "delay"),
    [
        (0 * SECOND, 2 * SECOND),
        (0.5 * SECOND, 1.5 * SECOND),  # what is left until the first look
        (2 * SECOND, 2 * SECOND),
        (20 * SECOND, 2 * SECOND),  # 10 % of 20 s is the shortest delay
        (30 * SECOND, 3 * SECOND),
        (9 * MINUTE, 54 * SECOND),
        (10 * MINUTE, 60 * SECOND),  # 10 % of 10 min is the longest delay
        (8 * HOUR, 60 * SECOND),
    ],
)
def test_polling_looks_after_two_seconds_then_after_a_tenth_of_the_age(age: timedelta, delay: timedelta) -> None:
    assert POLL.delay(age) == delay


@pytest.mark.parametrize(
    ("age", "delay"),
    [
        (0 * SECOND, 5 * MINUTE),
        (4 * MINUTE, 1 * MINUTE),
        (5 * MINUTE, 30 * SECOND),  # 10 % of 5 min
        (50 * MINUTE, 5 * MINUTE),
        (100 * MINUTE, 10 * MINUTE),  # the longest delay
        (8 * HOUR, 10 * MINUTE),
    ],
)
def test_with_webhooks_a_look_is_a_safety_net(age: timedelta, delay: timedelta) -> None:
    assert WEBHOOK.delay(age) == delay


@pytest.mark.parametrize(
    ("schedule", "run_time", "about"),
    [
        (POLL, 1 * SECOND, 1),
        (POLL, 10 * MINUTE, 45),  # a loop of 2 s costs 300
        (POLL, 8 * HOUR, 515),  # and 14,400
        (WEBHOOK, 4 * MINUTE, 1),
        (WEBHOOK, 8 * HOUR, 71),
    ],
)
def test_a_run_costs_few_looks(schedule: LookSchedule, run_time: timedelta, about: int) -> None:
    assert looks(schedule, run_time)[0] == pytest.approx(about, abs=1)


@pytest.mark.parametrize("schedule", [POLL, WEBHOOK])
@given(run_time=ages)
def test_a_result_is_noticed_at_most_a_tenth_of_its_run_time_late(schedule: LookSchedule, run_time: timedelta) -> None:
    """The first look and the shortest delay are the least that it can be late."""
    late = looks(schedule, run_time)[1]
    assert late <= max(schedule.first, schedule.shortest, run_time * schedule.share)
    assert late <= max(schedule.first, schedule.longest)


@pytest.mark.parametrize("schedule", [POLL, WEBHOOK])
@given(age=ages)
def test_a_look_is_never_due_at_once_again(schedule: LookSchedule, age: timedelta) -> None:
    if schedule.is_due(age):
        assert schedule.shortest <= schedule.delay(age) <= schedule.longest
    else:
        assert schedule.delay(age) == schedule.first - age > timedelta(0)


@pytest.mark.parametrize("schedule", [POLL, WEBHOOK])
def test_the_first_look_is_due_at_its_exact_moment(schedule: LookSchedule) -> None:
    assert not schedule.is_due(schedule.first - timedelta(microseconds=1))
    assert schedule.is_due(schedule.first)


def test_a_clock_that_runs_behind_only_delays_the_first_look() -> None:
    """The age is negative where the worker's clock is behind the server's."""
    assert POLL.delay(-3 * SECOND) == 5 * SECOND
