"""A workflow that does nothing but tell, in a module of its own since the sandbox reads the whole of it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import NotifyOrder
    from signoff.domain.deployment import Failed
    from workflows import steps


@workflow.defn
class Telling:
    """Tells once."""

    @workflow.run
    async def run(self, order: NotifyOrder) -> Failed | None:
        """Give what came of it."""
        return await steps.notify(order)
