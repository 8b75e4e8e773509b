"""Driving the product's jobs through the chaos, as a requester, a reviewer and an operator would."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from bench.chaos_receipts import read_receipts, unsound
from bench.chaos_schedule import PlannedJob
from bench.chaos_world import World
from bench.driver import LIST_INTERVAL
from signoff.domain import layout
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.delivery import Http, Receipt
from signoff.domain.description import JobSummary
from signoff.domain.errors import NoSuchJobError, SignoffError, UnreachableError
from signoff.domain.job import JobRequest
from signoff.domain.record import JobOutcome, JobRecord
from signoff.domain.status import JobStatus
from signoff.verifying import verify_job

T = TypeVar("T")
REQUESTER: Final = "chaos"
_LISTED_AT_MOST: Final = 1_000
_PAUSE_SECONDS: Final = 0.5
_READ_WITHIN: Final = timedelta(seconds=60)


@dataclass
class Log:
    """What the driver did, which nobody but it knows.

    Attributes:
        approvals: When each digest of each job was approved for the first time.
        repairs: Why jobs were repaired, and how often.
        repeated: How often which call was made again, since nobody answered.
        refused: Decisions, repairs and calls that were refused, each with its reason, and how often.
    """

    approvals: dict[tuple[str, str], float] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Told:
    """What is told of the jobs at the end.

    Attributes:
        records: By job id, as `JobClient.record` gives them.
        unreadable: Why there is none, by the ids of jobs that exist.
        contradicted: What the archive or Temporal tells otherwise.
        receipts: What the deliveries of closed jobs returned, as Temporal's histories have it.
        unsound: What `signoff verify` finds wrong with closed jobs.
    """

    records: dict[str, JobRecord] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    contradicted: list[str] = field(default_factory=list)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    unsound: list[str] = field(default_factory=list)


class Tracked:
    """Drives all jobs to their ends. A call that nobody answers is made again, a decision under the same id."""

    def __init__(self, world: World, planned: Sequence[PlannedJob], passed: Sequence[asyncio.Event]) -> None:
        self._world = world
        self._planned = {job.job_id: job for job in planned}
        self._passed = passed
        self._ended: set[str] = set()
        self._approved: set[str] = set()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self.log = Log()

    @property
    def ended(self) -> int:
        """How many jobs have ended so far."""
        return len(self._ended)

    async def run(self, bound: timedelta) -> None:
        """Return once all jobs have ended, or when some have not so long after the last kill."""
        watch = asyncio.create_task(self._watch())
        tasks = [asyncio.create_task(self._told(job_id, self._submit)) for job_id in self._planned]
        try:
            await asyncio.gather(*tasks)
            await self._passed[-1].wait()
            await asyncio.wait({watch}, timeout=bound.total_seconds())
            if watch.done():
                await watch
        finally:
            await _cancelled([watch, *tasks, *self._busy.values()])

    async def tell(self) -> Told:
        """Read what there is about each job, from each place that keeps something."""
        told = Told()
        for job_id in self._planned:
            try:
                async with asyncio.timeout(_READ_WITHIN.total_seconds()):
                    told.records[job_id] = record = await self._read(job_id)
            except NoSuchJobError:
                continue
            except (SignoffError, TimeoutError) as error:
                told.unreadable[job_id] = str(error) or "nobody answers"
                continue
            if record.is_closed:
                await self._examine(record, told)
        return told

    async def _examine(self, record: JobRecord, told: Told) -> None:
        """Ask Temporal and the archive what they have of a closed job."""
        job_id, temporal = record.job_id, self._world.temporal
        told.contradicted.extend(f"{job_id}: {one}" for one in await self._contradictions(record))
        checks = await verify_job(self._world.jobs, job_id)
        told.unsound.extend(f"{job_id}: {why}" for why in unsound(checks, record))
        try:
            history = await temporal.get_workflow_handle(job_id).fetch_history()
        except RPCError:
            return  # told among the contradictions
        told.receipts[job_id] = await read_receipts(temporal, history)

    async def _submit(self, job_id: str) -> None:
        job = self._planned[job_id]
        await self._passed[job.after_kills].wait()
        await asyncio.sleep(job.delay_seconds)
        await self._answered("submit", lambda: self._world.jobs.submit(self._request(job)))

    async def _watch(self) -> None:
        while len(self._ended) < len(self._planned):
            try:
                listed = await self._world.jobs.list(requester=REQUESTER, limit=_LISTED_AT_MOST)
            except SignoffError as error:
                sys.stderr.write(f"  the list failed, and is asked for again: {error}\n")
                listed = []
            for job in sorted(listed, key=lambda one: self._planned[one.job_id].rank):
                self._attend(job)
            await asyncio.sleep(LIST_INTERVAL.total_seconds())

    def _attend(self, job: JobSummary) -> None:
        if job.closed_at:
            self._ended.add(job.job_id)
        elif job.job_id not in self._busy or self._busy[job.job_id].done():
            work: dict[JobStatus, Callable[[str], Awaitable[None]]] = {
                JobStatus.AWAITING_REVIEW: self._approve,
                JobStatus.NEEDS_ATTENTION: self._repair,
            }
            if job.status in work:
                self._busy[job.job_id] = asyncio.create_task(self._told(job.job_id, work[job.status]))

    async def _told(self, job_id: str, work: Callable[[str], Awaitable[None]]) -> None:
        """Write down what goes wrong. For a job that exists, the next list leads to another go."""
        try:
            await work(job_id)
        except SignoffError as error:
            self.log.refused[f"{job_id}: {type(error).__name__}: {error}"] += 1

    async def _approve(self, job_id: str) -> None:
        jobs, approvals = self._world.jobs, self.log.approvals
        record = await self._read(job_id)
        digest = record.deliverable.digest if record.deliverable else ""
        if record.status is not JobStatus.AWAITING_REVIEW or job_id in self._approved:
            return  # the list was late
        approvals.setdefault((job_id, digest), asyncio.get_running_loop().time())
        decision = Decision(
            decision_id=f"{job_id}-{digest[-16:]}", kind=DecisionKind.APPROVE, digest=digest, reviewer="reviewer"
        )
        answer = await self._answered("decide", lambda: jobs.decide(job_id, decision))
        if answer.is_accepted:
            self._approved.add(job_id)
        else:
            self.log.refused[f"{job_id}: the approval of {digest}: {answer.reason}"] += 1

    async def _repair(self, job_id: str) -> None:
        jobs = self._world.jobs
        record = await self._read(job_id)
        if record.status is not JobStatus.NEEDS_ATTENTION or record.failure is None:
            return  # the list was late
        why, repair_id = str(record.failure), f"{job_id}-{len(record.repairs)}"
        answer = await self._answered(
            "retry", lambda: jobs.retry(job_id, by="operator", reason=why[:1_000], repair_id=repair_id)
        )
        if answer.is_accepted:
            self.log.repairs[f"{record.failure.failure_class} at {record.failure.stage}"] += 1
        else:
            self.log.refused[f"{job_id}: the repair {repair_id}: {answer.reason}"] += 1

    async def _read(self, job_id: str) -> JobRecord:
        return await self._answered("record", lambda: self._world.jobs.record(job_id))

    async def _answered(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call until somebody answers it."""
        while True:
            try:
                return await call()
            except UnreachableError:
                self.log.repeated[name] += 1
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _contradictions(self, record: JobRecord) -> list[str]:
        """Compare the record of a closed job with the file in the archive, and with what its workflow returned."""
        path = self._world.settings.state_dir / "archive" / layout.record_path(record.job_id)
        handle = self._world.temporal.get_workflow_handle(record.job_id, result_type=JobOutcome)
        try:
            execution = await handle.describe()
            is_completed = execution.status is WorkflowExecutionStatus.COMPLETED
            outcome = await handle.result() if is_completed else None
        except RPCError as error:
            return [f"Temporal does not tell of it: {error}"]
        kept = JobRecord.model_validate_json(path.read_bytes()) if path.exists() else None
        wrong = [] if kept == record else ["the file in the archive differs from the record"]
        return wrong if outcome == record.outcome() else [*wrong, f"its workflow returned {outcome}"]

    def _request(self, job: PlannedJob) -> JobRequest:
        return JobRequest(
            job_id=job.job_id,
            title=f"Chaos job {job.job_id}",
            requester=REQUESTER,
            response={"model": "gpt-5.5", "input": "How do tides work?", "metadata": {"simulator": job.scenario}},
            delivery=Http(url=self._world.receiver.url),
        )


async def _cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
