"""How a review goes on between decisions: it is opened, people arrange it, time passes."""

from datetime import datetime

from signoff.domain.arrangement import Arrangement, ArrangementAnswer, ArrangementKind, ArrangementLine
from signoff.domain.change import changed, explained, may_note_refusal, moved, noted, refusal_noted
from signoff.domain.decision import REFUSED_LIMIT_BYTES, UNEXAMINED, Examined
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.model import clipped, counted, in_words
from signoff.domain.objections import arrangement_objection
from signoff.domain.panel import House, Panel
from signoff.domain.record import JobRecord
from signoff.domain.review import Review, ReviewPolicy, members_of, panel_for, people_in
from signoff.domain.status import JobStatus


def held(
    record: JobRecord, draft: DeliverableRef, policy: ReviewPolicy, at: datetime, house: House | None = None
) -> JobRecord:
    """Hold a draft for a person's decision. The review of the draft before it stays in the record.

    A seat that was handed over stays so for later drafts; claims, reminders and escalation begin anew with each.
    """
    house = house or House()
    draft = draft.model_copy(update={"held_at": at})
    review = Review(
        policy=policy,
        digest=draft.digest,
        requester=record.requester,
        opened_at=at,
        due_at=at + policy.window,
        panel=_with_seats_handed_over(record, panel_for(policy, house)),
        house=house,
    )
    record = changed(
        record,
        deliverable=draft,
        drafts=(*record.drafts, draft),
        review=review,
        earlier_reviews=tuple(earlier.when_over() for earlier in record.reviews),
        failure=None,
        is_noticed=house.is_noticed,
    )
    found = f" with {counted(len(draft.findings), 'finding')}" if draft.findings else ""
    what = f"draft {len(record.earlier_reviews) + 1}" if record.earlier_reviews else "a result"
    record = moved(record, JobStatus.AWAITING_REVIEW, f"{what} is held for review{found}", at)
    return noted(record, "review.requested", f"{record.reason}: {review.digest}", at)


