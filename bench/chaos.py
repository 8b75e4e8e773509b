"""`python -m bench.chaos`: workers are killed while jobs live, or just when they deliver.

No job, create, delivery or receipt may get lost, and none may come twice.
"""

import argparse
import json
from datetime import timedelta
from pathlib import Path

from bench.arguments import whole
from bench.chaos_figures import Report, broken_promises, to_json, to_table
from bench.chaos_schedule import Around, Sizes, make_schedule
from bench.chaos_ways import Chaos, run_plain, run_tracked
from bench.chaos_world import Faults
from bench.command import completed, end
from bench.machine import describe_machine

_PROGRAM = "bench.chaos"


def main() -> None:
    """Run and print. Exit codes: 0 all promises kept, 1 one was not, or the stack broke, 2 bad arguments."""
    options = _parser().parse_args()
    report = completed(_PROGRAM, _run(options))
    print(to_table(report))
    if options.json:
        print(json.dumps(to_json(report)))
    if broken := broken_promises(report):
        end(_PROGRAM, 1, "; ".join(broken))


async def _run(options: argparse.Namespace) -> Report:
    machine, chaos = describe_machine(), _chaos(options)
    told = ("jobs", "kills", "around", "seed", "drop_percent", "workers", "life", "listing", "park")
    return Report(
        options={name: getattr(options, name) for name in told},
        machine=machine,
        tracked=None if options.plain else await run_tracked(chaos),
        plain=None if options.tracked else await run_plain(chaos),
    )


def _chaos(options: argparse.Namespace) -> Chaos:
    sizes = Sizes(
        jobs=options.jobs,
        kills=options.kills,
        workers=options.workers,
        life_seconds=options.life,
        around=Around(options.around),
    )
    return Chaos(
        schedule=make_schedule(options.seed, sizes),
        faults=Faults(
            drop_percent=options.drop_percent,
            seed=options.seed,
            is_listing=options.listing,
            is_parking=options.park,
        ),
        workers=options.workers,
        bound=timedelta(seconds=options.bound),
        kept=options.keep,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos",
        description=__doc__,
        epilog="The seed decides when workers are killed, when jobs start, how long they run, which replies are lost "
        "and who is approved first; around deliveries, which of the three moments each kill has. What the machine "
        "makes of that, the order of events down to the millisecond, can't be repeated.",
    )
    add = parser.add_argument
    add("--jobs", type=whole(1, 1_000), default=100, help="jobs (default: %(default)s)")
    add("--kills", type=whole(0, 10_000), default=50, help="SIGKILLs of a worker (default: %(default)s)")
    add(
        "--around",
        choices=[one.value for one in Around],
        default=Around.LIFE.value,
        help="where the kills are placed: life, so long after a worker was ready; or delivery, each at the sender of "
        "the next delivery to arrive, by turns before its POST is read, while its answer is held, and right after its "
        "answer was sent (default: %(default)s)",
    )
    add(
        "--drop-percent",
        type=whole(0, 90),
        default=5,
        metavar="P",
        help="of the creates that are accepted, so many lose their reply (default: %(default)s)",
    )
    add("--seed", type=whole(0, 2**53), default=1, help="decides what chance decides (default: %(default)s)")
    add("--workers", type=whole(1, 8), default=1, help="at once; each kill hits one (default: %(default)s)")
    add(
        "--life",
        type=whole(1, 3_600),
        default=3,
        metavar="SECONDS",
        help="how long a worker lives on average, once it is ready, where kills are not around deliveries "
        "(default: %(default)s)",
    )
    add(
        "--bound",
        type=whole(1, 86_400),
        default=600,
        metavar="SECONDS",
        help="after the last kill, or while a kill waits for a delivery; a job that is open then is stuck "
        "(default: %(default)s)",
    )
    add("--listing", action="store_true", help="let the provider list responses, so that lost ones can be found")
    add("--park", action="store_true", help="leave each lost response to the operator, instead of creating again")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--plain", action="store_true", help="only the plain way (default: both)")
    ways.add_argument("--tracked", action="store_true", help="only the product's way (default: both)")
    add("--keep", type=_new_folder, metavar="FOLDER", help="a new folder in which logs, records and histories stay")
    add("--json", action="store_true", help="end with one line of JSON")
    return parser


def _new_folder(text: str) -> Path:
    folder = Path(text)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        msg = f"{folder} can't be made anew ({error.strerror}); name another folder"
        raise argparse.ArgumentTypeError(msg) from error
    return folder


if __name__ == "__main__":
    main()
