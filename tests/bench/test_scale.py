"""The benchmark of many open jobs ends with one line of JSON that holds every figure; their sizes are not tested."""

import json
from typing import Any

import pytest

from bench.scale_driver import make_requests
from tests.bench.running import run

BOUND_SECONDS = 240
SMALL = ("--jobs", "40", "--probes", "2", "--wait", "10", "--seed", "3")
DELAYS = {
    f"{when}_{what}_p{share}_ms"
    for when in ("empty", "open", "restarted")
    for what in ("create", "decision", "delivered")
    for share in (50, 95)
}
MEMORY = {f"{when}_{what}_mebibytes" for when in ("empty", "open", "restarted") for what in ("server", "worker")}
OTHERS = {
    "submit_seconds",
    "submitted_per_second",
    "settled_after_seconds",
    "waiting_server_cores",
    "waiting_worker_cores",
    "waiting_looks_per_second",
    "restart_first_job_seconds",
    "restart_first_create_ms",
    "restart_all_looked_seconds",
}


async def test_it_ends_with_one_line_that_holds_every_figure() -> None:
    code, output, errors = await run("bench.scale", *SMALL, "--json", bound_seconds=BOUND_SECONDS)
    assert code == 0, errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert figures.keys() == DELAYS | MEMORY | OTHERS | {"options", "machine"}
    assert {name for name in DELAYS | MEMORY | OTHERS if not figures[name] > 0} == set()
    assert figures["options"] == {"jobs": 40, "seed": 3, "probes": 2, "wait": 10}


@pytest.mark.parametrize("wrong", [("--jobs", "1"), ("--seed", "-1"), ("--wait", "0"), ("--fast",)])
async def test_bad_arguments_end_it_with_2_before_anything_starts(wrong: tuple[str, ...]) -> None:
    code, output, errors = await run("bench.scale", *wrong, bound_seconds=BOUND_SECONDS)
    assert (code, output) == (2, "")
    assert "usage: python -m bench.scale" in errors


def test_every_second_response_runs_for_a_day_in_an_order_that_the_seed_decides() -> None:
    requests = make_requests("many", 10, seed=1)
    assert sum("running=86400" in str(one.response) for one in requests) == 5
    assert requests == make_requests("many", 10, seed=1) != make_requests("many", 10, seed=2)
