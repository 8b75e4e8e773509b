"""`python -m bench.inbox`: how long a reviewer waits for the list of jobs, when very many jobs wait for one.

Jobs are started on a Temporal dev server with the search attributes and the memo of one that is held for review; no
worker made them, since lists ask Temporal's index alone. Then the gateway answers its first page to a reviewer again
and again, one request after another, in rounds; and once every page from the first to the last is walked through, to
see that each job is on one. A time is from sending the request until the whole page is there, by loopback. Temporal's
own counter tells how many requests a page costs.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from bench.arguments import whole
from bench.command import completed, end
from bench.figures import Spread, spread_of
from bench.inbox_world import InboxWorld, running_inbox
from bench.machine import describe_machine
from bench.open_jobs import start_held
from starter.stack import beside

_PROGRAM = "bench.inbox"
_WARM_UP = 10
_REQUESTER = "bench"


def main() -> None:
    """Measure and print. Exit codes: 0 the walk met every job, 1 it did not, or the stack broke, 2 bad arguments."""
    options = _parser().parse_args()
    figures = completed(_PROGRAM, _run(options))
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if options.json:
        print(json.dumps(figures))
    if figures["jobs_walked"] != options.jobs:
        end(_PROGRAM, 1, f"the pages showed {figures['jobs_walked']:,} of {options.jobs:,} jobs")


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    machine = describe_machine()
    sys.stderr.write("starting Temporal and the gateway\n")
    async with running_inbox() as world:
        return await beside(world.stack, _measure(world, options, machine))


async def _measure(world: InboxWorld, options: argparse.Namespace, machine: dict[str, str]) -> dict[str, Any]:
    sys.stderr.write(f"starting {options.jobs:,} jobs\n")
    await start_held(world.stack.temporal, options.jobs, _REQUESTER)
    await world.indexed(options.jobs)
    for _ in range(_WARM_UP):
        await world.page("/review")
    before = await world.requests()
    rounds = []
    for number in range(1, options.rounds + 1):
        sys.stderr.write(f"round {number} of {options.rounds}: the first page, {options.pages} times\n")
        rounds.append([(await world.page("/review")).ms for _ in range(options.pages)])
    asked = await world.requests() - before
    times = [ms for one in rounds for ms in one]
    sys.stderr.write("every page, from the first to the last\n")
    walk = await world.walk()
    return {
        "page_ms_p50": _percentile(times, 50),
        "page_ms_p95": _percentile(times, 95),
        "temporal_requests_per_page": round(asked / (options.rounds * options.pages), 2),
        "jobs": options.jobs,
        "page_ms_p50_of_rounds": _told(spread_of(_percentile(one, 50) for one in rounds)),
        "page_ms_p95_of_rounds": _told(spread_of(_percentile(one, 95) for one in rounds)),
        "walk_ms_p50": _percentile(walk.ms, 50),
        "walk_ms_p95": _percentile(walk.ms, 95),
        "pages_walked": len(walk.ms),
        "jobs_walked": len(walk.job_ids),
        "machine": machine,
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) * percent // 100, len(ordered) - 1)], 1)


def _told(spread: Spread) -> list[float]:
    return [spread.min, spread.max]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.inbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=whole(1, 50_000), default=10_000, help="that are open (default: %(default)s)")
    parser.add_argument("--pages", type=whole(1, 1_000), default=100, help="in each round (default: %(default)s)")
    parser.add_argument("--rounds", type=whole(1, 20), default=5, help="(default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


if __name__ == "__main__":
    main()
