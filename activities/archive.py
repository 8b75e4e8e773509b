"""Keeping the record of a closed job, and what is said to it afterwards."""

from temporalio import activity

from activities.clock import now
from activities.errors import failure_of, insisted
from activities.orders import ArchiveOrder
from activities.records import keep_record, kept_record
from signoff.domain import names
from signoff.domain.deciding import decided
from signoff.domain.decision import LateDecision
from signoff.domain.errors import FaultError
from signoff.ports import Archive


class ArchiveActivities:
    """The activity that writes records."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @activity.defn(name=names.ARCHIVE_RECORD)
    async def archive_record(self, order: ArchiveOrder) -> None:
        """Write the record. A repeat replaces it with the same; the server repeats this until it succeeds."""
        try:
            await keep_record(self._archive, order.record)
        except FaultError as fault:
            raise insisted(failure_of(fault, now())) from None

    @activity.defn(name=names.RECORD_REFUSAL)
    async def record_refusal(self, late: LateDecision) -> None:
        """Write a decision that came too late into the record of its closed job, as the refusal that it is.

        It runs without a workflow, since that is over. A repeat changes nothing.
        """
        try:
            record = await kept_record(self._archive, late.job_id)
            if record is None or not record.is_closed:
                return
            after, _ = decided(record, late.decision, now())
            if after is not record:
                await keep_record(self._archive, after, record)
        except FaultError as fault:
            raise insisted(failure_of(fault, now())) from None
