"""`python -m bench.archive`: how long it takes to read a job again, and to find it, long after it has closed.

An archive is filled with closed jobs spread over a year, as workers would have: the record and the index entry of
each. The index is compacted, as a daily job would have done day by day, and then the same questions are asked again
and again, in rounds: the record of one job; the first page of the closed jobs; those with a label that one in a
thousand has; and those of one day half a year ago. A time is from the call until the whole answer is there, in this
process, without Temporal and without a warm cache of ours, since there is none. `uncompacted` is the first page before
the compaction. The archives are local folders of several sizes, and a bucket on an S3 server of this computer whose
requests are counted; that server is slow, so that its times say little about a real one.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from bench import archive_large
from bench.archive_filled import FEW, NEWEST, fill, ids_of
from bench.arguments import whole
from bench.buckets import a_bucket, serving_buckets
from bench.command import completed
from bench.figures import spread_of
from bench.machine import describe_machine
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.closed.compacting import compact
from signoff.domain import layout
from signoff.domain.closed import ClosedFilters
from signoff.domain.description import ClosedPage
from signoff.domain.integrity import read_record
from signoff.finding import archived_page
from starter.stack import StackError

_PROGRAM: Final = "bench.archive"
_DAY: Final = timedelta(days=1)
_HALF_A_YEAR: Final = 182 * _DAY
_PAST: Final = NEWEST - _HALF_A_YEAR
_LISTS: Final = {
    "first_page": ClosedFilters(),
    "few_by_label": ClosedFilters(labels=(FEW,)),
    "past_day": ClosedFilters(since=_PAST - _DAY, until=_PAST),
}

Ask = Callable[[], Awaitable[object]]


def main() -> None:
    """Measure and print. Exit codes: 0 done, 1 a job was not found again, 2 bad arguments."""
    options = _parser().parse_args()
    figures = completed(_PROGRAM, _run(options))
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if options.json:
        print(json.dumps(figures))


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {"machine": describe_machine()}
    if options.large:
        figures |= await archive_large.run()
    for jobs in options.jobs:
        with tempfile.TemporaryDirectory(prefix="signoff-bench-") as folder:
            figures[f"folder_{jobs}"] = await _measure(open_archive(f"file:{folder}"), jobs, options, _nothing)
    if options.bucket_jobs:
        with serving_buckets() as server:
            archive = open_archive(f"s3://{a_bucket(server)}/archive")
            figures[f"bucket_{options.bucket_jobs}"] = await _measure(
                archive, options.bucket_jobs, options, lambda: server.requests
            )
    return figures


async def _measure(
    archive: ObjectArchive, jobs: int, options: argparse.Namespace, requests: Callable[[], int]
) -> dict[str, Any]:
    sys.stderr.write(f"{archive}: {jobs:,} jobs\n")
    begun = time.perf_counter()
    # Nobody asks a bucket for most of its records, and it takes them slowly.
    records = jobs if requests is _nothing else min(jobs, options.asks)
    await fill(archive, jobs, records)
    figures: dict[str, Any] = {"fill_seconds": round(time.perf_counter() - begun, 1)}
    figures["uncompacted_first_page_ms"] = round(await _ms(_listing(archive, ClosedFilters())), 1)
    begun = time.perf_counter()
    done = await compact(archive, NEWEST + 2 * _DAY)
    figures["compact_seconds"] = round(time.perf_counter() - begun, 2)
    figures["compacted"] = {"days": done.days, "jobs": done.jobs, "removed": done.removed}
    if done.jobs != jobs:
        raise StackError(f"the compaction held {done.jobs:,} of {jobs:,} jobs")
    some = iter(ids_of(records, options.asks * options.rounds))
    figures["record"] = await _asked(lambda: _record(archive, next(some)), options, requests)
    for name, filters in _LISTS.items():
        figures[name] = await _asked(_listing(archive, filters), options, requests)
    return figures


async def _asked(ask: Ask, options: argparse.Namespace, requests: Callable[[], int]) -> dict[str, Any]:
    """Ask the same again and again, in rounds; the percentiles over all, and the range of the rounds'."""
    before = requests()
    rounds = [[await _ms(ask) for _ in range(options.asks)] for _ in range(options.rounds)]
    times = [ms for one in rounds for ms in one]
    told: dict[str, Any] = {}
    for percent in (50, 95):
        of_rounds = spread_of(_percentile(one, percent) for one in rounds)
        told[f"ms_p{percent}"] = _percentile(times, percent)
        told[f"ms_p{percent}_of_rounds"] = [of_rounds.min, of_rounds.max]
    if asked := requests() - before:
        told["requests"] = round(asked / len(times), 2)
    return told


async def _ms(ask: Ask) -> float:
    begun = time.perf_counter()
    await ask()
    return (time.perf_counter() - begun) * 1_000


def _listing(archive: ObjectArchive, filters: ClosedFilters) -> Ask:
    async def ask() -> ClosedPage:
        page = await archived_page(archive, filters)
        if not page.jobs and filters == ClosedFilters():
            raise StackError("the list shows no job")
        return page

    return ask


async def _record(archive: ObjectArchive, job_id: str) -> object:
    path = layout.record_path(job_id)
    data = await archive.get(path)
    if data is None:
        raise StackError(f"{path} is not there")
    return read_record(data, path)


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) * percent // 100, len(ordered) - 1)], 2)


def _nothing() -> int:
    return 0


def _sizes(text: str) -> list[int]:
    return [whole(10, 1_000_000)(one) for one in text.split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.archive", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--jobs",
        type=_sizes,
        default=[100, 1_000, 10_000, 100_000],
        metavar="N,N",
        help="how many jobs each folder has (default: 100,1000,10000,100000)",
    )
    parser.add_argument(
        "--bucket-jobs",
        type=whole(0, 100_000),
        default=1_000,
        metavar="N",
        help="how many jobs the bucket has; 0 leaves it out (default: %(default)s)",
    )
    parser.add_argument("--asks", type=whole(1, 1_000), default=20, help="in each round (default: %(default)s)")
    parser.add_argument("--rounds", type=whole(1, 20), default=5, help="(default: %(default)s)")
    parser.add_argument("--large", action="store_true", help="measure a result of 50 MB as well")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


if __name__ == "__main__":
    main()
