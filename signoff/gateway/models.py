"""What callers send and get beside the domain's own values. Who acts is never among it: the token says that."""

from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, model_validator

from signoff.domain.decision import COMMENT_LIMIT, REDIRECT_LIMIT, DecisionKind, DecisionLine
from signoff.domain.deliverable import Deliverable, DeliverableRef, Digest
from signoff.domain.delivery import DeliverySpec, Release
from signoff.domain.deployment import AttemptLimit, JobPolicy
from signoff.domain.description import JobSummary
from signoff.domain.destinations import MOST, Destinations
from signoff.domain.erasure import REASON_LIMIT
from signoff.domain.handover import Delivery
from signoff.domain.job import JobId, LabelKey
from signoff.domain.model import Input, Line, Name, Value
from signoff.domain.observation import Finding
from signoff.domain.parameters import OWNED
from signoff.domain.record import JobRecord
from signoff.domain.repair import RepairLine
from signoff.domain.review import ReviewPolicy
from signoff.domain.schedule import WaitMode
from signoff.domain.undelivered import DeliveryLine

MessageId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
Reason = Annotated[str, Field(max_length=1_000, description="Why; it is kept in the record.")]

_PARAMETERS: Final[dict[str, Any]] = {
    "minProperties": 1,
    "anyOf": [{"required": ["model"]}, {"required": ["prompt"]}],
    "propertyNames": {"not": {"enum": sorted(OWNED)}},
}
"""What the rules about response parameters are in JSON Schema, as far as it can say them."""

_ONLY_SUCH_KEYS: Final[dict[str, Any]] = {"additionalProperties": False}
_NAMES_CHANNEL: Final[dict[str, Any]] = {"required": ["channel"]}


def _each_names_channel(schema: dict[str, Any]) -> None:
    """Ask for the channel of one destination, and of each in a list."""
    for form in schema["oneOf"]:
        form.get("items", form).update(_NAMES_CHANNEL)


class JobSubmission(Input):
    """A job request, as the README describes it. Without a requester it is the caller's own.

    `delivery` is one destination, or a list of different ones, each of which gets the approved result.
    """

    job_id: JobId | None = None
    title: Line = ""
    requester: Name | None = None
    labels: dict[LabelKey, Line] = Field(default_factory=dict, max_length=20, json_schema_extra=_ONLY_SUCH_KEYS)
    response: dict[str, JsonValue] = Field(json_schema_extra=_PARAMETERS)
    review: ReviewPolicy = ReviewPolicy()
    delivery: Destinations = Field(default=Release(), json_schema_extra=_each_names_channel)
    deadline: AttemptLimit | None = None
    wait: WaitMode = WaitMode.AUTO
    policy: JobPolicy = JobPolicy()


class DecisionBody(Input):
    """A reviewer's decision on the bytes that the digest names.

    `text` is the whole changed text of an `approve_edited`, and belongs to that alone. `redirect` is the number that
    the draft shows: where it is not 0, the bytes are approved, and a decision is on their new destination. The same
    `decision_id` again gets the first answer again; without one, each call is a decision of its own.
    """

    kind: DecisionKind
    digest: Digest
    comment: str = Field(default="", max_length=COMMENT_LIMIT)
    text: Annotated[str, Field(min_length=1)] | None = None
    redirect: int = Field(default=0, ge=0, le=REDIRECT_LIMIT)
    decision_id: MessageId | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        is_edited = self.kind is DecisionKind.APPROVE_EDITED
        if is_edited != (self.text is not None):
            msg = "text: " + (
                "give the whole changed text" if is_edited else "leave it out; only approve_edited has one"
            )
            raise ValueError(msg)
        if is_edited and self.redirect:
            raise ValueError("redirect: the bytes are approved, and only where they go is asked; approve or reject it")
        return self


class ArrangementBody(Input):
    """Why somebody claims a review, or releases it. The same `arrangement_id` again changes nothing."""

    reason: Reason = ""
    arrangement_id: MessageId | None = None


