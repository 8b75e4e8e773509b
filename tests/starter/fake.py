"""Jobs in memory behind the commands, made with the domain's own functions."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack

from signoff.domain import deciding, delivering, progress, repairing, reviewing
from signoff.domain.announcement import Announcement
from signoff.domain.arrangement import Arrangement, ArrangementAnswer
from signoff.domain.attempt import Ended
from signoff.domain.closed import ClosedFilters, closed_job
from signoff.domain.decision import UNEXAMINED, Decision, DecisionAnswer, DecisionKind, Examined
from signoff.domain.deliverable import Citation, Deliverable, DeliverableRef, digest_of
from signoff.domain.delivery import Receipt
from signoff.domain.deployment import Failed, default_terms
from signoff.domain.description import (
    ClosedPage,
    JobDescription,
    JobSummary,
    Submitted,
    Waiting,
    describe_record,
    describe_summary,
)
from signoff.domain.editing import edited
from signoff.domain.erasure import Erasure, ErasureAnswer, Tombstone, answer_for, begun
from signoff.domain.errors import ConflictError, NoSuchJobError, RefusedError
from signoff.domain.evidence import EvidenceIndex, read_index
from signoff.domain.failures import Failure, Stage
from signoff.domain.fitting import evident_attempt
from signoff.domain.job import JobRequest, labels_of, parse_request
from signoff.domain.judging import judged
from signoff.domain.observation import Finding, FindingKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import Repair, RepairAnswer
from signoff.domain.response import ResponseSnapshot
from signoff.domain.review import ReviewPolicy
from signoff.domain.scrubbing import scrubbed
from signoff.domain.stats import JobStats
from signoff.domain.status import JobStatus, ResponseStatus
from signoff.domain.undelivered import DeliveryLine
from signoff.domain.usage import Usage
from signoff.finding import ANY
from signoff.visibility import FilterOptions

REQUEST = parse_request({"requester": "ann", "response": {"model": "m", "temperature": 0.5}})
START = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@dataclass
class FakeJobs:
    """Jobs with state.

    `error` is raised by every call, `decide_error` by decisions; `steps` are the records that a follower sees in turn.
    """

    records: dict[str, JobRecord] = field(default_factory=dict)
    drafts: dict[str, Deliverable] = field(default_factory=dict)
    steps: dict[str, list[JobRecord]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    cancels: list[tuple[str, str, str]] = field(default_factory=list)
    requests: dict[str, JobRequest] = field(default_factory=dict)
    archive: dict[tuple[str, str], Deliverable] = field(default_factory=dict)
    bodies: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    arrangements: list[Arrangement] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    undelivered: list[DeliveryLine] = field(default_factory=list)
    tombstones: dict[str, Tombstone] = field(default_factory=dict)
    announced: list[tuple[str, str]] = field(default_factory=list)
    error: BaseException | None = None
    decide_error: BaseException | None = None
    has_worker: bool = True
    unreadable: tuple[str, ...] = ()
    knows_cut_off: bool = True
    numbers: JobStats | None = None
    asked_since: datetime | None = None

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

    async def deliveries(self, *, is_stuck: bool = False, limit: int = 50) -> tuple[DeliveryLine, ...]:
        self._check()
        lines = (line for line in self.undelivered[:limit] if line.is_stuck or not is_stuck)
        return tuple(lines)

    async def describe(self, job_id: str) -> JobDescription:
        record = await self.record(job_id)
        if self.has_worker:
            return describe_record(record, Waiting(), 20)
        return describe_summary(_summary(record), Waiting(), 20, "no worker answers")

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

    async def evidence(self, job_id: str, attempt: int | None = None) -> EvidenceIndex:
        number = attempt or evident_attempt(await self.record(job_id))
        if (job_id, number) not in self.bodies:
            raise RefusedError(f"the response body of attempt {number} of {job_id} is not in the archive")
        return read_index(self.bodies[job_id, number])

    async def decide(self, job_id: str, decision: Decision, examined: Examined = UNEXAMINED) -> DecisionAnswer:
        record = await self.record(job_id)
        if self.decide_error:
            raise self.decide_error
        self.decisions.append(decision)
        at = START + timedelta(minutes=2)
        if not self.has_worker:
            told = "no worker answers now; the decision is recorded and will be applied, under the same rules"
            return DecisionAnswer(is_accepted=False, reason=told, status=record.status, at=at, is_pending=True)
        self.records[job_id], line = deciding.decided(record, decision, at, examined)
        status = self.records[job_id].status
        return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=status, at=line.at)

    async def approve_edited(  # noqa: PLR0913  as the client has it
        self, job_id: str, *, digest: str, text: str, reviewer: str, comment: str = "", decision_id: str = ""
    ) -> DecisionAnswer:
        after = edited(await self.deliverable(job_id, digest), text, reviewer)
        reference = self._archived(after)
        decision = Decision(
            decision_id=decision_id,
            kind=DecisionKind.APPROVE_EDITED,
            digest=digest,
            edited_digest=reference.digest,
            reviewer=reviewer,
            comment=comment,
        )
        answer = await self.decide(job_id, decision, Examined(edit=reference))
        if answer.is_accepted:
            self.drafts[job_id] = after
        return answer

    async def arrange(self, job_id: str, arrangement: Arrangement) -> ArrangementAnswer:
        record = await self.record(job_id)
        self.arrangements.append(arrangement)
        at = START + timedelta(minutes=2)
        self.records[job_id], answer = reviewing.arranged(record, arrangement, at)
        return answer

    async def deliverable(self, job_id: str, digest: str) -> Deliverable:
        self._check()
        if (job_id, digest) not in self.archive:
            raise RefusedError(f"the archive does not hold {digest}")
        return self.archive[job_id, digest]

    async def repair(self, job_id: str, repair: Repair) -> RepairAnswer:
        record = await self.record(job_id)
        self.repairs.append(repair)
        if record.is_closed:
            return repairing.answer_when_closed(record, repair)
        at = START + timedelta(minutes=2)
        request = self.requests.get(job_id, REQUEST)
        self.records[job_id], self.requests[job_id], answer = repairing.repaired(record, request, repair, at)
        return answer

    async def announce(self, job_id: str, response_id: str) -> None:
        await self.record(job_id)
        self.announced.append((job_id, Announcement(response_id=response_id).response_id))

    async def cancel(self, job_id: str, *, by: str, reason: str = "") -> None:
        record = await self.record(job_id)
        if record.is_closed:
            raise RefusedError(f"{job_id} is closed already: {record.status} ({record.reason})")
        self.cancels.append((job_id, by, reason))
        if job_id not in self.steps:
            self.records[job_id] = progress.cancelled(record, f"cancelled by {by}: {reason}", START)

    async def erase(
        self, job_id: str, *, by: str, reason: str, keeps_history: bool = False, keeps_upstream: bool = False
    ) -> ErasureAnswer:
        record = await self.record(job_id)
        if not record.is_closed:
            raise RefusedError(f"{job_id} is open: it is {record.status}; only closed jobs can be erased")
        asked = Erasure(job_id=job_id, by=by, reason=reason, keeps_history=keeps_history, keeps_upstream=keeps_upstream)
        tombstone = self.tombstones.setdefault(job_id, begun(asked, record, START))
        if self.has_worker:
            self.records[job_id] = scrubbed(record, tombstone.erased)
            self.tombstones[job_id] = tombstone.model_copy(update={"done_at": START})
        return answer_for(self.tombstones[job_id])

    async def follow(self, job_id: str) -> AsyncIterator[JobDescription]:
        yield await self.describe(job_id)
        for step in self.steps.get(job_id, []):
            self.records[job_id] = step
            yield await self.describe(job_id)

    async def list(self, *, limit: int = 50, **filters: Unpack[FilterOptions]) -> list[JobSummary]:
        self._check()
        return [_summary(one) for one in self.records.values() if _is_asked_for(one, filters)][:limit]

    async def stats(self, *, since: datetime | None = None) -> JobStats:
        self._check()
        self.asked_since = since
        statuses = Counter(record.status for record in self.records.values())
        return self.numbers or JobStats(at=START, statuses=dict(statuses))

    async def closed(self, filters: ClosedFilters = ANY, *, limit: int = 50, cursor: str | None = None) -> ClosedPage:
        self._check()
        entries = [entry for record in self.records.values() if (entry := closed_job(record))]
        asked = [one for one in entries if filters.admits(one.model_dump(mode="json"), one.closed_at)]
        start = int(cursor or 0)
        jobs = [one.summary() for one in sorted(asked, key=lambda one: one.place, reverse=True)]
        following = str(start + limit) if len(jobs) > start + limit else None
        page = ClosedPage(jobs=tuple(jobs[start : start + limit]), next_cursor=following)
        return page.model_copy(update={"unreadable": self.unreadable, "knows_cut_off": self.knows_cut_off})

    def _check(self) -> None:
        if self.error:
            raise self.error

    def add_begun(self, job_id: str) -> JobRecord:
        """Add a job whose create is under way."""
        request = REQUEST.model_copy(update={"title": f"Title of {job_id}"})
        self.requests[job_id] = request
        self.records[job_id] = progress.attempt_begun(progress.opened(request, job_id=job_id, at=START), START)
        return self.records[job_id]

    def add_running(self, job_id: str) -> JobRecord:
        """Add a job that OpenAI works on."""
        record = self.add_begun(job_id)
        snapshot = ResponseSnapshot(response_id="resp_1", status=ResponseStatus.IN_PROGRESS)
        self.records[job_id] = progress.response_created(record, snapshot, START)
        return self.records[job_id]

    def add_held(self, job_id: str, text: str = "A short answer.", **policy: Any) -> str:
        """Add a job whose result is held for review, and give the digest."""
        return self.hold(self.add_running(job_id), text, **policy)

    def hold(self, record: JobRecord, text: str, **policy: Any) -> str:
        """Have a draft held for review, and give its digest."""
        source = Citation(title="A source", url="https://example.org/source", start=0, end=7)
        draft = Deliverable(job_id=record.job_id, attempt=len(record.attempts), text=text, citations=(source,))
        later = START + timedelta(minutes=1)
        self.records[record.job_id] = reviewing.held(record, self._archived(draft), ReviewPolicy(**policy), later)
        self.drafts[record.job_id] = draft
        return digest_of(draft.canonical())

    def add_reworked(self, job_id: str, first: str, second: str, comment: str = "shorter") -> tuple[str, str]:
        """Add a job whose second draft is held, after changes to the first were asked for, and give both digests."""
        digest = self.add_held(job_id, first)
        decision = Decision(
            decision_id="rework", kind=DecisionKind.REQUEST_CHANGES, digest=digest, reviewer="ana", comment=comment
        )
        queued, _ = deciding.decided(self.records[job_id], decision, START + timedelta(minutes=1))
        begun = progress.attempt_begun(queued, START)
        snapshot = ResponseSnapshot(response_id="resp_2", status=ResponseStatus.IN_PROGRESS)
        return digest, self.hold(progress.response_created(begun, snapshot, START), second)

    def _archived(self, draft: Deliverable) -> DeliverableRef:
        data = draft.canonical()
        finding = Finding(kind=FindingKind.TOOL_FAILED, message="a web_search_call did not succeed")
        self.archive[draft.job_id, digest_of(data)] = draft
        return DeliverableRef(digest=digest_of(data), size_bytes=len(data), attempt=draft.attempt, findings=(finding,))

    def add_ended(self, job_id: str) -> JobRecord:
        """Add a job whose response has ended at OpenAI, and was not judged yet."""
        usage = Usage(input_tokens=200, output_tokens=1_034, total_tokens=1_234)
        snapshot = ResponseSnapshot(response_id="resp_1", status=ResponseStatus.FAILED, model="m-1", usage=usage)
        ended = Ended(snapshot=snapshot, body_digest="sha256:0", looks=3)
        self.records[job_id] = progress.response_ended(self.add_running(job_id), ended, START)
        return self.records[job_id]

    def add_approved(self, job_id: str) -> JobRecord:
        """Add a job whose approved result is being delivered."""
        decision = Decision(decision_id="d", kind=DecisionKind.APPROVE, digest=self.add_held(job_id), reviewer="bob")
        self.records[job_id], _ = deciding.decided(self.records[job_id], decision, START)
        return self.records[job_id]

    def add_completed(self, job_id: str, text: str = "A short answer.") -> None:
        """Add a job whose approved result was delivered."""
        digest = self.add_held(job_id, text)
        decision = Decision(decision_id="d", kind=DecisionKind.APPROVE, digest=digest, reviewer="bob")
        receipt = Receipt(channel="release", destination="the requester", reference="r-1", digest=digest, at=START)
        approved, _ = deciding.decided(self.records[job_id], decision, START)
        self.records[job_id] = delivering.taken(approved, 1, receipt, START)

    def add_stopped(self, job_id: str, failure: Failure) -> JobRecord:
        """Add a job that stopped for a person, at the stage of the failure."""
        match failure.stage:
            case Stage.CREATE:
                record = self.add_begun(job_id)
            case Stage.DELIVER:
                record = self.add_approved(job_id)
            case _:
                record = self.add_ended(job_id)
        return self.stop(record, failure)

    def stop(self, record: JobRecord, failure: Failure) -> JobRecord:
        """Have a job fail, and go on with whatever the rules make of that."""
        failed = Failed(failure=failure, terms=default_terms(failure.failure_class, failure.stage))
        record = progress.stopped(record, failed, judged(record, failed, START), START)
        self.records[record.job_id] = record
        return record


def _summary(record: JobRecord) -> JobSummary:
    review = record.review if record.status is JobStatus.AWAITING_REVIEW else None
    return JobSummary(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        next_action=record.next_action,
        failure_class=record.failure.failure_class if record.failure else None,
        review_due_at=review.due_at if review else None,
        findings=len(record.deliverable.findings) if review and record.deliverable else 0,
        claimed_by=review.claimed_by if review else "",
        started_at=record.opened_at,
        closed_at=record.closed_at,
    )


def _is_asked_for(record: JobRecord, filters: FilterOptions) -> bool:
    summary, reviewer, label = _summary(record), filters.get("reviewer"), filters.get("label")
    wanted = (filters.get("status"), filters.get("requester"), filters.get("failure_class"))
    told = (summary.status, summary.requester, summary.failure_class)
    waits_for = record.review.waits_for if record.review else ()
    is_theirs = reviewer != record.requester and (not waits_for or reviewer in waits_for)
    return (
        all(one in {None, other} for one, other in zip(wanted, told, strict=True))
        and (reviewer is None or is_theirs)
        and (label is None or label in labels_of(record.labels))
    )
