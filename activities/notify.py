"""Telling people that they have to act."""

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, repeated, under
from activities.orders import NotifyOrder
from signoff.domain import names
from signoff.domain.deployment import DEFAULT, DeploymentPolicy, JobPolicy
from signoff.domain.errors import FaultError
from signoff.domain.model import Value
from signoff.ports import Notifier


class Told(Value):
    """Which addresses have been told already, as the heartbeats carry it from one execution to the next."""

    addresses: tuple[str, ...] = ()


class NotifyActivities:
    """The activity that tells people of jobs; without a notifier it tells nobody."""

    def __init__(
        self, notifier: Notifier | None = None, policy: DeploymentPolicy = DEFAULT, clock: Clock = now
    ) -> None:
        self._notifier = notifier
        self._policy = policy
        self._clock = clock

    @activity.defn(name=names.NOTIFY)
    async def notify(self, order: NotifyOrder) -> None:
        """Tell those whom the notice concerns; a repeat leaves out who was told before, as far as is known."""
        if self._notifier is None:
            activity.logger.info("notice.dropped", extra={"kind": str(order.notice.kind)})
            return
        told = _told_before()
        try:
            await self._notifier.notify(order.notice, told)
        except FaultError as fault:
            raise self._error(fault) from None
        finally:
            activity.heartbeat(Told(addresses=tuple(sorted(told))))

    def _error(self, fault: FaultError) -> Exception:
        at, info = self._clock(), activity.info()
        failed = under(self._policy, JobPolicy(), failure_of(fault, at))
        return repeated(failed, failures=info.attempt, since_first=at - info.scheduled_time)


def _told_before() -> set[str]:
    details = activity.info().heartbeat_details
    return set(Told.model_validate(details[0]).addresses) if details else set()
