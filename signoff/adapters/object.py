"""Delivery into object storage: one object per job, whole or not at all."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from signoff.adapters.archive import open_archive
from signoff.domain.delivery import DeliverySpec, Object, Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.ports import Parcel


class ObjectChannel:
    """Writes `<url>/<job id>.json`; a repeat lands on the same name with the same bytes.

    `places` are the URLs at and below which it may write; without any, it writes nowhere.
    """

    def __init__(self, places: Sequence[str]) -> None:
        self._places = tuple(_plain(place) for place in places)

    def check(self, destination: DeliverySpec) -> None:
        """Refuse a place that the deployment does not allow."""
        url = _url(destination)
        if not any(f"{_plain(url)}/".startswith(f"{place}/") for place in self._places):
            message = f"{url} is not among the allowed places; name it in SIGNOFF_DELIVERY_STORES"
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message))

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Write the object, in place of the same one from before."""
        self.check(parcel.destination)
        url, name = _url(parcel.destination), f"{parcel.job_id}.json"
        try:
            store = await asyncio.to_thread(open_archive, url, stage=Stage.DELIVER)
        except ValueError as error:
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=f"{url}: {error}")) from error
        await store.put(name, parcel.data)
        return Receipt(
            channel="object", destination=url, reference=f"{url}/{name}", digest=parcel.digest, at=datetime.now(UTC)
        )


def _url(destination: DeliverySpec) -> str:
    if not isinstance(destination, Object):
        msg = f"an object channel can't deliver to {destination.channel}"
        raise TypeError(msg)
    return destination.url


def _plain(url: str) -> str:
    """Write a URL in the one way in which two of them can be compared."""
    return url.rstrip("/").replace("file://", "file:")
