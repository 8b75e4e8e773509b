"""Everything that the page of one job shows, put together for its template."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.deliverable import Deliverable
from signoff.domain.errors import SignoffError
from signoff.domain.evidence import EvidenceIndex
from signoff.domain.fitting import evident_attempt
from signoff.domain.objections import objection
from signoff.domain.record import JobRecord
from signoff.domain.redelivering import redirected_by
from signoff.domain.repair import RepairLine
from signoff.domain.status import JobStatus
from signoff.gateway.callers import Caller
from signoff.gateway.pages.diffing import Diff, compare
from signoff.showing.rendering import Exact, Rendering, exact, render
from signoff.showing.timeline import Picture, draw
from signoff.tokens import Role

EDIT_LIMIT: Final = 200_000
"""How many characters a text may have to be edited on the page."""

_NO_REVIEWER: Final = "Deciding needs the role reviewer."


class Drafts(Protocol):
    """Where the page reads from; `JobClient` is one."""

    async def record(self, job_id: str) -> JobRecord:
        """Give everything that happened to a job."""

    async def deliverable(self, job_id: str, digest: str) -> Deliverable:
        """Fetch any draft of a job by its digest."""

    async def evidence(self, job_id: str, attempt: int | None = None) -> EvidenceIndex:
        """Fetch what stands behind the result of an attempt."""


class Shown(NamedTuple):
    """The draft that the page shows, in both views."""

    digest: str
    deliverable: Deliverable
    rendering: Rendering
    exact: Exact


class Comparison(NamedTuple):
    """Two drafts side by side, by their places in the list of drafts."""

    before: int
    after: int
    diff: Diff


class Typed(NamedTuple):
    """What somebody has entered and must not lose."""

    comment: str = ""
    text: str | None = None


NOTHING_TYPED: Final = Typed()


class Moved(NamedTuple):
    """What a review is about that asks for another destination alone. `approved_by` had approved the bytes before."""

    line: RepairLine
    approved_by: tuple[str, ...]


class Desk(NamedTuple):
    """What the person may do here. `obstacle` says why a decision would be refused, empty where it would not.

    `redirect` is the number of the destination that a decision is on, 0 where it is on the bytes.
    """

    is_open: bool
    is_reviewer: bool
    obstacle: str
    decision_id: str
    arrangement_id: str
    is_claimed_by_me: bool
    may_edit: bool
    redirect: int
    typed: Typed

    @property
    def may_decide(self) -> bool:
        """Whether the forms are shown."""
        return self.is_open and self.is_reviewer and not self.obstacle


class Detail(NamedTuple):
    """One job, as its page shows it. Each problem says why a part is missing."""

    record: JobRecord
    shown: Shown | None
    shown_problem: str
    evidence: EvidenceIndex | None
    evidence_problem: str
    picture: Picture
    comparison: Comparison | None
    comparison_problem: str
    moved: Moved | None
    desk: Desk


class Asked(NamedTuple):
    """What the address asks to compare: two places in the list of drafts, counted from 1; 0 asks for none."""

    before: int = 0
    after: int = 0


NOTHING_ASKED: Final = Asked()


async def read_detail(  # noqa: PLR0913  what was asked and typed is named
    jobs: Drafts, record: JobRecord, person: Caller, now: datetime, *, asked: Asked, typed: Typed
) -> Detail:
    """Read what belongs to a job's page. A part that can't be read leaves the others there."""
    shown, shown_problem = await _shown(jobs, record)
    evidence, evidence_problem = await _evidence(jobs, record)
    comparison, comparison_problem = await _comparison(jobs, record, asked)
    return Detail(
        record=record,
        shown=shown,
        shown_problem=shown_problem,
        evidence=evidence,
        evidence_problem=evidence_problem,
        picture=draw(record, now),
        comparison=comparison,
        comparison_problem=comparison_problem,
        moved=moved_in(record),
        desk=desk_for(record, person, now, shown, typed),
    )


def moved_in(record: JobRecord) -> Moved | None:
    """Say what changed about where the result goes, where that alone is asked."""
    line = redirected_by(record) if record.status is JobStatus.AWAITING_REVIEW else None
    if line is None:
        return None
    of_the_bytes = (review for review in reversed(record.earlier_reviews) if not review.redirect)
    return Moved(line, next((review.approvers for review in of_the_bytes), ()))


def desk_for(record: JobRecord, person: Caller, now: datetime, shown: Shown | None, typed: Typed) -> Desk:
    """Say what somebody may do about what is shown to them."""
    review = record.review
    is_open = record.status is JobStatus.AWAITING_REVIEW and review is not None and shown is not None
    redirect = review.redirect if review else 0
    return Desk(
        is_open=is_open,
        is_reviewer=person.has(Role.REVIEWER),
        obstacle=_obstacle(record, person, now) if is_open else "",
        decision_id=uuid.uuid4().hex,
        arrangement_id=uuid.uuid4().hex,
        is_claimed_by_me=review is not None and review.claimed_by == person.name,
        may_edit=shown is not None and len(shown.deliverable.text) <= EDIT_LIMIT and not redirect,
        redirect=redirect,
        typed=typed,
    )


def _obstacle(record: JobRecord, person: Caller, now: datetime) -> str:
    """Ask the rules themselves what they would say to an approval."""
    if not person.has(Role.REVIEWER):
        return _NO_REVIEWER
    review = record.opened_review
    asked = Decision(
        decision_id="asked",
        kind=DecisionKind.APPROVE,
        digest=review.digest,
        reviewer=person.name,
        redirect=review.redirect,
    )
    return objection(review, asked, now)


async def _shown(jobs: Drafts, record: JobRecord) -> tuple[Shown | None, str]:
    if record.deliverable is None:
        return None, ""
    digest = record.deliverable.digest
    try:
        draft = await jobs.deliverable(record.job_id, digest)
    except SignoffError as error:
        return None, str(error)
    rendering, plain = await asyncio.to_thread(lambda: (render(draft.text, draft.citations), exact(draft.text)))
    return Shown(digest, draft, rendering, plain), ""


async def _evidence(jobs: Drafts, record: JobRecord) -> tuple[EvidenceIndex | None, str]:
    number = evident_attempt(record)
    if not any(attempt.number == number and attempt.body_digest for attempt in record.attempts):
        return None, "No response has ended yet."
    try:
        return await jobs.evidence(record.job_id, number), ""
    except SignoffError as error:
        return None, str(error)


async def _comparison(jobs: Drafts, record: JobRecord, asked: Asked) -> tuple[Comparison | None, str]:
    """Compare what was asked for, or else the last draft with the one before it."""
    count = len(record.drafts)
    before, after = asked if asked.before and asked.after else (count - 1, count)
    if not (1 <= before <= count and 1 <= after <= count and before != after):
        return None, ""
    digests = [record.drafts[place - 1].digest for place in (before, after)]
    try:
        old, new = await _texts(jobs, record.job_id, digests)
    except SignoffError as error:
        return None, str(error)
    return Comparison(before, after, await asyncio.to_thread(compare, old, new)), ""


async def _texts(jobs: Drafts, job_id: str, digests: Sequence[str]) -> list[str]:
    return [(await jobs.deliverable(job_id, digest)).text for digest in digests]
