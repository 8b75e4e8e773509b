"""Handing over the approved bytes."""

import asyncio
from collections.abc import Awaitable, Mapping

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, final, repeated, under
from activities.heartbeat import beating
from activities.orders import DeliverOrder, RedirectOrder
from signoff.domain import layout, names
from signoff.domain.deliverable import digest_of
from signoff.domain.delivery import Receipt
from signoff.domain.deployment import DEFAULT, DeploymentPolicy, Failed, OnRedirect
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage, failure_at
from signoff.domain.measures import DELIVERIES
from signoff.domain.repair import Redirect
from signoff.ports import Archive, DeliveryChannel, Parcel


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
        self._archive = archive
        self._policy = policy
        self._clock = clock

    @activity.defn(name=names.DELIVER)
    async def deliver(self, order: DeliverOrder) -> Receipt:
        """Read the approved bytes from the archive, hash them again, and hand them over.

        A repeat goes out under the same idempotency key. Bytes that differ from what was approved go nowhere.
        """
        try:
            data = await self._archive.get(layout.deliverable_path(order.job_id, order.digest))
            parcel = self._checked(order, data)
            async with beating():
                receipt = await _untorn(self._channels[order.destination.channel].deliver(parcel))
        except FaultError as fault:
            at = self._clock()
            info = activity.info()
            since_first = at - info.scheduled_time
            failed = under(self._policy, order.policy, failure_of(fault, at))
            _count(order, failed.failure.failure_class)
            raise repeated(failed, failures=info.attempt, since_first=since_first) from None
        _count(order, "taken")
        return receipt

    @activity.defn(name=names.EXAMINE_REDIRECT)
    async def examine_redirect(self, order: RedirectOrder) -> Redirect:
        """Say what the deployment has against a destination, and whether people have to approve it; sends nothing."""
        is_reviewed = self._policy.on_redirect is OnRedirect.REVIEW
        try:
            self._channels[order.destination.channel].check(order.destination)
        except FaultError as fault:
            failure = failure_of(fault, self._clock())
            return Redirect(objection=f"destination: {failure.message}", is_reviewed=is_reviewed)
        return Redirect(is_reviewed=is_reviewed)

    def _checked(self, order: DeliverOrder, data: bytes | None) -> Parcel:
        if data is None:
            text = f"the approved deliverable {order.digest} is not in the archive"
            raise final(self._failed(order, FailureClass.RESULT_LOST, text))
        found = digest_of(data)
        if found != order.digest:
            text = f"the archive holds {found} where {order.digest} was approved; nothing was sent"
            raise final(self._failed(order, FailureClass.UNCLASSIFIED, text))
        return Parcel(job_id=order.job_id, digest=found, data=data, destination=order.destination, number=order.number)

    def _failed(self, order: DeliverOrder, failure_class: FailureClass, text: str) -> Failed:
        failure = failure_at(Stage.DELIVER, failure_class, text, self._clock())
        return under(self._policy, order.policy, failure)


def _count(order: DeliverOrder, outcome: str) -> None:
    labels = {"channel": order.destination.channel, "outcome": outcome}
    activity.metric_meter().create_counter(DELIVERIES.name, DELIVERIES.meaning).add(1, labels)


async def _untorn(delivery: Awaitable[Receipt]) -> Receipt:
    """Finish a delivery that is on its way, also when the job is cancelled: only its end tells what happened."""
    task = asyncio.ensure_future(delivery)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task