class DelegationBody(Input):
    """Who gets the caller's seat in a review. The same `arrangement_id` again changes nothing."""

    to: Name
    reason: Reason = ""
    arrangement_id: MessageId | None = None


class ExtensionBody(Input):
    """When a review ends from now on, later than it did. The same `arrangement_id` again changes nothing."""

    due_at: AwareDatetime
    reason: Reason = ""
    arrangement_id: MessageId | None = None


class CancelBody(Input):
    """Why a job is stopped."""

    reason: Reason = ""


class AbandonBody(Input):
    """Why a stopped job is given up. The same `repair_id` again changes nothing."""

    reason: Reason = ""
    repair_id: MessageId | None = None


class EraseBody(Input):
    """Why all content of a closed job is removed for good, and which copies outside of the archive stay.

    `keeps_history` leaves Temporal its history of the job, `keeps_upstream` OpenAI its responses.
    """

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LIMIT, pattern=r"\S")]
    keeps_history: bool = False
    keeps_upstream: bool = False


class RetryBody(Input):
    """How a stopped job goes on. `is_anew` asks for a new, paid attempt. The same `repair_id` again changes nothing."""

    reason: Reason = ""
    is_anew: bool = False
    repair_id: MessageId | None = None


class RedeliverBody(Input):
    """How an approved result is handed over again. The same `repair_id` again changes nothing.

    `delivery` is the number of a delivery, by default each that has not arrived. `destination` is where it goes from
    now on, which people approve first, unless the deployment's policy says otherwise.
    """

    reason: Reason = ""
    delivery: Annotated[int, Field(ge=1, le=MOST)] | None = None
    destination: Annotated[DeliverySpec, Field(json_schema_extra=_NAMES_CHANNEL)] | None = None
    repair_id: MessageId | None = None


class AmendBody(Input):
    """What changes for the next attempt: `response` as a JSON merge patch (RFC 7396), `deadline`, or both."""

    reason: Reason = ""
    response: dict[str, JsonValue] = Field(default_factory=dict)
    deadline: AttemptLimit | None = None
    repair_id: MessageId | None = None


class JobList(Value):
    """A page of jobs, the newest first. `next_cursor` asks for the next one; null where there is none.

    Of closed jobs, `unreadable` names parts of the archive's index that are torn, whose jobs are missing here, and
    `knows_cut_off` is false where Temporal could not be asked for jobs that it ended from outside.
    """

    jobs: tuple[JobSummary, ...]
    next_cursor: str | None = None
    unreadable: tuple[str, ...] = ()
    knows_cut_off: bool = True


class DeliveryList(Value):
    """Deliveries that have not arrived, those of the newest jobs first."""

    deliveries: tuple[DeliveryLine, ...]


class CancelAsked(Value):
    """A cancel that was passed on; the job closes once OpenAI confirmed that the paid work stopped."""

    job_id: str


class Draft(Value):
    """What is held for review: the exact content, the digest that a decision names, and what was noticed about it.

    `deliveries` is where it goes. `redirect` is the number that a decision names: where it is not 0, these bytes are
    approved, and only where they go is asked; `changes` is then what an operator changed about that, and why.
    """

    digest: Digest
    deliverable: Deliverable
    findings: tuple[Finding, ...] = ()
    redirect: int = 0
    changes: RepairLine | None = None
    deliveries: tuple[Delivery, ...] = ()
    record: JobRecord


class ListedDraft(DeliverableRef):
    """One draft of a job, an edit among them, with everything that was said of it, refused decisions included."""

    decisions: tuple[DecisionLine, ...] = ()


class DraftList(Value):
    """Every draft that was held for review, the first one first. `held` is the digest of the last one.

    `redirect` is the number that a decision on it names, and `deliveries` is where it goes.
    """

    held: Digest | None = None
    redirect: int = 0
    deliveries: tuple[Delivery, ...] = ()
    drafts: tuple[ListedDraft, ...]


class EarlierDraft(Value):
    """The content of one draft, by its digest."""

    digest: Digest
    deliverable: Deliverable
