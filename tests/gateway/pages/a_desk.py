"""Jobs behind the pages without Temporal: real records, changed by the domain's own functions alone."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from signoff.domain import deciding, progress, reviewing
from signoff.domain.arrangement import Arrangement, ArrangementAnswer
from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind, Examined
from signoff.domain.deliverable import Citation, Deliverable, DeliverableRef, digest_of
from signoff.domain.description import JobDescription, JobPage, JobSummary, Waiting, describe_record
from signoff.domain.editing import edited
from signoff.domain.errors import NoSuchJobError, RefusedError, SignoffError, UnreachableError
from signoff.domain.evidence import EvidenceIndex
from signoff.domain.fitting import evident_attempt, index_of_body
from signoff.domain.integrity import UnsoundError
from signoff.domain.model import identity
from signoff.domain.observation import Finding
from signoff.domain.panel import House
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import JobStatus, ResponseStatus
from signoff.domain.usage import Usage
from tests.domain.making import OTHER_DIGEST, a_request, an_end

TEXT = "# Tidal power\n\nThe tide *turns* twice a day.\n"


@dataclass
class Desk:
    """What the pages ask of `JobClient`, on records in memory.

    With `is_silent` no worker answers: decisions wait in `left`, and records of open jobs can't be read.
    """

    records: dict[str, JobRecord] = field(default_factory=dict)
    drafts: dict[str, Deliverable] = field(default_factory=dict)
    bodies: dict[tuple[str, int], bytes] = field(default_factory=dict)
    is_silent: bool = False
    left: list[Decision] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    fault: SignoffError | None = None
    drafts_fault: SignoffError | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hold(self, job_id: str = "a-job", text: str = TEXT, **changes: Any) -> JobRecord:
        """Bring a new job to a review of this text."""
        at = changes.pop("at", datetime.now(UTC) - timedelta(hours=2))
        citations = changes.pop("citations", ())
        findings = changes.pop("findings", ())
        policy = ReviewPolicy.model_validate(changes.pop("review", {}))
        record = progress.opened(a_request(**{"requester": "newsroom", **changes}), job_id=job_id, at=at)
        self.records[job_id] = self.held(record, text, policy, at, citations=citations, findings=findings)
        return self.records[job_id]

    def held(self, record: JobRecord, text: str, policy: ReviewPolicy, at: datetime, **more: Any) -> JobRecord:
        """Play an attempt that ends with this text."""
        number = len(record.attempts) + 1
        record = progress.attempt_begun(record, at)
        running = ResponseSnapshot(
            response_id=f"resp_{number}", status=ResponseStatus.IN_PROGRESS, created_at=at + timedelta(seconds=3)
        )
        record = progress.response_created(record, running, at + timedelta(seconds=3))
        end = at + timedelta(minutes=9)
        usage = Usage(input_tokens=1_200, output_tokens=8_400, total_tokens=9_600)
        done = running.model_copy(
            update={"status": ResponseStatus.COMPLETED, "usage": usage, "model": "gpt-5-mini-2026-08", "tool_calls": 3}
        )
        ended = an_end().model_copy(update={"snapshot": done, "body_digest": OTHER_DIGEST, "looks": 9})
        record = progress.response_ended(record, ended, end)
        draft = Deliverable(job_id=record.job_id, attempt=number, text=text, citations=tuple(more.get("citations", ())))
        ref = self.keep(draft, findings=tuple(more.get("findings", ())))
        return reviewing.held(record, ref, policy, end, House())

    def keep(self, draft: Deliverable, **more: Any) -> DeliverableRef:
        data = draft.canonical()
        self.drafts[digest_of(data)] = draft
        return DeliverableRef(digest=digest_of(data), size_bytes=len(data), attempt=draft.attempt, **more)

    def play(self, job_id: str, record: JobRecord) -> None:
        """Have something happen to a job behind the pages."""
        self.records[job_id] = record
        self.changed.set()
        self.changed = asyncio.Event()

    async def record(self, job_id: str) -> JobRecord:
        if self.fault:
            raise self.fault
        if job_id not in self.records:
            raise NoSuchJobError(f"there is no job {job_id}; `signoff list` shows those that exist")
        if self.is_silent and not self.records[job_id].is_closed:
            raise UnreachableError("no worker answers")
        return self.records[job_id]

    async def requester(self, job_id: str) -> str:
        if job_id not in self.records:
            raise NoSuchJobError(f"there is no job {job_id}; `signoff list` shows those that exist")
        return self.records[job_id].requester

    async def describe(self, job_id: str) -> JobDescription:
        await self.requester(job_id)
        told = describe_record(self.records[job_id], Waiting(), None)
        return told.model_copy(update={"is_complete": not self.is_silent})

    async def draft_bytes(self, job_id: str, digest: str) -> bytes:
        return (await self.deliverable(job_id, digest)).canonical()

    async def deliverable(self, _job_id: str, digest: str) -> Deliverable:
        if self.drafts_fault:
            raise self.drafts_fault
        return self.drafts[digest]

    async def evidence(self, job_id: str, attempt: int | None = None) -> EvidenceIndex:
        number = attempt or evident_attempt(self.records[job_id])
        if (body := self.bodies.get((job_id, number))) is None:
            raise RefusedError(f"the response body of attempt {number} is not in the archive")
        try:
            return index_of_body(body, "response.json")
        except UnsoundError as error:
            raise RefusedError(str(error)) from error

    async def decide(self, job_id: str, decision: Decision) -> DecisionAnswer:
        if self.is_silent:
            self.left.append(decision)
            status = self.records[job_id].status
            return DecisionAnswer(is_accepted=False, status=status, at=datetime.now(UTC), is_pending=True)
        digest = decision.edited_digest
        edit = self.keep(self.drafts[digest]) if digest else None
        record, line = deciding.decided(await self.record(job_id), decision, datetime.now(UTC), Examined(edit=edit))
        self.play(job_id, record)
        return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=record.status, at=line.at)

    async def approve_edited(  # noqa: PLR0913  as the client has it
        self, job_id: str, *, digest: str, text: str, reviewer: str, comment: str = "", decision_id: str = ""
    ) -> DecisionAnswer:
        after = self.keep(edited(self.drafts[digest], text, reviewer)).digest
        decision = Decision(
            decision_id=decision_id,
            kind=DecisionKind.APPROVE_EDITED,
            digest=digest,
            reviewer=reviewer,
            comment=comment,
            edited_digest=after,
        )
        return await self.decide(job_id, decision)

    async def arrange(self, job_id: str, arrangement: Arrangement) -> ArrangementAnswer:
        record, answer = reviewing.arranged(await self.record(job_id), arrangement, datetime.now(UTC))
        self.play(job_id, record)
        return answer

    async def page(self, *, limit: int, cursor: str | None = None, **filters: Any) -> JobPage:
        self.asked.append(filters)
        if self.fault:
            raise self.fault
        rows = [_summary(record) for record in self.records.values() if _fits(record, filters)]
        start = int(cursor or 0)
        following = str(start + limit) if len(rows) > start + limit else None
        return JobPage(jobs=tuple(rows[start : start + limit]), next_cursor=following)

    async def counts(self, statuses: tuple[JobStatus, ...], **_filters: Any) -> dict[JobStatus, int]:
        if self.fault:
            raise self.fault
        return {status: sum(1 for one in self.records.values() if one.status is status) for status in statuses}

    async def follow(self, job_id: str, **_more: Any) -> AsyncGenerator[JobDescription, None]:
        while True:
            changed = self.changed
            yield describe_record(self.records[job_id], Waiting(), None)
            if self.records[job_id].is_closed:
                return
            await changed.wait()


def _fits(record: JobRecord, filters: dict[str, Any]) -> bool:
    who = filters.get("reviewer")
    label = filters.get("label")
    is_for = who is None or (
        record.review is not None and identity(who) != identity(record.requester) and record.review.panel.admits(who)
    )
    due = filters.get("due_before")
    return (
        is_for
        and (due is None or (record.review is not None and record.review.due_at < due))
        and filters.get("status") in {None, record.status}
        and filters.get("requester") in {None, record.requester}
        and (label is None or label in {f"{key}={value}" for key, value in record.labels.items()})
    )


def _summary(record: JobRecord) -> JobSummary:
    return JobSummary(
        job_id=record.job_id,
        title=record.title,
        requester=record.requester,
        status=record.status,
        next_action=record.next_action,
        review_due_at=record.review.due_at if record.review else None,
        findings=len(record.deliverable.findings) if record.deliverable else 0,
        claimed_by=record.review.claimed_by if record.review else "",
        started_at=record.opened_at,
    )


def a_body(*items: dict[str, Any]) -> bytes:
    return json.dumps({"id": "resp_1", "output": list(items)}).encode()


def cited(text: str, passage: str, url: str, title: str = "A page") -> Citation:
    start = text.index(passage)
    return Citation(title=title, url=url, start=start, end=start + len(passage))


def found(kind: str, message: str) -> Finding:
    return Finding(kind=kind, message=message)  # type: ignore[arg-type] # pydantic reads the word
