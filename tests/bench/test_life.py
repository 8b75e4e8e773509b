"""The benchmark ends with one line of JSON that holds every figure; what the figures are is not tested here."""

import json
from typing import Any

import pytest

from tests.bench.running import run

BOUND_SECONDS = 180
SMALL = ("--jobs", "2", "--rounds", "1", "--short-run", "1", "--long-run", "3")
NUMBERS = {
    "history_events_bare",
    "history_events_short",
    "history_events_long",
    "history_bytes_short",
    "creates_per_job",
    "looks_per_job",
    "long_looks_per_job",
    "server_cpu_ms_per_job",
    "worker_cpu_ms_per_job",
    "bare_server_cpu_ms_per_job",
    "bare_worker_cpu_ms_per_job",
    "engine_cpu_ratio",
    "jobs_per_second",
}


async def test_it_ends_with_one_line_that_holds_every_figure_and_its_spread() -> None:
    code, output, errors = await run("bench.life", *SMALL, "--json", bound_seconds=BOUND_SECONDS)
    assert code == 0, errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert {name: type(figures[name]) for name in NUMBERS} == dict.fromkeys(NUMBERS, float)
    assert figures["spreads"].keys() >= NUMBERS
    assert all(spread["min"] <= spread["median"] <= spread["max"] for spread in figures["spreads"].values())
    assert (figures["undelivered"], figures["jobs"]) == (0, {"bare": 2, "short": 2, "long": 1})


@pytest.mark.parametrize("wrong", [("--jobs", "0"), ("--jobs", "many"), ("--fast",)])
async def test_bad_arguments_end_it_with_2_before_anything_starts(wrong: tuple[str, ...]) -> None:
    code, output, errors = await run("bench.life", *wrong, bound_seconds=BOUND_SECONDS)
    assert (code, output) == (2, "")
    assert "usage: python -m bench.life" in errors
