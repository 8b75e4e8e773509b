"""Handing over the approved bytes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping

from temporalio import activity

from activities.approved import ApprovedBytes
from activities.clock import Clock, now
from activities.heartbeat import beating
from activities.orders import DeliverOrder
from signoff.domain import names
from signoff.domain.delivery import Receipt
from signoff.domain.deployment import DEFAULT, DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.ports import Archive, DeliveryChannel


class DeliveryActivities:
    """The activity that talks to destinations, with one channel per kind of destination."""

    def __init__(
        self,
        channels: Mapping[str, DeliveryChannel],
        archive: Archive,
        policy: DeploymentPolicy = DEFAULT,
        clock: Clock = now,
    ) -> None:
        self._channels = channels
        self._approved = ApprovedBytes(archive, policy, clock)

    @activity.defn(name=names.DELIVER)
    async def deliver(self, order: DeliverOrder) -> Receipt:
        """Read the approved bytes from the archive, hash them again, and hand them over.

        A repeat goes out under the same idempotency key; where a destination knows no repeats, there is none after a
        delivery that may have been sent. Bytes that differ from what was approved go nowhere.
        """
        try:
            parcel = await self._approved.read(order)
            async with beating():
                return await _untorn(self._channels[order.destination.channel].deliver(parcel))
        except FaultError as fault:
            raise self._approved.ended(order, fault) from None


async def _untorn(delivery: Awaitable[Receipt]) -> Receipt:
    """Finish a delivery that is on its way, whoever cancels: only its end tells what happened."""
    task = asyncio.ensure_future(delivery)
    while not task.done():
        # A job that is cancelled and a worker that stops may both want its end.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()
