"""Reading what was approved, for whatever delivers it, and ending a delivery that failed."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.clock import Clock
from activities.errors import failure_of, final, repeated, under
from activities.orders import DeliverOrder
from signoff.domain import layout
from signoff.domain.deliverable import digest_of
from signoff.domain.deployment import DeploymentPolicy, Failed
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage, failure_at
from signoff.ports import Archive, Parcel


class ApprovedBytes:
    """Takes the approved bytes out of the archive, and no others."""

    def __init__(self, archive: Archive, policy: DeploymentPolicy, clock: Clock) -> None:
        self._archive = archive
        self._policy = policy
        self._clock = clock

    async def read(self, order: DeliverOrder) -> Parcel:
        """Read the bytes that an order names and hash them again. What differs from what was approved is not given.

        Raises:
            FaultError: The archive did not answer.
        """
        data = await self._archive.get(layout.deliverable_path(order.job_id, order.digest))
        if data is None:
            text = f"the approved deliverable {order.digest} is not in the archive"
            raise final(self._failed(order, FailureClass.RESULT_LOST, text))
        found = digest_of(data)
        if found != order.digest:
            text = f"the archive holds {found} where {order.digest} was approved; nothing was sent"
            raise final(self._failed(order, FailureClass.UNCLASSIFIED, text))
        return Parcel(job_id=order.job_id, digest=found, data=data, destination=order.destination, number=order.number)

    def ended(self, order: DeliverOrder, fault: FaultError) -> ApplicationError:
        """End the execution of a delivery that met a fault; the server repeats it as long as its class permits."""
        at = self._clock()
        info = activity.info()
        is_repeatable = order.destination.is_repeatable
        failed = under(self._policy, order.policy, failure_of(fault, at), is_repeatable=is_repeatable)
        return repeated(failed, failures=info.attempt, since_first=at - info.scheduled_time)

    def _failed(self, order: DeliverOrder, failure_class: FailureClass, text: str) -> Failed:
        failure = failure_at(Stage.DELIVER, failure_class, text, self._clock())
        return under(self._policy, order.policy, failure)
