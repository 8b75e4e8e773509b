"""Handing in what somebody decided on a page, and telling what came of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, NamedTuple, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from signoff.domain.arrangement import Arrangement, ArrangementAnswer, ArrangementKind
from signoff.domain.decision import COMMENT_LIMIT, REDIRECT_LIMIT, Decision, DecisionAnswer, DecisionKind
from signoff.domain.deliverable import Deliverable, Digest
from signoff.domain.errors import BadRequestError
from signoff.domain.model import Name
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.status import JobStatus
from signoff.gateway.callers import Caller

CHANGES_TOLD: Final = 10
_MOVED: Final = (
    "Where the result goes has changed since your page was made. See below where it goes now, and decide on that."
)
_LABELS: Final = {"comment": "Comment", "text": "Text", "reason": "Why"}


class Deciders(Protocol):
    """What takes decisions; `JobClient` is one."""

    async def record(self, job_id: str) -> JobRecord:
        """Give everything that happened to a job."""

    async def deliverable(self, job_id: str, digest: str) -> Deliverable:
        """Fetch any draft of a job by its digest."""

    async def decide(self, job_id: str, decision: Decision) -> DecisionAnswer:
        """Hand in a decision."""

    async def approve_edited(  # noqa: PLR0913  what a decision has
        self, job_id: str, *, digest: str, text: str, reviewer: str, comment: str = "", decision_id: str = ""
    ) -> DecisionAnswer:
        """Approve what is held as the reviewer changed it."""

    async def arrange(self, job_id: str, arrangement: Arrangement) -> ArrangementAnswer:
        """Claim a review, release it, hand over a seat, or move its end."""


class Notice(NamedTuple):
    """What a page says on top about what somebody just did, or tried to."""

    tone: str
    title: str
    text: str
    changes: tuple[TimelineEntry, ...] = ()
    typed: tuple[tuple[str, str], ...] = ()


FormId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""An id that was made when the form was, so that a second click changes nothing."""


class DecisionForm(BaseModel):
    """A decision as its form sends it. Who decides is not among it: the session says that."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: DecisionKind
    digest: Digest
    decision_id: FormId
    comment: str = Field(default="", max_length=2 * COMMENT_LIMIT)
    text: str | None = None
    redirect: int = Field(default=0, ge=0, le=REDIRECT_LIMIT)
    seen: int = Field(default=0, ge=0)

    @property
    def message_id(self) -> str:
        """The id of the decision. Each button of a form decides something else; a second click on one is a repeat."""
        return f"{self.decision_id}-{self.kind}"


class ArrangementForm(BaseModel):
    """An arrangement as its form sends it. `due_at` is the end of the review that the page showed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: ArrangementKind
    arrangement_id: FormId
    reason: str = Field(default="", max_length=1_000)
    to: Name | None = None
    due_at: AwareDatetime | None = None
    days: int = Field(default=1, ge=1, le=90)

    def by(self, person: Caller) -> Arrangement:
        """Make the arrangement; one verb takes what another must not have."""
        is_extension = self.kind is ArrangementKind.EXTEND
        due_at = self.due_at + timedelta(days=self.days) if is_extension and self.due_at else None
        try:
            return Arrangement(
                arrangement_id=f"{self.arrangement_id}-{self.kind}",
                kind=self.kind,
                by=person.name,
                to=self.to if self.kind is ArrangementKind.DELEGATE else None,
                due_at=due_at,
                reason=self.reason,
            )
        except ValidationError:
            raise BadRequestError("say who gets the seat") from None


def read_decision(form: Mapping[str, object]) -> DecisionForm:
    """Read the form of a decision.

    Raises:
        BadRequestError: It can't be read.
    """
    fields = {name: _lines(value) for name, value in _texts(form).items()}
    try:
        read = DecisionForm.model_validate(fields)
    except ValidationError as error:
        raise BadRequestError(_told(error)) from None
    if read.kind is DecisionKind.APPROVE_EDITED and read.text is None:
        raise BadRequestError("text: it is missing; reload the page and edit it there")
    return read


def read_arrangement(form: Mapping[str, object]) -> ArrangementForm:
    """Read the form of an arrangement.

    Raises:
        BadRequestError: It can't be read.
    """
    try:
        return ArrangementForm.model_validate({key: value for key, value in _texts(form).items() if value})
    except ValidationError as error:
        raise BadRequestError(_told(error)) from None


async def hand_in(jobs: Deciders, job_id: str, sent: DecisionForm, person: Caller) -> DecisionAnswer:
    """Hand in a decision as the person who is signed in.

    Raises:
        BadRequestError: It can't be taken as it was written.
    """
    if len(sent.comment) > COMMENT_LIMIT:
        raise BadRequestError(f"comment: it has {len(sent.comment):,} characters, at most {COMMENT_LIMIT:,} are taken")
    if sent.kind is not DecisionKind.APPROVE_EDITED:
        decision = Decision(
            decision_id=sent.message_id,
            kind=sent.kind,
            digest=sent.digest,
            reviewer=person.name,
            comment=sent.comment,
            redirect=sent.redirect,
        )
        return await jobs.decide(job_id, decision)
    before = (await jobs.deliverable(job_id, sent.digest)).text
    return await jobs.approve_edited(
        job_id,
        digest=sent.digest,
        text=as_written(str(sent.text), before),
        reviewer=person.name,
        comment=sent.comment,
        decision_id=sent.message_id,
    )


def as_written(sent: str, before: str) -> str:
    """Give an edited text the line ends of the text before, since a form knows one kind of them."""
    ends = "\r\n" if "\r\n" in before and before.count("\r\n") == before.count("\n") else "\n"
    return _lines(sent).replace("\n", ends)


def taken(record: JobRecord, decision_id: str, person: Caller) -> Notice | None:
    """Tell what came of a decision, by the record alone; nothing where it knows none of this id by this person."""
    lines = (line for review in record.reviews for line in review.lines if line.reviewer == person.name)
    found = next((line for line in lines if line.decision_id == decision_id), None)
    if found is None:
        return None
    if not found.is_accepted:
        return Notice("bad", "Your decision was refused", found.reason)
    said = {
        DecisionKind.APPROVE: "Your approval counts",
        DecisionKind.APPROVE_EDITED: "Your edit and your approval of it count",
        DecisionKind.REJECT: "Your rejection counts",
        DecisionKind.REQUEST_CHANGES: "Your request for changes counts",
    }
    return Notice(
        "good", said[DecisionKind(found.kind)], f"The job is {record.status.replace('_', ' ')}: {record.reason}."
    )


def typed_in(form: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Give what somebody typed into a form, by the names that the page has for it."""
    fields = _texts(form)
    return tuple((label, _lines(fields[name])) for name, label in _LABELS.items() if fields.get(name))


def refused(record: JobRecord, sent: DecisionForm, reason: str) -> Notice:
    """Tell why a decision does not count, and what happened since its page was made."""
    changes = record.timeline[sent.seen :] if sent.seen else ()
    theirs = tuple(line for line in changes if not line.event.endswith("refused"))
    typed = typed_in({"comment": sent.comment, "text": sent.text})
    is_moved = record.status is JobStatus.AWAITING_REVIEW and record.opened_review.redirect != sent.redirect
    told = _MOVED if is_moved else f"{reason}."
    return Notice("bad", "Your decision does not count", told, theirs[-CHANGES_TOLD:], typed)


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}; reload the page and try again"
