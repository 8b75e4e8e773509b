"""What became of each delivery of a job: whether it is owed, under way, stopped, or arrived."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import AwareDatetime, Field

from signoff.domain.delivery import DeliverySpec, Receipt
from signoff.domain.failures import Failure
from signoff.domain.model import Value


class DeliveryState(StrEnum):
    """Where one delivery stands. The job is completed once all are `delivered`."""

    OWED = "owed"
    """It has not begun: nothing is approved yet, or somebody is to say where it goes."""

    UNDER_WAY = "under_way"
    """It is being handed over, or is repeated by itself after a failure."""

    STOPPED = "stopped"
    """It failed, and waits for a person."""

    DELIVERED = "delivered"
    """The destination took it, and the receipt is kept."""


class Delivery(Value):
    """One destination of a job, and what became of it there.

    `number` counts from 1 in the order of the request, and stays when the destination is changed. `begun` is how often
    the delivery was begun, which people do; what repeats by itself in between is not counted. `failure` is why it
    stopped, or last did.
    """

    number: int = Field(ge=1)
    destination: DeliverySpec
    state: DeliveryState = DeliveryState.OWED
    since: AwareDatetime
    begun: int = 0
    receipt: Receipt | None = None
    failure: Failure | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the destination took it."""
        return self.state is DeliveryState.DELIVERED

    @property
    def told(self) -> str:
        """Say which one it is, and where it goes."""
        return f"delivery {self.number} ({self.destination.told})"


def arrived(deliveries: Iterable[Delivery]) -> str:
    """Say how many of the deliveries arrived: "2 of 3 arrived"."""
    states = [delivery.is_delivered for delivery in deliveries]
    return f"{sum(states)} of {len(states)} arrived"
