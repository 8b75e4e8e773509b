"""Making a deliverable ready for the activity of somebody else's that acts on it."""

from temporalio import activity

from activities.approved import ApprovedBytes
from activities.clock import Clock, now
from activities.heartbeat import beating
from activities.orders import DeliverOrder
from signoff.domain import names
from signoff.domain.acting import ApprovedDeliverable, Prepared
from signoff.domain.delivery import Activity, ActivityContent
from signoff.domain.deployment import DEFAULT, DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.ports import Allowance, Archive, Parcel


class HandingActivities:
    """The activity that comes before an activity of the user's own."""

    def __init__(
        self, allowed: Allowance, archive: Archive, policy: DeploymentPolicy = DEFAULT, clock: Clock = now
    ) -> None:
        self._allowed = allowed
        self._policy = policy
        self._approved = ApprovedBytes(archive, policy, clock)

    @activity.defn(name=names.PREPARE_DELIVERY)
    async def prepare_delivery(self, order: DeliverOrder) -> Prepared:
        """Read the approved bytes, hash them again, and give what the activity is to act on.

        The deployment's list counts as it is now, which may not be as it was when the job began.
        """
        try:
            self._allowed.check(order.destination)
            async with beating():
                parcel = await self._approved.read(order)
        except FaultError as fault:
            raise self._approved.ended(order, fault) from None
        terms = self._policy.terms(FailureClass.UNCLASSIFIED, Stage.DELIVER, order.policy)
        return Prepared(approved=_approved(order, parcel), terms=terms)


def _approved(order: DeliverOrder, parcel: Parcel) -> ApprovedDeliverable:
    named = ApprovedDeliverable(
        job_id=parcel.job_id,
        digest=parcel.digest,
        idempotency_key=parcel.idempotency_key,
        size_bytes=len(parcel.data),
        approvers=order.approvers,
    )
    wanted = order.destination
    is_by_reference = isinstance(wanted, Activity) and wanted.content is ActivityContent.REFERENCE
    return named if is_by_reference else named.inline(parcel.data)
