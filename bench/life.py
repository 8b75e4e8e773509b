"""`python -m bench.life`: what the life of a job costs, beside the least that Temporal charges for one."""

import argparse
import json
import sys
from datetime import timedelta

from bench.arguments import whole
from bench.calls import price_calls, price_idling
from bench.command import completed, end
from bench.driver import Bares, Tracked
from bench.figures import Measured, to_json, to_table
from bench.machine import describe_machine
from bench.phase import Phase, measure
from bench.stack import Rig, running_rig
from starter.stack import StackError, beside

_WARM_UP_JOBS = 10

_PROGRAM = "bench.life"


def main() -> None:
    """Measure and print. Exit codes: 0 all delivered, 1 not all, or the stack broke, 2 bad arguments."""
    options = _parser().parse_args()
    measured = completed(_PROGRAM, _run(options))
    print(to_table(measured))
    if options.json:
        print(json.dumps(to_json(measured)))
    undelivered = [
        f"{job_id}: {why}"
        for phases in measured.kinds.values()
        for phase in phases
        for job_id, why in phase.undelivered.items()
    ]
    if undelivered:
        end(_PROGRAM, 1, "\n  ".join([f"{len(undelivered)} jobs were not delivered", *undelivered[:10]]))


async def _run(options: argparse.Namespace) -> Measured:
    machine = describe_machine()
    sys.stderr.write("starting Temporal, the simulator and the workers\n")
    async with running_rig() as rig:
        return await beside(rig.stack, _measure(rig, options, machine))


async def _measure(rig: Rig, options: argparse.Namespace, machine: dict[str, str]) -> Measured:
    short_run, long_run = (timedelta(seconds=given) for given in (options.short_run, options.long_run))
    bare: list[Phase] = []
    short: list[Phase] = []
    for name, kind in (("bare-warm-up", Bares), ("short-warm-up", Tracked)):
        warmed = await measure(rig, kind(rig, name, min(_WARM_UP_JOBS, options.jobs), short_run))
        if warmed.undelivered:
            msg = f"the stack does not work: {warmed.undelivered}"
            raise StackError(msg)
    idle = await price_idling(rig, short_run)
    for number in range(options.rounds):
        bare.append(await measure(rig, Bares(rig, f"bare-{number}", options.jobs, short_run)))
        short.append(await measure(rig, Tracked(rig, f"short-{number}", options.jobs, short_run)))
    prices = await price_calls(rig, listed=short[-1].name)
    long = await measure(rig, Tracked(rig, "long", max(1, options.jobs // 3), long_run))
    return Measured(bare=bare, short=short, long=[long], idle=idle, prices=prices, machine=machine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.life", description=__doc__)
    parser.add_argument("--jobs", type=whole(1, 5_000), default=60, help="jobs per phase (default: %(default)s)")
    parser.add_argument("--rounds", type=whole(1, 100), default=3, help="bare and short (default: %(default)s)")
    parser.add_argument(
        "--short-run", type=whole(1, 3_600), default=5, metavar="SECONDS", help="of a response (default: %(default)s)"
    )
    parser.add_argument(
        "--long-run", type=whole(1, 3_600), default=60, metavar="SECONDS", help="of a third (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


if __name__ == "__main__":
    main()
