"""Asking the deployment about another destination for what was approved."""

from collections.abc import Mapping

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of
from activities.orders import RedirectOrder
from signoff.domain import names
from signoff.domain.deployment import DEFAULT, DeploymentPolicy, OnRedirect
from signoff.domain.errors import FaultError
from signoff.domain.repair import Redirect
from signoff.ports import Allowance


class RedirectActivities:
    """The activity that knows what the deployment allows, with one allowance per kind of destination."""

    def __init__(
        self, allowed: Mapping[str, Allowance], policy: DeploymentPolicy = DEFAULT, clock: Clock = now
    ) -> None:
        self._allowed = allowed
        self._policy = policy
        self._clock = clock

    @activity.defn(name=names.EXAMINE_REDIRECT)
    async def examine_redirect(self, order: RedirectOrder) -> Redirect:
        """Say what the deployment has against a destination, and whether people have to approve it; sends nothing."""
        is_reviewed = self._policy.on_redirect is OnRedirect.REVIEW
        try:
            self._allowed[order.destination.channel].check(order.destination)
        except FaultError as fault:
            failure = failure_of(fault, self._clock())
            return Redirect(objection=f"destination: {failure.message}", is_reviewed=is_reviewed)
        return Redirect(is_reviewed=is_reviewed)
