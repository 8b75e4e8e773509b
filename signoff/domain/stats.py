"""How the jobs of a deployment stand, in numbers."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from pydantic import AwareDatetime, Field

from signoff.domain.closed import ClosedJob
from signoff.domain.failures import FailureClass
from signoff.domain.model import Value
from signoff.domain.status import JobStatus, NextAction


class Spend(Value):
    """What the jobs cost that closed since a moment, as the archive's index tells.

    The sums are the least that it was: `not_known_in_full` says of how many jobs a part of the cost is unknown, as it
    is of all that closed before a version whose index holds costs.
    """

    since: AwareDatetime
    jobs: int = 0
    tokens: int = 0
    amounts: dict[str, Decimal] = Field(default_factory=dict)
    not_known_in_full: int = 0


class WaitingReview(Value):
    """One review that waits for people."""

    job_id: str
    title: str
    requester: str
    submitted_at: AwareDatetime
    due_at: AwareDatetime | None = None


class WaitingReviews(Value):
    """What waits for people: which review ends first, and which job was submitted first. Absent where none waits.

    `due_within_day` is how many reviews end within 24 hours.
    """

    first_due: WaitingReview | None = None
    oldest: WaitingReview | None = None
    due_within_day: int = 0


class JobStats(Value):
    """How many jobs stand where. Closed ones count for as long as Temporal keeps them.

    `failure_classes` and `next_actions` are those of stopped jobs, without those that no job has. `spend` is absent
    where the archive did not answer, and `lacks` says what could not be found out.
    """

    at: AwareDatetime
    statuses: dict[JobStatus, int]
    failure_classes: dict[FailureClass, int] = Field(default_factory=dict)
    next_actions: dict[NextAction, int] = Field(default_factory=dict)
    reviews: WaitingReviews = WaitingReviews()
    spend: Spend | None = None
    lacks: tuple[str, ...] = ()

    @property
    def open_jobs(self) -> int:
        """How many jobs are open."""
        return sum(count for status, count in self.statuses.items() if not status.is_closed)

    @property
    def stopped_deliveries(self) -> int:
        """How many jobs have stopped on a delivery."""
        return self.next_actions.get(NextAction.RETRY_DELIVERY, 0)


def spend_of(jobs: Iterable[ClosedJob], since: datetime) -> Spend:
    """Sum up what closed jobs cost."""
    count = tokens = unknown = 0
    amounts: dict[str, Decimal] = {}
    for job in jobs:
        count += 1
        tokens += job.tokens
        unknown += not job.has_full_cost
        for currency, amount in job.amounts.items():
            amounts[currency] = amounts.get(currency, Decimal(0)) + amount
    return Spend(since=since, jobs=count, tokens=tokens, amounts=amounts, not_known_in_full=unknown)
