"""The daily upkeep of the archive."""

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, insisted
from activities.heartbeat import beating
from activities.sweeping import Broom, sweep
from signoff.closed.compacting import compact
from signoff.domain import names
from signoff.domain.deployment import DEFAULT, DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.retention import Swept
from signoff.domain.upkeep import Compacted, SweepOrder, UpkeepOrder
from signoff.ports import Archive


class UpkeepActivities:
    """The activities behind `Upkeep`; each does a bounded part, and goes on where it was cut off."""

    def __init__(self, archive: Archive, policy: DeploymentPolicy = DEFAULT, clock: Clock = now) -> None:
        self._archive = archive
        self._rules = policy.retention
        self._clock = clock

    @activity.defn(name=names.COMPACT_INDEX)
    async def compact_index(self, order: UpkeepOrder) -> Compacted:  # noqa: ARG002  so that it may gain fields
        """Merge what lists show of the jobs of past days into one object per day; a repeat goes on."""
        try:
            async with beating():
                return await compact(self._archive, self._clock())
        except FaultError as fault:
            raise insisted(failure_of(fault, self._clock())) from None

    @activity.defn(name=names.SWEEP_ARCHIVE)
    async def sweep_archive(self, order: SweepOrder) -> Swept:
        """Remove what is past its retention from the next jobs. Without rules it removes nothing."""
        details = activity.info().heartbeat_details
        swept = Swept.model_validate(details[0]) if details else order.begun
        most = max(order.most - (swept.jobs - order.begun.jobs), 1)

        def remember(so_far: Swept) -> None:
            nonlocal swept
            swept = so_far
            activity.heartbeat(swept)

        broom = Broom(self._archive, self._rules, self._clock(), is_dry_run=order.begun.is_dry_run)
        try:
            async with beating(lambda: [swept]):
                return await sweep(broom, swept, most, remember)
        except FaultError as fault:
            raise insisted(failure_of(fault, self._clock())) from None
