"""Delivery by release: nothing is sent; approval itself opens the result to the requester."""

from datetime import UTC, datetime

from signoff.domain.delivery import DeliverySpec, Receipt
from signoff.ports import Parcel


class ReleaseChannel:
    """The default channel. Its receipt says since when the requester may fetch the result."""

    def check(self, destination: DeliverySpec) -> None:
        """Take every destination: there is none to reach."""

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Write the receipt; a repeat writes the same but for the time."""
        return Receipt(
            channel="release",
            destination="the requester",
            reference=f"released:{parcel.idempotency_key}",
            digest=parcel.digest,
            at=datetime.now(UTC),
        )
