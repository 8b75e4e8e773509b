"""For activities that act on what was approved: deliveries by the channel `activity`.

Such an activity runs in your own worker, on your own task queue. It is given what people approved, and what it returns
is the receipt:

    from temporalio import activity

    from signoff.acting import ApprovedDeliverable, deliverable_of


    @activity.defn(name="refund")
    async def refund(approved: ApprovedDeliverable) -> str:
        draft = await deliverable_of(approved)
        wanted = Refund.model_validate_json(draft.text)
        return await payments.refund(wanted, idempotency_key=approved.idempotency_key)

It runs at least once, so a repeat under the same `idempotency_key` must have no second effect.

The client that the worker is made with needs the product's data converter, as `signoff.temporal.connect` sets it.
"""

from signoff.checking import read_deliverable
from signoff.domain.acting import ApprovedDeliverable
from signoff.domain.deliverable import Deliverable
from signoff.domain.failures import FailureClass
from signoff.ports import Archive

__all__ = ["ApprovedDeliverable", "Deliverable", "FailureClass", "NoArchiveError", "deliverable_of"]


class NoArchiveError(Exception):
    """The deliverable did not travel, and there is no archive to read it from. The job stops as `configuration`.

    Temporal hands the name of this class on as a failure's type (`signoff.domain.names.NO_ARCHIVE`).
    """


async def deliverable_of(approved: ApprovedDeliverable, archive: Archive | None = None) -> Deliverable:
    """Give what was approved: as it came along, else read from the archive, where it is hashed once more.

    Args:
        approved: What the activity was given.
        archive: The archive of the deployment, as `signoff.adapters.archive.open_archive` opens it. Deliverables of
            more than 8 KiB, and those asked for by reference, need it.

    Raises:
        NoArchiveError: It has to be read, and there is no archive.
        FaultError: It is not there, it is another one, or the archive failed; Temporal's own retry may help.
    """
    if approved.deliverable is not None:
        return approved.deliverable
    if archive is None:
        msg = f"the deliverable has {approved.size_bytes:,} bytes and lies in the archive; give deliverable_of one"
        raise NoArchiveError(msg)
    return await read_deliverable(archive, approved)
