"""Delivery by mail: one mail to all recipients, through an address of the deployment."""

from collections.abc import Collection
from datetime import UTC, datetime

from signoff.adapters.letter import bytes_of, letter_of
from signoff.adapters.outgoing import OutgoingAddresses
from signoff.adapters.smtp import hand_over
from signoff.adapters.turns import refused
from signoff.domain.delivery import DeliverySpec, Receipt
from signoff.domain.mail import Email, covers, is_allowance
from signoff.ports import Parcel


class EmailChannel:
    """Sends the deliverable as a mail that names its job and its digest.

    `recipients` are the allowed ones, as addresses or as `@domain`; without any, nothing is sent to anybody.

    Raises:
        ValueError: An entry of `recipients` is neither.
    """

    def __init__(self, addresses: OutgoingAddresses, recipients: Collection[str]) -> None:
        for entry in recipients:
            if not is_allowance(entry):
                raise ValueError(f"{entry} is neither a mail address nor @ with a domain")
        self._addresses = addresses
        self._allowed = frozenset(entry.casefold() for entry in recipients)

    def check(self, destination: DeliverySpec) -> None:
        """Refuse recipients that are not allowed, and an address to send from that is not there."""
        wanted = _destination(destination)
        if others := [one for one in wanted.to if not covers(self._allowed, one)]:
            told = f"{', '.join(others)}: not among the allowed recipients; add them in SIGNOFF_DELIVERY_RECIPIENTS"
            raise refused(403, told)
        self._addresses.mail(wanted.via)

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Send the mail once."""
        self.check(parcel.destination)
        wanted = _destination(parcel.destination)
        address, service = self._addresses.mail(wanted.via)
        letter = letter_of(parcel, wanted, service)
        data = bytes_of(letter)
        await address.turns.take(str(address), lambda turn: hand_over(service, data, wanted.to, turn))
        return Receipt(
            channel="email",
            destination=", ".join(wanted.to),
            reference=str(letter["Message-ID"]),
            digest=parcel.digest,
            at=datetime.now(UTC),
        )


def _destination(destination: DeliverySpec) -> Email:
    if not isinstance(destination, Email):
        msg = f"a mail channel can't deliver to {destination.channel}"
        raise TypeError(msg)
    return destination
