"""What a deployment sets, and what a job may make of it: never more than the deployment permits."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from signoff.domain.budget import Budget
from signoff.domain.deployment import (
    DEFAULT,
    ClassOverride,
    DeploymentPolicy,
    JobPolicy,
    Limits,
    OnUnknown,
    Terms,
    default_terms,
)
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.policies import DELIVERY, POLICIES, ClassPolicy
from signoff.domain.status import NextAction
from tests.domain.making import DAY, HOUR, MINUTE, SECOND, terms

RETRIABLE = (C.TRANSIENT, C.RATE_LIMITED, C.TIMEOUT)
FIELDS = [name for name in ClassPolicy.model_fields if name not in {"next_action", "actor"}]


@pytest.mark.parametrize("failure_class", list(C))
@pytest.mark.parametrize("stage", list(Stage))
def test_without_a_word_the_defaults_hold_for_every_class_at_every_stage(failure_class: C, stage: Stage) -> None:
    is_repeatable = failure_class in {*RETRIABLE, C.OUTCOME_UNKNOWN}
    rule = DELIVERY if stage is Stage.DELIVER and is_repeatable else POLICIES[failure_class]
    expected = Terms(
        rule=rule,
        on_unknown=OnUnknown.RECREATE,
        adoption_window=2 * MINUTE,
        attention_window=7 * DAY,
        maximum=Budget(attempts=10),
    )
    assert terms(failure_class, stage) == expected
    # Where nobody told any terms, nothing is paid on a guess.
    assert default_terms(failure_class, stage) == expected.model_copy(update={"on_unknown": OnUnknown.PARK})


@pytest.mark.parametrize(
    ("override", "changes"),
    [
        ({}, {}),
        ({"automatic": False}, {"is_automatic": False}),
        ({"automatic": True}, {}),
        ({"first_delay": 7}, {"first_delay": 7 * SECOND}),
        ({"longest_delay": "PT1H", "growth": 3}, {"longest_delay": HOUR, "growth": 3.0}),
        ({"jitter": 0}, {"jitter": 0.0}),
        ({"attempts": 1}, {"attempts": 1}),
        ({"window": "P1D"}, {"window": DAY}),
    ],
)
@pytest.mark.parametrize("whose", ["deployment", "job"])
def test_an_override_changes_what_it_names_and_nothing_else(
    whose: str, override: dict[str, Any], changes: dict[str, Any]
) -> None:
    classes = {"transient": override}
    found = (
        terms(C.TRANSIENT, classes=classes) if whose == "deployment" else terms(C.TRANSIENT, job={"classes": classes})
    )
    assert found.rule == POLICIES[C.TRANSIENT].model_copy(update=changes)
    assert terms(C.TIMEOUT, classes=classes).rule == POLICIES[C.TIMEOUT]


def test_a_job_changes_the_deployments_rule_and_not_the_default() -> None:
    rule = terms(
        C.TIMEOUT,
        classes={"timeout": {"attempts": 5, "first_delay": 30}},
        job={"classes": {"timeout": {"attempts": 4}}},
    ).rule
    assert (rule.attempts, rule.first_delay) == (4, 30 * SECOND)


@pytest.mark.parametrize("failure_class", [one for one in C if one not in RETRIABLE])
@pytest.mark.parametrize("model", [DeploymentPolicy, JobPolicy])
def test_a_class_that_is_never_retried_by_itself_can_not_be_made_to(
    model: type[DeploymentPolicy | JobPolicy], failure_class: C
) -> None:
    with pytest.raises(ValidationError, match=f"{failure_class} can't be automatic: only rate_limited, timeout"):
        model.model_validate({"classes": {failure_class.value: {"automatic": True}}})
    # To say what holds anyway is no mistake.
    said = model.model_validate({"classes": {failure_class.value: {"automatic": False, "attempts": 5}}})
    assert said.classes[failure_class].attempts == 5


@pytest.mark.parametrize(
    ("deployment", "job", "attempts", "window"),
    [
        ({}, {"attempts": 50}, 50, 12 * HOUR),  # below the default of 100
        ({}, {"attempts": 1_000}, 100, 12 * HOUR),  # held to the limit of 100
        ({}, {"window": "P30D"}, 100, 3 * DAY),  # held to the limit of 3 days
        ({"limits": {"attempts": 20}}, {"attempts": 50}, 50, 12 * HOUR),  # its own default is no loosening
        ({"limits": {"attempts": 20}}, {"attempts": 200}, 100, 12 * HOUR),
        ({"limits": {"attempts": 300, "window": "P10D"}}, {"attempts": 200, "window": "P9D"}, 200, 9 * DAY),
        ({"classes": {"transient": {"attempts": 5}}, "limits": {"attempts": 8}}, {"attempts": 50}, 8, 12 * HOUR),
        # A limit below the deployment's own rule holds nobody who asks for nothing.
        ({"limits": {"attempts": 1, "window": 0}}, {}, 100, 12 * HOUR),
    ],
)
def test_a_job_asks_for_more_up_to_the_limits(
    deployment: dict[str, Any], job: dict[str, Any], attempts: int, window: timedelta
) -> None:
    rule = terms(C.TRANSIENT, job={"classes": {"transient": job}}, **deployment).rule
    assert (rule.attempts, rule.window) == (attempts, window)


def test_a_job_can_switch_retries_off_but_not_back_on() -> None:
    off, on = ({"transient": {"automatic": is_automatic}} for is_automatic in (False, True))
    assert not terms(C.TRANSIENT, job={"classes": off}).rule.is_automatic
    assert not terms(C.TRANSIENT, job={"classes": on}, classes=off).rule.is_automatic


@pytest.mark.parametrize(
    ("deployment", "job", "expected"),
    [
        ("recreate", None, "recreate"),
        ("recreate", "recreate", "recreate"),
        ("recreate", "park", "park"),
        ("park", None, "park"),
        ("park", "recreate", "park"),  # paying twice unseen is not the job's to allow
        ("park", "park", "park"),
    ],
)
def test_of_two_words_on_unknown_creates_the_careful_one_holds(deployment: str, job: str | None, expected: str) -> None:
    assert terms(on_unknown=deployment, job={"on_unknown": job}).on_unknown == expected


overrides = st.builds(
    ClassOverride,
    automatic=st.none() | st.booleans(),
    first_delay=st.none() | st.timedeltas(timedelta(0), 7 * DAY),
    growth=st.none() | st.floats(1, 100),
    longest_delay=st.none() | st.timedeltas(timedelta(0), 7 * DAY),
    jitter=st.none() | st.floats(0, 1),
    attempts=st.none() | st.integers(1, 1_000),
    window=st.none() | st.timedeltas(timedelta(0), 30 * DAY),
)
tuned = st.dictionaries(st.sampled_from(RETRIABLE), overrides)
budgets = st.builds(
    Budget,
    attempts=st.none() | st.integers(1, 1_000),
    wall_time=st.none() | st.timedeltas(SECOND, 365 * DAY),
    tokens=st.none() | st.integers(1, 10**12),
)
limits = st.builds(Limits, attempts=st.integers(1, 1_000), window=st.timedeltas(timedelta(0), 30 * DAY))
deployments = st.builds(
    DeploymentPolicy, classes=tuned, on_unknown=st.sampled_from(OnUnknown), maximum=budgets, limits=limits
)
jobs = st.builds(JobPolicy, classes=tuned, on_unknown=st.none() | st.sampled_from(OnUnknown), maximum=budgets)


@given(deployments, jobs, st.sampled_from(C), st.sampled_from(Stage))
def test_a_job_never_loosens_what_its_deployment_permits(
    deployment: DeploymentPolicy, job: JobPolicy, failure_class: C, stage: Stage
) -> None:
    plain, asked = (deployment.terms(failure_class, stage, one) for one in (JobPolicy(), job))
    assert asked.rule.is_automatic <= plain.rule.is_automatic
    # A delivery that the job lets nobody repeat has no repeats to bound.
    if asked.rule.is_automatic or stage is not Stage.DELIVER:
        assert asked.rule.attempts <= max(plain.rule.attempts, deployment.limits.attempts)
        assert asked.rule.window <= max(plain.rule.window, deployment.limits.window)
    assert (asked.on_unknown, plain.on_unknown) != (OnUnknown.RECREATE, OnUnknown.PARK)
    assert (asked.adoption_window, asked.attention_window) == (plain.adoption_window, plain.attention_window)
    for part in Budget.model_fields:
        bound = getattr(plain.maximum, part)
        assert bound is None or getattr(asked.maximum, part) <= bound


@given(deployments, jobs, st.sampled_from(C), st.sampled_from(Stage))
def test_paid_attempts_are_bounded_whatever_is_set(
    deployment: DeploymentPolicy, job: JobPolicy, failure_class: C, stage: Stage
) -> None:
    found = deployment.terms(failure_class, stage, job)
    assert found.maximum.attempts
    assert found.rule.attempts >= 1


def test_a_deployment_that_bounds_only_tokens_keeps_the_bound_of_ten_attempts() -> None:
    assert terms(maximum={"tokens": 5}).maximum == Budget(attempts=10, tokens=5)


@pytest.mark.parametrize("failure_class", [*RETRIABLE, C.OUTCOME_UNKNOWN])
def test_deliveries_have_a_rule_of_their_own_that_a_deployment_changes(failure_class: C) -> None:
    rule = terms(failure_class, Stage.DELIVER, delivery={"attempts": 7, "window": "PT1H"}).rule
    assert rule == DELIVERY.model_copy(update={"attempts": 7, "window": HOUR})


def test_a_rule_for_deliveries_changes_no_other_stage_and_no_class_that_is_not_repeated() -> None:
    changed = {"delivery": {"attempts": 7}}
    assert terms(C.TRANSIENT, Stage.LOOK, **changed).rule == POLICIES[C.TRANSIENT]
    assert terms(C.CONFIGURATION, Stage.DELIVER, **changed).rule == POLICIES[C.CONFIGURATION]


def test_a_deployment_that_switches_a_class_off_has_no_delivery_repeated_for_it_either() -> None:
    rule = terms(C.TRANSIENT, Stage.DELIVER, classes={"transient": {"automatic": False}}).rule
    assert (rule.is_automatic, rule.next_action) == (False, NextAction.RETRY)


@pytest.mark.parametrize(
    ("window", "asked", "deadline"),
    [
        ("soonest", None, 2 * HOUR),
        ("2h", None, 4 * HOUR),
        ("8h", None, 16 * HOUR),
        ("a window of tomorrow", None, 2 * HOUR),
        ("8h", 10 * MINUTE, 10 * MINUTE),
        ("soonest", 7 * DAY, 7 * DAY),
    ],
)
def test_an_attempt_may_take_what_was_asked_for_else_what_its_completion_window_says(
    window: str, asked: timedelta | None, deadline: timedelta
) -> None:
    assert DEFAULT.deadline(window, asked) == deadline


@pytest.mark.parametrize(("window", "stuck"), [("soonest", HOUR), ("2h", 3 * HOUR), ("8h", 12 * HOUR), ("?", HOUR)])
def test_a_response_is_stuck_after_a_time_that_its_completion_window_says(window: str, stuck: timedelta) -> None:
    assert DEFAULT.stuck(window) == stuck < DEFAULT.deadline(window, None)


def test_a_deployment_changes_some_windows_and_keeps_the_others() -> None:
    policy = DeploymentPolicy.model_validate({"deadlines": {"soonest": 60, "1d": "P2D"}, "stuck_after": {"8h": "PT9H"}})
    assert [policy.deadline(window, None) for window in ("soonest", "2h", "1d", "?")] == [
        MINUTE,
        4 * HOUR,
        2 * DAY,
        MINUTE,  # a window that nobody named has the value of `soonest`
    ]
    assert [policy.stuck(window) for window in ("soonest", "8h", "?")] == [HOUR, 9 * HOUR, HOUR]


@pytest.mark.parametrize("field", FIELDS)
def test_every_part_of_a_rule_can_be_overridden(field: str) -> None:
    assert field.removeprefix("is_") in ClassOverride.model_fields


def test_the_defaults_permit_three_timeouts_of_the_longest_completion_window() -> None:
    """Three attempts of 16 h each must fit into the window, or the last would never be made."""
    assert 3 * DEFAULT.deadline("8h", None) <= POLICIES[C.TIMEOUT].window
