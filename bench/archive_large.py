"""`python -m bench.archive_large`: what a large result costs the history and the memory of a worker."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from bench.arguments import whole
from bench.command import completed, end
from bench.machine import describe_machine
from bench.stack import child_running, isolate
from signoff.client import JobClient
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.job import parse_request
from signoff.domain.status import JobStatus
from signoff.encryption import new_entry
from signoff.keeping import archive_of
from signoff.settings import load_settings
from starter.plan import Ports, make_plan
from starter.sockets import free_ports
from starter.stack import Stack, StackError, beside, running

SMALL_BYTES: Final = 2_000
MEGABYTE: Final = 1_000_000
LETTERS: Final = ("latin", "cjk", "emoji")
_PATIENCE: Final = timedelta(minutes=3)
_PROGRAM: Final = "bench.archive_large"


class Case(NamedTuple):
    """One life of a job: how many bytes its text has, in which letters, and whether everything is encrypted."""

    size: int
    letters: str
    is_encrypted: bool


async def run(
    size_mb: int = 50, letters: str = "latin", rounds: int = 1, *, is_encrypted: bool = False
) -> dict[str, float]:
    """Take a result of 2 kB and one of this size through their whole lives, each on a stack of its own.

    Gives the bytes of both histories, and by how much the large one raised the highest memory of a worker: the
    median of the rounds, with the least and the most. Progress goes to stderr.

    Raises:
        StackError: A job did not end as it should, or a process ended.
    """
    extras, histories = [], (0, 0)
    for number in range(rounds):
        small = await _lived(Case(SMALL_BYTES, letters, is_encrypted))
        large = await _lived(Case(size_mb * MEGABYTE, letters, is_encrypted))
        extras.append((large[1] - small[1]) / MEGABYTE)
        histories = (small[0], large[0])
        _say(f"round {number + 1}: {extras[-1]:.0f} MB more for {size_mb} MB of {letters} text")
    return {
        "history_bytes_2kb": float(histories[0]),
        f"history_bytes_{size_mb}mb": float(histories[1]),
        "worker_peak_extra_mb": sorted(extras)[len(extras) // 2],
        "worker_peak_extra_mb_least": min(extras),
        "worker_peak_extra_mb_most": max(extras),
    }


async def _lived(case: Case) -> tuple[int, int]:
    """Take one job from submission to delivery; give its history's bytes, and the peak of a fresh worker's memory."""
    with tempfile.TemporaryDirectory(prefix="signoff-bench-", ignore_cleanup_errors=True) as folder:
        isolate(Path(folder))
        if case.is_encrypted:
            os.environ["SIGNOFF_ENCRYPTION_KEYS"] = new_entry("bench")
        settings = load_settings()
        plan = make_plan(settings, Ports(*free_ports(3)))
        async with running(plan) as stack:
            worker = child_running(plan.worker_command).pid
            jobs = JobClient(stack.temporal, archive_of(settings))
            history = await beside(stack, _life(stack, jobs, case))
            peak = _peak_bytes(worker)
    what = f"{case.size:,} bytes of {case.letters} text"
    _say(f"{what}: {history:,} bytes of history, peak of the worker {peak / MEGABYTE:.0f} MB")
    return history, peak


async def _life(stack: Stack, jobs: JobClient, case: Case) -> int:
    scenario = f"completed queued=0 running=1 size={case.size} letters={case.letters}"
    response = {"model": "gpt-5.5", "input": "How do tides work?", "metadata": {"simulator": scenario}}
    job_id = (await jobs.submit(parse_request({"requester": "bench", "response": response}))).job_id
    await _until(jobs, job_id, JobStatus.AWAITING_REVIEW)
    record = await jobs.record(job_id)
    held = record.deliverable
    if held is None or held.size_bytes < case.size:
        raise StackError(f"{job_id} holds another result than was asked for: {held}")
    decision = Decision(decision_id="1", kind=DecisionKind.APPROVE, digest=held.digest, reviewer="ana")
    answer = await jobs.decide(job_id, decision)
    if not answer.is_accepted:
        raise StackError(f"the approval of {job_id} was refused: {answer.reason}")
    await _until(jobs, job_id, JobStatus.COMPLETED)
    found = await stack.temporal.get_workflow_handle(job_id).describe()
    return found.raw_description.workflow_execution_info.history_size_bytes


async def _until(jobs: JobClient, job_id: str, status: JobStatus) -> None:
    async with asyncio.timeout(_PATIENCE.total_seconds()):
        while (job := await jobs.describe(job_id)).status is not status:
            if job.status is JobStatus.NEEDS_ATTENTION or job.status.is_closed:
                raise StackError(f"{job_id} is {job.status}: {job.reason}")
            await asyncio.sleep(0.2)


def _peak_bytes(pid: int) -> int:
    """Read the highest resident memory that a process has had (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    """Measure and print. Exit codes: 0 measured, 1 a job did not end well, 2 bad arguments."""
    parser = argparse.ArgumentParser(prog=f"python -m {_PROGRAM}", description=__doc__)
    parser.add_argument("--size", type=whole(1, 60), default=50, metavar="MB", help="(default: %(default)s)")
    parser.add_argument("--letters", choices=LETTERS, default="latin", help="of the text (default: %(default)s)")
    parser.add_argument("--rounds", type=whole(1, 20), default=1, help="(default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--encrypted", action="store_true", help="encrypt histories and archive")
    options = parser.parse_args()
    if not os.path.exists("/proc/self/status"):  # noqa: PTH110  asked once
        end(_PROGRAM, 1, "the highest memory of a process is read from /proc, which this system lacks")
    figures = completed(_PROGRAM, run(options.size, options.letters, options.rounds, is_encrypted=options.encrypted))
    if options.json:
        print(json.dumps({**figures, "machine": describe_machine()}))
    else:
        print("\n".join(f"{name}: {figure:,.1f}" for name, figure in figures.items()))


if __name__ == "__main__":
    main()
