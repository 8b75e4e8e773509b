"""Delivery to a chat: one post of the approved text."""

import socket
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from apprise import NotifyFormat, NotifyType

from signoff.adapters.outgoing import Outgoing, OutgoingAddresses, url_of
from signoff.adapters.turns import Turn, refused, unknown, unsent
from signoff.domain.deliverable import Deliverable
from signoff.domain.delivery import DeliverySpec, Receipt
from signoff.domain.mail import Chat
from signoff.ports import Parcel

CONNECT_SECONDS: Final = 10.0


class ChatChannel:
    """Posts the text of a deliverable, whole or not at all.

    A chat knows no repeats. What a post failed with is not told apart by apprise, so each one that was begun and not
    confirmed may have arrived.
    """

    def __init__(self, addresses: OutgoingAddresses) -> None:
        self._addresses = addresses

    def check(self, destination: DeliverySpec) -> None:
        """Refuse a chat that the deployment does not name."""
        self._addresses.chat(_destination(destination).to)

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Post the text once."""
        address = self._addresses.chat(_destination(parcel.destination).to)
        text = Deliverable.model_validate_json(parcel.data).text
        _require_whole(address, text)
        await address.turns.take(str(address), lambda turn: _post(address, text, turn))
        return Receipt(
            channel="chat",
            destination=address.name,
            reference=f"taken by {address.kind}",
            digest=parcel.digest,
            at=datetime.now(UTC),
        )


def _destination(destination: DeliverySpec) -> Chat:
    if not isinstance(destination, Chat):
        msg = f"a chat channel can't deliver to {destination.channel}"
        raise TypeError(msg)
    return destination


def _require_whole(address: Outgoing, text: str) -> None:
    """Refuse a text that would arrive in part or in parts."""
    if not text.strip():
        raise refused(422, f"the text is empty, which {address} does not take")
    # What a service needs escaped counts as escaped.
    size = len(address.service.dialect_convert(text, NotifyFormat.TEXT))
    limit = address.service.body_maxlen
    if size > limit:
        raise refused(413, f"the text has {size:,} characters, and {address} takes {limit:,} at most; nothing was sent")


def _post(address: Outgoing, text: str, turn: Turn) -> None:
    _require_reachable(address)
    turn.begin()
    if not address.service.notify(
        body=text, title="", notify_type=NotifyType.INFO, body_format=NotifyFormat.TEXT, overflow="upstream"
    ):
        raise unknown(f"{address} did not confirm the post")


def _require_reachable(address: Outgoing) -> None:
    """Find out beforehand whether anything can be sent at all; through a proxy that can't be seen."""
    url = urlsplit(url_of(address.service))
    if url.scheme in getproxies():
        return
    place = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
    try:
        socket.create_connection(place, timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise unsent(f"{address} can't be reached ({type(error).__name__})") from None
