"""A delivery that has not arrived, in the few facts that an operator looks at."""

from pydantic import AwareDatetime

from signoff.domain.delivery import DeliverySpec
from signoff.domain.failures import FailureClass
from signoff.domain.handover import DeliveryState
from signoff.domain.model import Value
from signoff.domain.status import JobStatus


class DeliveryLine(Value):
    """One line of a list of deliveries: which one of how many (`of`) of a job, and how it goes.

    `tries` is how often it was tried since it was last begun, the try under way included, and `next_try_at` when it is
    repeated by itself; both are known of deliveries that are under way. `last_fault` is why it stopped, or why the
    last try failed.
    """

    job_id: str
    title: str
    requester: str
    status: JobStatus
    number: int
    of: int
    destination: DeliverySpec
    state: DeliveryState
    since: AwareDatetime
    tries: int = 0
    next_try_at: AwareDatetime | None = None
    failure_class: FailureClass | None = None
    last_fault: str = ""

    @property
    def is_stuck(self) -> bool:
        """Whether it has stopped for a person, or is being repeated after a failure."""
        return self.state is DeliveryState.STOPPED or bool(self.last_fault)
