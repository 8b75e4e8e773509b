"""Keeping the record of a closed job."""

from temporalio import activity

from activities.clock import now
from activities.errors import failure_of, insisted
from activities.orders import ArchiveOrder
from signoff.domain import layout, names
from signoff.domain.errors import FaultError
from signoff.ports import Archive


class ArchiveActivities:
    """The activity that writes records."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @activity.defn(name=names.ARCHIVE_RECORD)
    async def archive_record(self, order: ArchiveOrder) -> None:
        """Write the record. A repeat replaces it with the same; the server repeats this until it succeeds."""
        data = order.record.model_dump_json(indent=2).encode()
        try:
            await self._archive.put(layout.record_path(order.record.job_id), data)
        except FaultError as fault:
            raise insisted(failure_of(fault, now())) from fault
