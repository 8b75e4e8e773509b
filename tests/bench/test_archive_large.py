"""The benchmark of large results ends with one line of JSON that holds every figure."""

import json

from tests.bench.running import run

BOUND_SECONDS = 240


async def test_it_ends_with_the_figures_of_a_large_result() -> None:
    code, output, errors = await run("bench.archive_large", "--size", "5", "--json", bound_seconds=BOUND_SECONDS)
    assert code == 0, errors
    figures = json.loads(output.splitlines()[-1])
    assert 0 < figures["history_bytes_2kb"] < 40_000
    assert 0 < figures["history_bytes_5mb"] < 40_000
    assert figures["worker_peak_extra_mb_least"] <= figures["worker_peak_extra_mb"]
