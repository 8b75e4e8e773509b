"""Handing over what was approved: to every destination at the same time, until each took it or needs a person."""

import asyncio
from collections.abc import Sequence

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import DeliverOrder, RedirectOrder
    from signoff.domain import delivering, repairing
    from signoff.domain.deployment import Failed
    from signoff.domain.handover import Delivery, DeliveryState
    from signoff.domain.repair import UNASKED, Redirect, Repair, RepairAnswer
    from signoff.domain.status import JobStatus
    from workflows import steps
    from workflows.deciding import Deciding


class Delivering(Deciding):
    """Deliveries run beside each other, each with its own state, retries and receipt in the record.

    Attributes:
        _redeliveries: How many operators are about to say how deliveries go on; none is under way meanwhile.
        _is_handing_over: Whether any is under way.
    """

    _redeliveries = 0
    _is_handing_over = False

    async def _hand_over(self) -> Failed | None:
        """Hand over what is owed; give the first failure that needs a person, once nothing is under way any more."""
        self._become(delivering.begun(self._record, workflow.now()))
        owed = [one for one in self._record.handovers if one.state is DeliveryState.UNDER_WAY]
        self._is_handing_over = True
        handovers = [asyncio.create_task(self._hand_over_to(one)) for one in owed]
        try:
            await workflow.wait_condition(
                lambda: bool(self._redeliveries) or self._is_long or all(one.done() for one in handovers)
            )
        except asyncio.CancelledError:
            await self._let_arrive(handovers)
            raise
        failures = await self._let_arrive(handovers)
        await workflow.wait_condition(lambda: not self._redeliveries)
        is_over = self._record.status is JobStatus.DELIVERING and not self._owes_any
        return next(iter(failures), delivering.first_stop(self._record)) if is_over else None

    async def _hand_over_to(self, delivery: Delivery) -> Failed | None:
        order = DeliverOrder(
            job_id=self._record.job_id,
            digest=self._record.approved_digest,
            approvers=self._record.approvers,
            number=delivery.number,
            destination=delivery.destination,
            policy=self._request.policy,
        )
        match await steps.deliver(order):
            case Failed() as failed:
                self._become(delivering.stopped(self._record, order.number, failed.failure, workflow.now()))
                return failed
            case receipt:
                self._become(delivering.taken(self._record, order.number, receipt, workflow.now()))
                return None

    async def _let_arrive(self, handovers: Sequence[asyncio.Task[Failed | None]]) -> list[Failed]:
        """Stop what still goes on; what is on its way to a destination arrives first, and its end is in the record."""
        for handover in handovers:
            handover.cancel()
        ends = await asyncio.gather(*handovers, return_exceptions=True)
        self._is_handing_over = False
        self._become(delivering.halted(self._record, workflow.now()))
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end  # a bug, which stalls the job until it is mended
        return [end for end in ends if isinstance(end, Failed)]

    async def _redeliver(self, repair: Repair) -> RepairAnswer:
        """Let what is under way arrive, then take the repair or refuse it."""
        redirect = await self._examined_redirect(repair)
        self._redeliveries += 1
        await workflow.wait_condition(lambda: not self._is_handing_over)
        self._redeliveries -= 1
        at = workflow.now()
        record, self._request, answer = repairing.repaired(self._record, self._request, repair, at, redirect)
        self._become(record)
        return answer

    async def _examined_redirect(self, repair: Repair) -> Redirect:
        """Ask the deployment about another destination, where nothing else speaks against it."""
        may_be_taken = repairing.may_be_taken(self._record, self._request, repair, workflow.now())
        if repair.destination is None or not may_be_taken:
            return UNASKED
        found = await steps.examine_redirect(RedirectOrder(job_id=self._record.job_id, destination=repair.destination))
        if isinstance(found, Failed):
            return Redirect(objection=f"it could not be looked into ({found.failure}); say it again under a new id")
        return found

    @property
    def _owes_any(self) -> bool:
        return any(one.state is DeliveryState.OWED for one in self._record.handovers)
