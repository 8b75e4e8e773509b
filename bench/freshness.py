"""`python -m bench.freshness`: how long after its completion a response is seen to await review.

From the moment at which the simulator completes a response (its create's time in the ledger, plus the seconds that
its scenario takes) until a client sees `awaiting_review`, for jobs that webhooks wake and for jobs that poll; beside
them bare signals, from before the client sends one until the same kind of client sees what it did. The client keeps
a long poll open on the history and looks for the search attribute `JobStatus`. Nothing is subtracted: the simulator
looks for ends every 20 ms, which is part of what webhooks take. The responses of jobs that poll are not announced,
and nobody decides on what is held.
"""

import argparse
import json
import os
import sys

from bench.arguments import whole
from bench.command import completed, end
from bench.freshness_driver import SHORTEST_SECONDS, START_SECONDS, make_schedule, observe, warm_up
from bench.freshness_figures import Freshness, to_json, to_table
from bench.freshness_watching import UnseenError
from bench.freshness_world import World, running_world
from bench.machine import describe_machine
from starter.stack import StackError, beside

_PROGRAM = "bench.freshness"


def main() -> None:
    """Measure and print. Exit codes: 0 all were seen, 1 not all, or the stack broke, 2 bad arguments."""
    options = _parser().parse_args()
    measured = completed(_PROGRAM, _run(options))
    print(to_table(measured))
    if options.json:
        print(json.dumps(to_json(measured)))
    if unseen := measured.run.unseen:
        told = [f"{workflow_id}: {why}" for workflow_id, why in unseen.items()]
        end(_PROGRAM, 1, "\n  ".join([f"{len(told)} were never seen to await review", *told[:10]]))


async def _run(options: argparse.Namespace) -> Freshness:
    machine = describe_machine()
    sys.stderr.write("starting Temporal, the simulator, the worker and the gateway\n")
    async with running_world() as world:
        return await beside(world.stack, _measure(world, options, machine))


async def _measure(world: World, options: argparse.Namespace, machine: dict[str, str]) -> Freshness:
    sys.stderr.write("warming up\n")
    try:
        await warm_up(world)
    except UnseenError as error:
        raise StackError(str(error)) from error
    schedule = make_schedule(options.seed, options.jobs, options.longest_run)
    seconds = len(schedule) * START_SECONDS + options.longest_run
    sys.stderr.write(f"{options.jobs} each of webhooks, polls and bare signals, about {seconds:.0f} s\n")
    run = await observe(world, schedule)
    given = {"jobs": options.jobs, "seed": options.seed, "longest_run": options.longest_run}
    return Freshness(run, given, machine | {"load_after": f"{os.getloadavg()[0]:.2f}"})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.freshness", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=whole(1, 2_000), default=60, help="of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=whole(0, 2**32), default=1, help="of run times and order (default: %(default)s)")
    parser.add_argument(
        "--longest-run",
        type=whole(SHORTEST_SECONDS, 3_600),
        default=20,
        metavar="SECONDS",
        help=f"of a response; the shortest takes {SHORTEST_SECONDS} (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


if __name__ == "__main__":
    main()
