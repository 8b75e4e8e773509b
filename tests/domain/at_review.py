"""A review under way, and what people say in it, one after another."""

from datetime import datetime
from typing import Any, Final

from signoff.domain import deciding, progress, reviewing
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.decision import UNEXAMINED, Decision, DecisionKind, Examined
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.panel import House
from signoff.domain.record import JobRecord
from signoff.domain.review import Review, ReviewPolicy
from signoff.domain.status import JobStatus
from tests.domain.making import AT, DAY, DIGEST, a_decision, a_draft, a_record, a_snapshot, an_end

APPROVE, REJECT = DecisionKind.APPROVE, DecisionKind.REJECT
CHANGES, EDIT = DecisionKind.REQUEST_CHANGES, DecisionKind.APPROVE_EDITED
CLAIM, RELEASE = ArrangementKind.CLAIM, ArrangementKind.RELEASE
DELEGATE, EXTEND = ArrangementKind.DELEGATE, ArrangementKind.EXTEND
HOUSE: Final = House(groups={"legal": ("lea", "leo"), "leads": ("max",)})


def under_review(*, house: House | None = None, draft: DeliverableRef | None = None, **policy: Any) -> JobRecord:
    """Hold a draft, by default for anybody but the requester, for seven days."""
    record = progress.response_ended(a_record(JobStatus.RUNNING), an_end(), AT)
    return reviewing.held(record, draft or a_draft(), ReviewPolicy(**policy), AT, house)


def held_again(record: JobRecord, digest: str = DIGEST, at: datetime = AT) -> JobRecord:
    """Make the attempt that a request for changes asked for, and hold its draft under the same policy."""
    policy = record.opened_review.policy
    record = progress.attempt_begun(record, at)
    response_id = f"resp_{len(record.attempts)}"
    record = progress.response_created(record, a_snapshot(response_id=response_id), at)
    record = progress.response_ended(record, an_end(), at)
    return reviewing.held(record, a_draft(digest, attempt=len(record.attempts)), policy, at)


def found(decision: Decision) -> Examined:
    """Say that the archive holds what a decision names."""
    edit = decision.edited_digest
    return Examined(edit=a_draft(edit)) if edit else UNEXAMINED


def taken(record: JobRecord, *decisions: Decision, at: datetime = AT) -> JobRecord:
    for decision in decisions:
        record, line = deciding.decided(record, decision, at, found(decision))
        assert line.is_accepted, line.reason
    return record


def refused(
    record: JobRecord, decision: Decision, at: datetime = AT, examined: Examined | None = None
) -> tuple[JobRecord, str]:
    """Have a decision refused, which is a line and changes nothing else."""
    after, line = deciding.decided(record, decision, at, examined or found(decision))
    assert not line.is_accepted
    assert after.timeline == (*record.timeline, after.timeline[-1])
    assert after.timeline[-1].event == "decision.refused"
    lines = (*record.opened_review.lines, line)
    review = record.opened_review.model_copy(update={"lines": lines})
    assert after == record.model_copy(update={"review": review, "timeline": after.timeline})
    return after, line.reason


def why_refused(record: JobRecord, decision: Decision, at: datetime = AT, examined: Examined | None = None) -> str:
    return refused(record, decision, at, examined)[1]


def edit_to(digest: str, who: str = "ana", seen: str = DIGEST) -> Decision:
    return a_decision(who, EDIT, seen, edited_digest=digest, decision_id=f"{who}-to-{digest[-8:]}")


def changes_asked(round_: int = 1, who: str = "ana", digest: str = DIGEST) -> Decision:
    return a_decision(who, CHANGES, digest, decision_id=f"{who}-changes-{round_}", comment=f"shorter {round_}")


def an_arrangement(kind: ArrangementKind = CLAIM, by: str = "ana", **changes: Any) -> Arrangement:
    facts: dict[str, Any] = {"arrangement_id": f"{by}-{kind}", **changes}
    if kind is DELEGATE:
        facts.setdefault("to", "dan")
    if kind is EXTEND:
        facts.setdefault("due_at", AT + 10 * DAY)
    return Arrangement(kind=kind, by=by, **facts)


def arranged(record: JobRecord, *arrangements: Arrangement, at: datetime = AT) -> JobRecord:
    for arrangement in arrangements:
        record, answer = reviewing.arranged(record, arrangement, at)
        assert answer.is_accepted, answer.reason
    return record


def why_not_arranged(
    record: JobRecord, arrangement: Arrangement, at: datetime = AT, examined: Examined = UNEXAMINED
) -> str:
    """Have an arrangement refused, which is a line and changes nothing else."""
    after, answer = reviewing.arranged(record, arrangement, at, examined)
    assert not answer.is_accepted
    assert after.timeline == (*record.timeline, after.timeline[-1])
    assert after.timeline[-1].event == "arrangement.refused"
    if record.review is not None:
        line = after.opened_review.arrangements[-1]
        assert (line.refusal, line.is_accepted, line.is_of(arrangement)) == (answer.reason, False, True)
        review = _with_line(record.review, after)
        record = record.model_copy(update={"review": review})
    assert after == record.model_copy(update={"timeline": after.timeline})
    return answer.reason


def _with_line(review: Review, after: JobRecord) -> Review:
    lines = (*review.arrangements, after.opened_review.arrangements[-1])
    return review.model_copy(update={"arrangements": lines})


def events(record: JobRecord) -> list[str]:
    return [entry.event for entry in record.timeline]


def able(record: JobRecord, *names: str) -> list[str]:
    """Give those whose approval of what is held would be taken."""
    digest = record.opened_review.digest
    decisions = (a_decision(who, digest=digest, decision_id=f"{number}") for number, who in enumerate(names))
    return [one.reviewer for one in decisions if deciding.decided(record, one, AT)[1].is_accepted]


def handed(record: JobRecord, by: str, to: str) -> JobRecord:
    number = sum(len(review.arrangements) for review in record.reviews)
    return arranged(record, an_arrangement(DELEGATE, by, to=to, arrangement_id=f"h{number}"))