def reopened(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Have people approve the same bytes for another destination. Only their new approvals count for it."""
    before = record.opened_review
    review = Review(
        policy=before.policy,
        digest=before.digest,
        requester=before.requester,
        opened_at=at,
        due_at=at + before.policy.window,
        panel=_with_seats_handed_over(record, panel_for(before.policy, before.house)),
        house=before.house,
        redirect=before.redirect + 1,
    )
    record = changed(record, review=review, earlier_reviews=tuple(earlier.when_over() for earlier in record.reviews))
    told = f"where the approved result goes is held for review: {why}"
    record = moved(record, JobStatus.AWAITING_REVIEW, told, at)
    return noted(record, "review.requested", f"{record.reason}: {review.digest}", at)


def time_passed(record: JobRecord, at: datetime) -> JobRecord:
    """Do what is due in an open review: remind, escalate, expire. Silence decides nothing."""
    if record.status is not JobStatus.AWAITING_REVIEW:
        return record
    review = record.opened_review
    if at >= review.due_at:
        return expired(record, "nobody decided in time", at)
    if review.reminds_at and at >= review.reminds_at:
        left = in_words(review.due_at - at)
        record = noted(_with(record, reminded_at=at), "review.reminded", f"{left} are left to decide", at)
    # Those who join are others than those who are reminded, so one does not stand for the other.
    if review.escalates_at and at >= review.escalates_at:
        record = _escalated(record, at)
    return record


def expired(record: JobRecord, why: str, at: datetime) -> JobRecord:
    """Close a job on which nobody acted in time; that is neither an approval nor a rejection."""
    return noted(moved(record, JobStatus.EXPIRED, why, at), "job.expired", why, at)


def arranged(
    record: JobRecord, arrangement: Arrangement, at: datetime, examined: Examined = UNEXAMINED
) -> tuple[JobRecord, ArrangementAnswer]:
    """Arrange what was asked for, or refuse it with a reason; either way it is a line in the record.

    A repeat gets the first answer again, and nothing changes.
    """
    lines = [line for review in record.reviews for line in review.arrangements]
    namesakes = [line for line in lines if line.arrangement_id == arrangement.arrangement_id]
    if known := next((line for line in namesakes if line.is_of(arrangement)), None):
        return record, _answer(record, known)
    if namesakes:
        refusal = f"the id {arrangement.arrangement_id} belongs to another arrangement; choose a new one"
    elif record.status is not JobStatus.AWAITING_REVIEW:
        refusal = f"nothing is held for review; the job is {record.status} ({record.reason})"
    else:
        refusal = arrangement_objection(record.opened_review, arrangement, at, examined)
    line = _line(arrangement, at, refusal)
    record = _refused(record, line) if refusal else _made(record, arrangement, line)
    return record, _answer(record, line)


def arranged_when_closed(record: JobRecord, arrangement: Arrangement) -> ArrangementAnswer:
    """Answer an arrangement on a job that takes none any more."""
    return arranged(record, arrangement, record.since)[1]


def _with_seats_handed_over(record: JobRecord, panel: Panel) -> Panel:
    for review in record.reviews:
        for line in review.arrangements:
            is_moved = line.is_accepted and line.kind == ArrangementKind.DELEGATE
            # Whoever had joined by escalation has no seat in a later review until it is escalated as well.
            if is_moved and line.to and panel.admits(line.by):
                panel = panel.handed_over(line.by, line.to)
    return panel


def _escalated(record: JobRecord, at: datetime) -> JobRecord:
    review = record.opened_review
    to = review.policy.escalate_to
    panel = review.panel.joined_by(people_in(to), members_of(to, review.house))
    told = f"nobody decided in {in_words(at - review.opened_at)}; it also goes to {', '.join(to)}"
    record = explained(_with(record, panel=panel, escalated_at=at), told)
    return noted(record, "review.escalated", told, at)


def _made(record: JobRecord, arrangement: Arrangement, line: ArrangementLine) -> JobRecord:
    review, by = record.opened_review, arrangement.by
    why = f": {arrangement.reason}" if arrangement.reason else ""
    match arrangement.kind:
        case ArrangementKind.CLAIM:
            told = f"{by} is on it" + (f", in place of {review.claimed_by}" if review.claimed_by else "")
            changes = {"claimed_by": by, "claimed_at": line.at}
        case ArrangementKind.RELEASE:
            told, changes = f"{by} is on it no more", {"claimed_by": "", "claimed_at": None}
        case ArrangementKind.DELEGATE:
            told = f"{by} handed the seat to {arrangement.to}"
            changes = {"panel": review.panel.handed_over(by, str(arrangement.to))}
            changes |= {"claimed_by": "", "claimed_at": None} if review.claimed_by == by else {}
        case ArrangementKind.EXTEND:
            told = f"{by} moved the end of the review to {arrangement.due_at:%Y-%m-%d %H:%M:%S} UTC"
            changes = {"due_at": arrangement.due_at}
    record = _with(record, arrangements=(*review.arrangements, line), **changes)
    return noted(record, f"review.{_EVENTS[arrangement.kind]}", f"{told}{why}", line.at)


_EVENTS = {
    ArrangementKind.CLAIM: "claimed",
    ArrangementKind.RELEASE: "released",
    ArrangementKind.DELEGATE: "delegated",
    ArrangementKind.EXTEND: "extended",
}


def _refused(record: JobRecord, line: ArrangementLine) -> JobRecord:
    if may_note_refusal(record) and record.review:
        record = _with(record, arrangements=(*record.review.arrangements, line))
    return refusal_noted(record, "arrangement", f"{line.kind} by {line.by}, refused: {line.refusal}", line.at)


def _line(arrangement: Arrangement, at: datetime, refusal: str) -> ArrangementLine:
    return ArrangementLine(
        arrangement_id=arrangement.arrangement_id,
        kind=arrangement.kind,
        by=arrangement.by,
        to=arrangement.to,
        due_at=arrangement.due_at,
        reason=clipped(arrangement.reason, limit_bytes=REFUSED_LIMIT_BYTES) if refusal else arrangement.reason,
        at=at,
        is_accepted=not refusal,
        refusal=clipped(refusal, limit_bytes=REFUSED_LIMIT_BYTES),
    )


def _answer(record: JobRecord, line: ArrangementLine) -> ArrangementAnswer:
    return ArrangementAnswer(is_accepted=line.is_accepted, reason=line.refusal, status=record.status, at=line.at)


def _with(record: JobRecord, **changes: object) -> JobRecord:
    return changed(record, review=record.opened_review.model_copy(update=changes))
