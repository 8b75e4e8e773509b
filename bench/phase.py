"""One measured phase: a batch of jobs, what the processes used for it, and what the jobs left behind."""

import asyncio
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from temporalio.service import RPCError

from bench.driver import Batch
from bench.stack import Cpu, Rig
from signoff.domain.names import METADATA_JOB_ID

_SETTLING: Final = timedelta(seconds=1)
"""What the server and the worker still do after the last job's end counts for the jobs."""


@dataclass(frozen=True)
class Phase:
    """What was measured. `creates` and `looks` have one number per job, as the simulator counted them."""

    name: str
    jobs: int
    seconds: float
    cpu: Cpu
    events: list[int]
    history_bytes: list[int]
    creates: list[int]
    looks: list[int]
    calls: dict[str, int]
    undelivered: dict[str, str]

    @property
    def server_ms(self) -> float:
        """The server's CPU per job."""
        return self.cpu.server / self.jobs

    @property
    def worker_ms(self) -> float:
        """The workers' CPU per job. The one that has nothing to do counts too; it uses next to nothing."""
        return (self.cpu.worker + self.cpu.bare_worker) / self.jobs

    @property
    def engine_ms(self) -> float:
        """Both together."""
        return self.server_ms + self.worker_ms

    @property
    def jobs_per_second(self) -> float:
        """How many jobs ended per second."""
        return self.jobs / self.seconds


async def measure(rig: Rig, batch: Batch) -> Phase:
    """Run a batch and measure it. The reading afterwards is not part of what was measured."""
    count = len(batch.job_ids)
    sys.stderr.write(f"{batch.name}: {count} jobs, {batch.run_time.total_seconds():g} s each\n")
    before, started = rig.cpu(), time.monotonic()
    await batch.run()
    seconds = time.monotonic() - started
    await asyncio.sleep(_SETTLING.total_seconds())
    cpu = rig.cpu().since(before)
    executions = [found for job_id in batch.job_ids if (found := await _execution(rig, job_id))]
    ledger = await rig.ledger()
    created = {job_id: _responses_of(ledger, job_id) for job_id in batch.job_ids}
    return Phase(
        name=batch.name,
        jobs=count,
        seconds=seconds,
        cpu=cpu,
        events=[info.history_length for info in executions],
        history_bytes=[info.history_size_bytes for info in executions],
        creates=[len(ids) for ids in created.values()],
        looks=[sum(ledger["retrieves"].get(one, 0) for one in ids) for ids in created.values()],
        calls=dict(batch.calls),
        undelivered=dict(batch.undelivered),
    )


async def _execution(rig: Rig, job_id: str) -> Any:  # noqa: ANN401  Temporal's message
    try:
        return (await rig.temporal.get_workflow_handle(job_id).describe()).raw_description.workflow_execution_info
    except RPCError:
        return None  # it was never started, which is told as undelivered


def _responses_of(ledger: Any, job_id: str) -> list[str]:  # noqa: ANN401  the simulator's JSON
    return [one["id"] for one in ledger["creates"] if one["metadata"].get(METADATA_JOB_ID) == job_id]
