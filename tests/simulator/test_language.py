"""`metadata.simulator` is a small language that says what it did not understand."""

import math

import pytest

from signoff.simulator.errors import ApiError
from signoff.simulator.language import choose
from signoff.simulator.scenarios import SCENARIOS
from signoff.simulator.script import Moment


def _changes(text: str) -> tuple[float, float]:
    """Return the ages at which the response starts and ends, found by looking at every tenth of a second."""
    script = choose(text, SCENARIOS).part(1).script
    ages = [tenth / 10 for tenth in range(200)]
    statuses = [script.state_at(Moment(age)).status for age in ages]
    started = [age for age, status in zip(ages, statuses, strict=True) if status != "queued"]
    ended = [age for age, status in zip(ages, statuses, strict=True) if status not in ("queued", "in_progress")]
    return (started or [math.inf])[0], (ended or [math.inf])[0]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("completed", (0.5, 3.5)),
        ("completed queued=2", (2.0, 5.0)),  # 2 + the default 3
        ("completed running=4", (0.5, 4.5)),
        ("  completed   running=1.5  queued=0 ", (0.0, 1.5)),
        ("completed queued=0 running=0", (0.0, 0.0)),
        ("failed queued=1 running=1", (1.0, 2.0)),
        ("incomplete queued=1 running=1", (1.0, 2.0)),
        ("structured queued=1 running=1", (1.0, 2.0)),
        ("refusal queued=1 running=1", (1.0, 2.0)),
        ("empty queued=1 running=1", (1.0, 2.0)),
        ("error queued=1 running=1", (1.0, 2.0)),
        ("stuck", (math.inf, math.inf)),
    ],
)
def test_latencies_are_read(text: str, changes: tuple[float, float]) -> None:
    assert _changes(text) == changes


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_plays_without_keys(name: str) -> None:
    assert choose(name, SCENARIOS).part(1).name == name


NAMES = f"Known scenarios: {', '.join(SCENARIOS)}."
COMMON = "looks, cancel, usage, webhook, webhook_delay"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"Unknown scenario ''. {NAMES}"),
        ("complete", f"Unknown scenario 'complete'. {NAMES}"),
        ("Completed", f"Unknown scenario 'Completed'. {NAMES}"),
        ("queued=3", f"Unknown scenario 'queued=3'. {NAMES}"),
        (
            "completed code=x",
            f"Scenario 'completed' has no key 'code'. Known keys: queued, running, size, letters, {COMMON}.",
        ),
        ("stuck queued=1", f"Scenario 'stuck' has no key 'queued'. Known keys: {COMMON}."),
        (
            "empty return=1",
            f"Scenario 'empty' has no key 'return'. Known keys: queued, running, {COMMON}.",
        ),
        ("completed queued=1 queued=2", "Key 'queued' of scenario 'completed' is given twice."),
    ],
)
def test_what_is_not_understood_is_refused_with_what_would_be(text: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        choose(text, SCENARIOS)
    assert (refused.value.status, refused.value.param, refused.value.message) == (
        400,
        "metadata.simulator",
        message,
    )


@pytest.mark.parametrize(
    ("name", "pair", "takes"),
    [
        ("completed", "queued=", "seconds from 0 to 604800"),
        ("completed", "queued=soon", "seconds from 0 to 604800"),
        ("completed", "queued=-1", "seconds from 0 to 604800"),
        ("completed", "queued=nan", "seconds from 0 to 604800"),
        ("completed", "running=604801", "seconds from 0 to 604800"),
        ("completed", "size=67108865", "bytes from 0 to 67108864"),
        ("completed", "size=1.5", "bytes from 0 to 67108864"),
        ("failed", "code=No!", "a word of a-z, 0-9 and _"),
        ("incomplete", "reason=No!", "a word of a-z, 0-9 and _"),
        ("tool_failed", "tool=x", "web_search or mcp"),
        ("error", "status=200", "an HTTP status from 400 to 599"),
        ("error", "times=0", "a number from 1 to 1000000"),
    ],
)
def test_a_value_that_is_none_is_refused_with_what_would_be_one(name: str, pair: str, takes: str) -> None:
    key, value = pair.split("=")
    with pytest.raises(ApiError) as refused:
        choose(f"{name} {pair}", SCENARIOS)
    assert refused.value.message == f"Key '{key}' of scenario '{name}' takes {takes}, not '{value}'."
