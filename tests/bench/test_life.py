"""The benchmark ends with one line of JSON that holds every figure; what the figures are is not tested here."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
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


async def _run(*arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.life", *arguments, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), BOUND_SECONDS)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_it_ends_with_one_line_that_holds_every_figure_and_its_spread() -> None:
    code, output, errors = await _run(*SMALL, "--json")
    assert code == 0, errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert {name: type(figures[name]) for name in NUMBERS} == dict.fromkeys(NUMBERS, float)
    assert figures["spreads"].keys() >= NUMBERS
    assert all(spread["min"] <= spread["median"] <= spread["max"] for spread in figures["spreads"].values())
    assert (figures["undelivered"], figures["jobs"]) == (0, {"bare": 2, "short": 2, "long": 1})


@pytest.mark.parametrize("wrong", [("--jobs", "0"), ("--jobs", "many"), ("--fast",)])
async def test_bad_arguments_end_it_with_2_before_anything_starts(wrong: tuple[str, ...]) -> None:
    code, output, errors = await _run(*wrong)
    assert (code, output) == (2, "")
    assert "usage: python -m bench.life" in errors
