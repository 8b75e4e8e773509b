"""Jobs in memory behind the commands, made with the domain's own functions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from signoff.domain import deciding, progress
from signoff.domain.deliverable import Citation, Deliverable, DeliverableRef, digest_of
from signoff.domain.delivery import Receipt
from signoff.domain.description import JobDescription, JobSummary, Submitted, Waiting, describe_record
from signoff.domain.errors import ConflictError, NoSuchJobError, RefusedError
from signoff.domain.failures import Failure
from signoff.domain.job import JobRequest, parse_request
from signoff.domain.observation import Finding, FindingKind
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot
from signoff.domain.review import Decision, DecisionAnswer, DecisionKind, ReviewPolicy
from signoff.domain.status import JobStatus, ResponseStatus

START = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@dataclass
class FakeJobs:
    """Jobs with state. `error` is raised by every call; `steps` are the records that a follower sees in turn."""

    records: dict[str, JobRecord] = field(default_factory=dict)
    drafts: dict[str, Deliverable] = field(default_factory=dict)
    steps: dict[str, list[JobRecord]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    cancels: list[tuple[str, str, str]] = field(default_factory=list)
    error: BaseException | None = None

    async def submit(self, request: JobRequest) -> Submitted:
        self._check()
        job_id = request.job_id or "job-new"
        if known := self.records.get(job_id):
            if known.request_digest != request.digest:
                raise ConflictError(f"{job_id} belongs to another request")
            return Submitted(job_id=job_id, is_new=False)
        self.records[job_id] = progress.opened(request, job_id=job_id, at=START)
        return Submitted(job_id=job_id, is_new=True)

    async def record(self, job_id: str) -> JobRecord:
        self._check()
        if job_id not in self.records:
            raise NoSuchJobError(f"there is no job {job_id}")
        return self.records[job_id]

    async def describe(self, job_id: str) -> JobDescription:
        return describe_record(await self.record(job_id), Waiting(), 20)

    async def result(self, job_id: str) -> Deliverable:
        record = await self.record(job_id)
        if record.status is not JobStatus.COMPLETED:
            raise RefusedError(f"the job is {record.status} ({record.reason})")
        return self.drafts[job_id]

    async def draft(self, job_id: str) -> tuple[Deliverable, JobRecord]:
        record = await self.record(job_id)
        if job_id not in self.drafts:
            raise RefusedError(f"{job_id} holds nothing to review")
        return self.drafts[job_id], record

    async def decide(self, job_id: str, decision: Decision) -> DecisionAnswer:
        record = await self.record(job_id)
        self.decisions.append(decision)
        self.records[job_id], line = deciding.decided(record, decision, START + timedelta(minutes=2))
        status = self.records[job_id].status
        return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=status, at=line.at)

    async def cancel(self, job_id: str, *, by: str, reason: str = "") -> None:
        record = await self.record(job_id)
        if record.is_closed:
            raise RefusedError(f"{job_id} is closed already: {record.status} ({record.reason})")
        self.cancels.append((job_id, by, reason))
        if job_id not in self.steps:
            self.records[job_id] = progress.cancelled(record, f"cancelled by {by}: {reason}", START)

    async def follow(self, job_id: str) -> AsyncIterator[JobDescription]:
        yield await self.describe(job_id)
        for step in self.steps.get(job_id, []):
            self.records[job_id] = step
            yield await self.describe(job_id)

    async def list(
        self, *, status: JobStatus | None = None, requester: str | None = None, limit: int = 50
    ) -> list[JobSummary]:
        self._check()
        found = [_summary(record) for record in self.records.values()]
        return [job for job in found if status in {None, job.status} and requester in {None, job.requester}][:limit]

    def _check(self) -> None:
        if self.error:
            raise self.error

    def add_running(self, job_id: str) -> JobRecord:
        """Add a job that OpenAI works on."""
        request = parse_request({"requester": "ann", "title": f"Title of {job_id}", "response": {"model": "m"}})
        record = progress.attempt_begun(progress.opened(request, job_id=job_id, at=START), START)
        snapshot = ResponseSnapshot(response_id="resp_1", status=ResponseStatus.IN_PROGRESS)
        self.records[job_id] = progress.response_created(record, snapshot, START)
        return self.records[job_id]

    def add_held(self, job_id: str, text: str = "A short answer.", approvals: int = 1) -> str:
        """Add a job whose result is held for review, and give the digest."""
        source = Citation(title="A source", url="https://example.org/source", start=0, end=7)
        draft = Deliverable(job_id=job_id, attempt=1, text=text, citations=(source,))
        finding = Finding(kind=FindingKind.TOOL_FAILED, message="a web_search_call did not succeed")
        data = draft.canonical()
        reference = DeliverableRef(digest=digest_of(data), size_bytes=len(data), attempt=1, findings=(finding,))
        policy = ReviewPolicy(approvals=approvals)
        later = START + timedelta(minutes=1)
        self.records[job_id] = progress.held(self.add_running(job_id), reference, policy, later)
        self.drafts[job_id] = draft
        return reference.digest

    def add_completed(self, job_id: str, text: str = "A short answer.") -> None:
        """Add a job whose approved result was delivered."""
        digest = self.add_held(job_id, text)
        decision = Decision(decision_id="d", kind=DecisionKind.APPROVE, digest=digest, reviewer="bob")
        receipt = Receipt(channel="release", destination="the requester", reference="r-1", digest=digest, at=START)
        approved, _ = deciding.decided(self.records[job_id], decision, START)
        self.records[job_id] = progress.delivered(approved, receipt, START)

    def add_stopped(self, job_id: str, failure: Failure) -> None:
        """Add a job that stopped for a person."""
        record = self.add_running(job_id)
        self.records[job_id] = progress.stopped(record, failure, progress.judged(record, failure, START), START)


def _summary(record: JobRecord) -> JobSummary:
    return JobSummary(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        next_action=record.next_action,
        started_at=record.opened_at,
        closed_at=record.closed_at,
    )
