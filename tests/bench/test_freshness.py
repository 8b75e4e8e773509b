"""The benchmark of freshness ends with one line of JSON that holds every figure; how fast it was is not tested here."""

import json
from typing import Any

import pytest

from bench.freshness_driver import Kind, Planned, Run, Seen, make_schedule
from bench.freshness_figures import Freshness, percentile, to_json, to_table
from bench.freshness_watching import Sighting
from tests.bench.running import run

BOUND_SECONDS = 180
SMALL = ("--jobs", "4", "--longest-run", "5", "--seed", "3")
TIMES = {f"{kind}_{share}_ms" for kind in ("webhook", "poll", "bare_signal") for share in ("p50", "p99")}


async def test_it_ends_with_one_line_that_holds_every_figure() -> None:
    code, output, errors = await run("bench.freshness", *SMALL, "--json", bound_seconds=BOUND_SECONDS)
    assert code == 0, errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert {name: type(figures[name]) for name in TIMES} == dict.fromkeys(TIMES, float)
    assert all(figures[name] > 0 for name in TIMES)
    assert all(figures[name] <= figures[name.replace("p50", "p99")] for name in TIMES)
    assert (figures["announced"], figures["looks_per_job"]) == ({"webhook": 4, "poll": 0}, 1)
    assert figures["poll_looks_per_job"] > 1
    assert (figures["unseen"], figures["options"]) == ({}, {"jobs": 4, "longest_run": 5, "seed": 3})
    assert ("met   " in output) is figures["is_goal_met"]
    assert figures["machine"].keys() >= {"cores", "cpu", "load_before", "load_after"}


@pytest.mark.parametrize("wrong", [("--jobs", "0"), ("--seed", "-1"), ("--longest-run", "2"), ("--fast",)])
async def test_bad_arguments_end_it_with_2_before_anything_starts(wrong: tuple[str, ...]) -> None:
    code, output, errors = await run("bench.freshness", *wrong, bound_seconds=BOUND_SECONDS)
    assert (code, output) == (2, "")
    assert "usage: python -m bench.freshness" in errors


def test_each_kind_gets_run_times_from_the_whole_range() -> None:
    for kind in Kind:
        seconds = sorted(planned.run_seconds for planned in make_schedule(1, 17, 20) if planned.kind is kind)
        assert [int(one) for one in seconds] == [*range(3, 20)]


def test_a_seed_decides_run_times_and_order() -> None:
    assert make_schedule(1, 5, 20) == make_schedule(1, 5, 20) != make_schedule(2, 5, 20)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([*range(1, 101)], 50, 50),
        ([*range(1, 101)], 99, 99),
        ([*range(1, 61)], 99, 60),  # 59.4 of 60 is rounded up
        ([7.0], 50, 7.0),
        ([], 50, 0.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def _measured(*, webhook_ms: float, signal_ms: float, unseen: dict[str, str]) -> Freshness:
    seen = [
        Seen(Planned(kind, kind, 0, 3), due_at=1.0, sighting=Sighting(1.0 + late_ms / 1000, []), looks=1)
        for kind, late_ms in ((Kind.WEBHOOK, webhook_ms), (Kind.SIGNAL, signal_ms))
        if late_ms
    ]
    return Freshness(Run(seen, unseen), options={}, machine={})


@pytest.mark.parametrize(
    ("webhook_ms", "signal_ms", "unseen", "is_met"),
    [
        (49, 10, {}, True),
        (51, 10, {}, False),
        (49, 10, {"webhook-1": "late"}, False),
        (0, 10, {}, False),
        (49, 0, {}, False),
    ],
)
def test_the_goal_is_met_within_5_round_trips_where_all_were_seen(
    webhook_ms: float, signal_ms: float, unseen: dict[str, str], *, is_met: bool
) -> None:
    measured = _measured(webhook_ms=webhook_ms, signal_ms=signal_ms, unseen=unseen)
    assert to_json(measured)["is_goal_met"] is is_met
    assert ("MISSED" in to_table(measured)) is not is_met
