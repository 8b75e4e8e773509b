"""Keeping the record of a closed job, and what is said to it afterwards."""

from temporalio import activity

from activities.clock import now
from activities.errors import failure_of, insisted
from activities.orders import ArchiveOrder
from signoff.domain import layout, names
from signoff.domain.deciding import decided
from signoff.domain.decision import LateDecision
from signoff.domain.errors import FaultError
from signoff.domain.record import JobRecord
from signoff.ports import Archive


class ArchiveActivities:
    """The activity that writes records."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @activity.defn(name=names.ARCHIVE_RECORD)
    async def archive_record(self, order: ArchiveOrder) -> None:
        """Write the record. A repeat replaces it with the same; the server repeats this until it succeeds."""
        try:
            await self._put(order.record)
        except FaultError as fault:
            raise insisted(failure_of(fault, now())) from fault

    @activity.defn(name=names.RECORD_REFUSAL)
    async def record_refusal(self, late: LateDecision) -> None:
        """Write a decision that came too late into the record of its closed job, as the refusal that it is.

        It runs without a workflow, since that is over. A repeat changes nothing.
        """
        try:
            data = await self._archive.get(layout.record_path(late.job_id))
            record = JobRecord.model_validate_json(data) if data else None
            if record is None or not record.is_closed:
                return
            after, _ = decided(record, late.decision, now())
            if after is not record:
                await self._put(after)
        except FaultError as fault:
            raise insisted(failure_of(fault, now())) from fault

    async def _put(self, record: JobRecord) -> None:
        data = record.model_dump_json(indent=2).encode()
        await self._archive.put(layout.record_path(record.job_id), data)
