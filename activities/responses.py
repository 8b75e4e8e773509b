"""Creating, looking at and cancelling responses."""

import asyncio
from collections.abc import Mapping

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, final, not_yet, under
from activities.faults import Patience, counted_error, forget
from activities.heartbeat import beating
from activities.large import put_bytes
from activities.orders import CreateOrder, ResponseOrder
from activities.results import Keeper
from activities.stopping import stop
from activities.turns import asked_of, check_groups
from signoff.domain import layout, names
from signoff.domain.attempt import Ended
from signoff.domain.deliverable import canonical_json
from signoff.domain.deployment import DEFAULT, DeploymentPolicy, Failed
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage, failure_at
from signoff.domain.model import in_words
from signoff.domain.parameters import for_attempt
from signoff.domain.policies import POLICIES
from signoff.domain.response import ResponseSnapshot, read_snapshot
from signoff.domain.schedule import ANNOUNCED, ANNOUNCED_LOOKS
from signoff.domain.status import ResponseStatus
from signoff.ports import Allowance, Archive, Checker, RawResponse, ResponseProvider

_CONFIRMING = POLICIES[FailureClass.TRANSIENT]
"""How a cancel that was taken, but is not visible yet, is confirmed: soon at first, then ever more rarely."""


class ResponseActivities:
    """The activities that talk to the provider of responses."""

    def __init__(  # noqa: PLR0913  the parts that are wired together
        self,
        provider: ResponseProvider,
        archive: Archive,
        channels: Mapping[str, Allowance],
        checker: Checker,
        *,
        policy: DeploymentPolicy = DEFAULT,
        clock: Clock = now,
    ) -> None:
        self._provider = provider
        self._archive = archive
        self._channels = channels
        self._checker = checker
        self._keeper = Keeper(archive, checker, policy.prices)
        self._policy = policy
        self._clock = clock

    @activity.defn(name=names.CREATE_RESPONSE)
    async def create_response(self, order: CreateOrder) -> ResponseSnapshot:
        """Send one create, once, after everything was checked that can be checked without paying.

        What is asked is in the archive before anything else. A repeat would be a second paid run, so the activity
        never repeats it and is never retried: every failure ends it, and the workflow decides whether there is
        another attempt.
        """
        try:
            check_groups(order.groups, self._policy)
            await self._checker.check(order.checks)
            asked = await asked_of(order, self._archive)
            parameters = for_attempt(asked, job_id=order.job_id, attempt=order.attempt, run_id=order.run_id)
            asked_for = await asyncio.to_thread(canonical_json, parameters)  # a large one takes its time
            await put_bytes(self._archive, layout.request_path(order.job_id, order.attempt), asked_for)
            self._provider.check(parameters)
            for destination in order.destinations or (order.destination,):
                self._channels[destination.channel].check(destination)
            async with beating():
                raw = await self._provider.create(parameters)
        except FaultError as fault:
            raise final(under(self._policy, order.policy, failure_of(fault, self._clock()))) from None
        return read_snapshot(raw.body)

    @activity.defn(name=names.LOOK_AT_RESPONSE)
    async def look_at_response(self, order: ResponseOrder) -> Ended:
        """Look once; while the response is under way, have the server repeat this on the look schedule.

        Once it has ended, the raw body and the draft are in the archive before the result is returned. One that
        is still under way at its deadline, or still queued when it counts as stuck, ends the activity as a
        `timeout`.
        """
        schedule = self._policy.schedule(order.wait)
        at = self._clock()
        age = at - order.created_at
        deadline = order.deadline_under(self._policy)
        if not schedule.is_due(age) and at < deadline and not _is_asked_for():
            delay = min(schedule.delay(age), deadline - at)
            raise not_yet(f"{order.response_id} is not due yet; look 1 in {in_words(delay)}", delay)
        looks = max(activity.info().attempt - 1, 1)
        seen = await self._look(order, looks=looks)
        if isinstance(seen, Ended):
            return seen
        status = seen.status
        limits = {"deadline": deadline}
        if status is ResponseStatus.QUEUED:
            limits["stuck_in_queue"] = order.stuck_at(self._policy)
        code, ends_at = min(limits.items(), key=lambda limit: limit[1])
        if at >= ends_at:
            told = f"still {status} after {in_words(age)}"
            failure = failure_at(Stage.LOOK, FailureClass.TIMEOUT, told, at, code=code)
            raise final(under(self._policy, order.policy, failure))
        delay = min(schedule.delay(age), ends_at - at)
        raise not_yet(f"look {looks}: {order.response_id} is {status}; next in {in_words(delay)}", delay)

    @activity.defn(name=names.LOOK_WHEN_ANNOUNCED)
    async def look_when_announced(self, order: ResponseOrder) -> Ended | None:
        """Look at once at a response whose end was announced, and a few times soon after while it is under way.

        An announcement may be true although the end can't be seen yet. Deadlines are for the looks on schedule.
        """
        looks = activity.info().attempt
        seen = await self._look(order, looks=looks)
        if isinstance(seen, Ended):
            return seen
        if looks >= ANNOUNCED_LOOKS:
            return None
        announced_for = self._clock() - activity.info().scheduled_time
        delay = ANNOUNCED.delay(announced_for)
        told = f"announced, look {looks}: {order.response_id} is {seen.status}; next in {in_words(delay)}"
        raise not_yet(told, delay)

    async def _look(self, order: ResponseOrder, *, looks: int) -> Ended | ResponseSnapshot:
        """Retrieve a response; one that has ended is kept."""
        try:
            async with beating():
                raw = await self._provider.retrieve(order.response_id, order.include)
                snapshot = read_snapshot(raw.body)
                if snapshot.status.is_terminal:
                    return await self._keep(order, raw, looks=looks)
        except FaultError as fault:
            raise counted_error(fault, self._patience(order), self._clock()) from None
        except ValueError as error:
            raise final(self._unreadable(Stage.LOOK, order, error)) from error
        forget()
        return snapshot

    @activity.defn(name=names.CANCEL_RESPONSE)
    async def cancel_response(self, order: ResponseOrder) -> Ended:
        """Stop the paid work and confirm it with a retrieval, which may show that it was too late."""
        try:
            async with beating():
                raw = await stop(self._provider, order.response_id, order.include)
                if read_snapshot(raw.body).status.is_terminal:
                    return await self._keep(order, raw, looks=1)
        except FaultError as fault:
            raise counted_error(fault, self._patience(order), self._clock()) from None
        except ValueError as error:
            raise final(self._unreadable(Stage.CANCEL, order, error)) from error
        raise not_yet("the cancel is not confirmed yet", _CONFIRMING.delay(activity.info().attempt))

    async def _keep(self, order: ResponseOrder, raw: RawResponse, *, looks: int) -> Ended:
        ended = await self._keeper.keep(order, raw, looks=looks, at=self._clock())
        if ended.failure is None:
            return ended.model_copy(update={"house": self._policy.house(order.groups)})
        return ended.model_copy(update={"terms": under(self._policy, order.policy, ended.failure).terms})

    def _patience(self, order: ResponseOrder) -> Patience:
        return Patience(deployment=self._policy, job=order.policy, created_at=order.created_at)

    def _unreadable(self, stage: Stage, order: ResponseOrder, error: ValueError) -> Failed:
        text = f"no deliverable can be made of the response ({type(error).__name__})"
        failure = failure_at(stage, FailureClass.UNCLASSIFIED, text, self._clock())
        return under(self._policy, order.policy, failure)


def _is_asked_for() -> bool:
    """Whether an operator reset the look, which means "look now", rather than the job having scheduled it."""
    info = activity.info()
    return info.current_attempt_scheduled_time > info.scheduled_time
