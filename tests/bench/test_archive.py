"""The benchmark of the archive ends with one line of JSON that holds every figure."""

import json
from typing import Any

from tests.bench.running import run

SMALL = ("--jobs", "100", "--bucket-jobs", "20", "--rounds", "1", "--asks", "3")
ASKED = ("record", "first_page", "few_by_label", "past_day")


async def test_it_ends_with_one_line_that_holds_every_figure_and_its_spread() -> None:
    code, output, errors = await run("bench.archive", *SMALL, "--json", bound_seconds=120)
    assert code == 0, errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    for name, jobs in (("folder_100", 100), ("bucket_20", 20)):
        told = figures[name]
        assert told["compacted"]["jobs"] == jobs
        for asked in ASKED:
            assert 0 < told[asked]["ms_p50"] <= told[asked]["ms_p95"]
            least, most = told[asked]["ms_p50_of_rounds"]
            assert least <= most
    assert figures["bucket_20"]["record"]["requests"] == 1
    assert figures["machine"]["cores"]
