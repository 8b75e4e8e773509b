"""The record: everything that happened to a job, and where it stands."""

from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field

from signoff.domain.attempt import Attempt, Stray
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.delivery import DeliverySpec, Receipt, Release
from signoff.domain.failures import BoundedText, Failure, FailureClass
from signoff.domain.handover import Delivery, DeliveryState
from signoff.domain.model import Value
from signoff.domain.removal import Erased, Removal
from signoff.domain.repair import RepairLine
from signoff.domain.review import Review
from signoff.domain.rework import Rework
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus

FORGOTTEN: Final = "previous_response_not_found"
"""The provider's word for a response that a turn was to follow on, and that it keeps no longer."""


class TimelineEntry(Value):
    """One line of a job's story. `status` is the status after it; a failure's line carries its class."""

    at: AwareDatetime
    event: str
    status: JobStatus
    text: BoundedText
    failure_class: FailureClass | None = None


class JobRecord(Value):
    """Everything that happened to a job; the whole state of its workflow, and what the archive keeps.

    `run_id` is Temporal's name for this run of the job, which no other environment has.
    `status`, `since`, `reason` and `next_action` say where the job stands as business; `response_status` and
    `generated_at` are the technical facts, and never mix with them. `not_before` is when a queued job may begin its
    next attempt, `adoption_due_at` until when it waits for a response whose create was not answered.
    `possibly_paid_twice` says that an attempt was begun although one before it may have been accepted unseen.
    Failures before the attempt number `judged_from` count no more, since a person has acted after them.
    `refusals_omitted` counts the refused messages beyond those that are listed, `strays_omitted` the strays.
    `deliverable` is what is held, or was last; `drafts` are all that were, edits among them, the newest last.
    `review` is the review of it, `earlier_reviews` those of drafts that changes were asked for, and `rework` the last
    such request. `is_noticed` says that people are told of what they have to do.
    `deliveries` has one line per destination. `destination` is that of the first, and `receipt` its receipt, once all
    have theirs; records of older versions have these two alone.
    `abandoned` is why an operator gives the job up, while the paid work behind it is being stopped.
    `removed` is what retention took out of the archive; `erased` says that somebody had all content removed.
    """

    version: Literal[1] = 1
    job_id: str
    run_id: str = ""
    title: str
    requester: str
    labels: dict[str, str] = Field(default_factory=dict)
    request_digest: str
    destination: DeliverySpec = Release()
    status: JobStatus
    since: AwareDatetime
    reason: str
    next_action: NextAction
    actor: Actor = Actor.NOBODY
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    response_status: ResponseStatus | None = None
    generated_at: AwareDatetime | None = None
    attempts: tuple[Attempt, ...] = ()
    judged_from: int = 0
    strays: tuple[Stray, ...] = ()
    strays_omitted: int = 0
    possibly_paid_twice: bool = False
    repairs: tuple[RepairLine, ...] = ()
    abandoned: str = ""
    deliverable: DeliverableRef | None = None
    drafts: tuple[DeliverableRef, ...] = ()
    review: Review | None = None
    earlier_reviews: tuple[Review, ...] = ()
    rework: Rework | None = None
    is_noticed: bool = False
    refusals_omitted: int = 0
    receipt: Receipt | None = None
    deliveries: tuple[Delivery, ...] = ()
    failure: Failure | None = None
    not_before: AwareDatetime | None = None
    adoption_due_at: AwareDatetime | None = None
    attention_due_at: AwareDatetime | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    removed: tuple[Removal, ...] = ()
    erased: Erased | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the job has reached a closed status."""
        return self.status.is_closed

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is, or was last, under way."""
        return self.attempts[-1] if self.attempts else None

    @property
    def response_id(self) -> str:
        """The response of the last attempt, empty while there is none."""
        return self.attempt.response_id if self.attempt else ""

    @property
    def is_working_upstream(self) -> bool:
        """Whether OpenAI may still be working, and charging, on the last response."""
        status = self.attempt.response_status if self.attempt else None
        has_stopped = status is not None and status.is_terminal and status is not ResponseStatus.UNKNOWN
        return bool(self.response_id) and not has_stopped

    @property
    def tokens(self) -> int:
        """How many tokens were used so far, as far as OpenAI told."""
        used = [attempt.usage for attempt in self.attempts] + [stray.usage for stray in self.strays]
        return sum(usage.total_tokens for usage in used if usage)

    @property
    def may_complete_late(self) -> bool:
        """Whether the last response was stopped at a time limit, so that its end may still come.

        Once a person has asked for another attempt, nobody waits for it.
        """
        attempt = self.attempt
        is_late = attempt and attempt.failure and attempt.failure.failure_class is FailureClass.TIMEOUT
        is_awaited = self.judged_from < len(self.attempts)
        return bool(is_late) and is_awaited and self.response_status is ResponseStatus.CANCELLED

    @property
    def has_approved_result(self) -> bool:
        """Whether a result is approved whose delivery is still owed."""
        return self.review is not None and self.review.is_approved and not self.is_delivered

    @property
    def is_delivered(self) -> bool:
        """Whether every destination took the result."""
        return all(delivery.is_delivered for delivery in self.handovers)

    @property
    def handovers(self) -> tuple[Delivery, ...]:
        """The deliveries, also of a job whose record an older version wrote."""
        return self.deliveries or (self._only_delivery,)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """The proofs of those deliveries that arrived."""
        return tuple(delivery.receipt for delivery in self.handovers if delivery.receipt)

    @property
    def _only_delivery(self) -> Delivery:
        state = DeliveryState.DELIVERED if self.receipt else DeliveryState.OWED
        at = self.receipt.at if self.receipt else self.since
        return Delivery(number=1, destination=self.destination, state=state, since=at, receipt=self.receipt)

    @property
    def has_forgotten_turn(self) -> bool:
        """Whether it stopped because the provider keeps the response no longer that changes were asked for."""
        return self.rework is not None and self.failure is not None and self.failure.code == FORGOTTEN

    def knows(self, response_id: str) -> bool:
        """Whether a response is in the record already."""
        attempts = {attempt.response_id for attempt in self.attempts}
        return response_id in attempts | {stray.response_id for stray in self.strays}

    @property
    def decision_due_at(self) -> datetime:
        """When the open review ends."""
        return self.opened_review.due_at

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved what is held."""
        return self.opened_review.approvers

    @property
    def approved_digest(self) -> str:
        """The digest that may be delivered.

        Raises:
            ValueError: It was not approved by as many people as its policy asks for.
        """
        if not self.opened_review.is_approved:
            msg = f"{self.job_id} has no approved deliverable"
            raise ValueError(msg)
        return self.opened_review.digest

    @property
    def reviews(self) -> tuple[Review, ...]:
        """All reviews of the job, the last one last."""
        return (*self.earlier_reviews, self.review) if self.review else self.earlier_reviews

    @property
    def rework_rounds(self) -> int:
        """How often changes were asked for."""
        return self.rework.round if self.rework else 0

    @property
    def opened_review(self) -> Review:
        """The last review.

        Raises:
            ValueError: There has been none.
        """
        if self.review is None:
            msg = f"{self.job_id} has never been held for review"
            raise ValueError(msg)
        return self.review

    def outcome(self) -> "JobOutcome":
        """Sum up a closed job."""
        return JobOutcome(
            job_id=self.job_id,
            status=self.status,
            reason=self.reason,
            digest=self.deliverable.digest if self.deliverable else None,
            receipt=self.receipt,
            closed_at=self.closed_at,
        )


class JobOutcome(Value):
    """How a job ended: the result of its workflow. The content lies in the archive."""

    job_id: str
    status: JobStatus
    reason: str
    digest: str | None = None
    receipt: Receipt | None = None
    closed_at: AwareDatetime | None = None
