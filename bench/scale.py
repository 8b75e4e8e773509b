"""`python -m bench.scale`: what many open jobs cost, and how long new work takes beside them.

Half of the jobs have a response that takes a day and is looked at on the default poll schedule; the other half
await review. New jobs and decisions are measured on the empty stack, beside all of these, and after a new worker
took the place of a killed one.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

import psutil

from bench.arguments import whole
from bench.command import completed
from bench.freshness_figures import percentile
from bench.machine import describe_machine
from bench.scale_driver import all_looked_again, all_settled, looks_of, make_requests, probe, restarted, submit_all
from bench.stack import Rig, running_rig

_PROGRAM = "bench.scale"
_MEBIBYTE = 2**20


def main() -> None:
    """Measure and print. Exit codes: 0 measured, 1 the stack broke or a wait took too long, 2 bad arguments."""
    options = _parser().parse_args()
    figures = completed(_PROGRAM, _run(options))
    for name, value in figures.items():
        print(f"{name:<28}{value}")
    if options.json:
        print(json.dumps(figures))


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "options": {"jobs": options.jobs, "seed": options.seed, "probes": options.probes, "wait": options.wait},
        "machine": describe_machine(),
    }
    async with running_rig() as rig:
        _say("the empty stack")
        await probe(rig, "warm", 3)
        figures |= _delays("empty", await probe(rig, "empty", options.probes)) | _memory("empty", rig, rig.worker)
        _say(f"submitting {options.jobs:,} jobs")
        seconds = await submit_all(rig, make_requests("many", options.jobs, options.seed))
        figures |= {"submit_seconds": round(seconds, 2), "submitted_per_second": round(options.jobs / seconds, 1)}
        figures["settled_after_seconds"] = round(await all_settled(rig, options.jobs), 2)
        figures |= await _idle(rig, options.wait)
        figures |= _delays("open", await probe(rig, "open", options.probes)) | _memory("open", rig, rig.worker)
        _say("a new worker")
        figures |= await _restart(rig, options.probes)
    return figures


async def _idle(rig: Rig, wait: int) -> dict[str, Any]:
    """Measure the CPU while all of them wait."""
    _say(f"waiting {wait} s")
    before, looks, begun_at = rig.cpu(), sum((await looks_of(rig)).values()), time.monotonic()
    await asyncio.sleep(wait)
    seconds = time.monotonic() - begun_at
    used, looked = rig.cpu().since(before), sum((await looks_of(rig)).values()) - looks
    return {
        "waiting_server_cores": round(used.server / 1000 / seconds, 3),
        "waiting_worker_cores": round(used.worker / 1000 / seconds, 3),
        "waiting_looks_per_second": round(looked / seconds, 2),
    }


async def _restart(rig: Rig, probes: int) -> dict[str, Any]:
    before, begun_at = await looks_of(rig), time.monotonic()
    async with restarted(rig) as worker:
        first = await probe(rig, "first", 1)
        answered = time.monotonic() - begun_at
        await all_looked_again(rig, before)
        looked = time.monotonic() - begun_at
        delays = _delays("restarted", await probe(rig, "restarted", probes))
        told = {"restart_first_job_seconds": round(answered, 2), "restart_first_create_ms": round(first["create"][0])}
        return told | {"restart_all_looked_seconds": round(looked, 2)} | delays | _memory("restarted", rig, worker)


def _delays(when: str, times: dict[str, list[float]]) -> dict[str, float]:
    shares = (50, 95)
    return {
        f"{when}_{what}_p{share}_ms": round(percentile(v, share), 1) for what, v in times.items() for share in shares
    }


def _memory(when: str, rig: Rig, worker: psutil.Process) -> dict[str, float]:
    sizes = {"server": rig.server.memory_info().rss, "worker": worker.memory_info().rss}
    return {f"{when}_{name}_mebibytes": round(size / _MEBIBYTE, 1) for name, size in sizes.items()}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=whole(2, 20_000), default=10_000, help="open jobs (default: %(default)s)")
    parser.add_argument("--probes", type=whole(1, 1_000), default=20, help="new jobs each time (default: %(default)s)")
    parser.add_argument("--wait", type=whole(1, 3_600), default=60, metavar="SECONDS", help="(default: %(default)s)")
    parser.add_argument("--seed", type=whole(0, 2**32), default=1, help="of the order (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


if __name__ == "__main__":
    main()
