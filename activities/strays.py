"""Responses whose create was not answered: finding them, telling whose they are, and settling the surplus ones."""

import contextlib

from temporalio import activity

from activities.clock import Clock, now
from activities.costs import stray_cost
from activities.errors import not_yet
from activities.evidence import keep_evidence
from activities.faults import Patience, counted_error
from activities.heartbeat import beating
from activities.large import put_bytes
from activities.orders import FindOrder, NamedOrder
from activities.records import keep_record, kept_record
from activities.stopping import stop
from signoff.domain import layout, names
from signoff.domain.adoption import strayed
from signoff.domain.announcement import StrayHint
from signoff.domain.attempt import Stray
from signoff.domain.deployment import DEFAULT, DeploymentPolicy
from signoff.domain.errors import ErasedError, FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.policies import POLICIES
from signoff.domain.record import JobRecord
from signoff.domain.response import read_snapshot
from signoff.domain.search import Found, Search, read_found
from signoff.ports import Archive, RawResponse, ResponseProvider

_CONFIRMING = POLICIES[FailureClass.TRANSIENT]


class StrayActivities:
    """The activities behind adoption: each only reads or cancels, so each is safe to repeat."""

    def __init__(
        self,
        provider: ResponseProvider,
        archive: Archive,
        policy: DeploymentPolicy = DEFAULT,
        clock: Clock = now,
    ) -> None:
        self._provider = provider
        self._archive = archive
        self._policy = policy
        self._clock = clock

    @activity.defn(name=names.FIND_RESPONSE)
    async def find_response(self, order: FindOrder) -> Search:
        """Look in the provider's list, where it has one, for what this job created since a moment.

        It is repeated while the provider does not answer, so it ends only once that is back.
        """
        patience = Patience(deployment=self._policy, job=order.policy, created_at=order.since)
        try:
            async with beating():
                listed = await self._provider.find(order.job_id, order.since)
        except FaultError as fault:
            raise counted_error(fault, patience, self._clock()) from None
        return Search(
            is_listable=listed is not None,
            found=tuple(read_found(raw.body) for raw in listed or ()),
            terms=self._policy.terms(FailureClass.OUTCOME_UNKNOWN, Stage.CREATE, order.policy),
        )

    @activity.defn(name=names.IDENTIFY_RESPONSE)
    async def identify_response(self, order: NamedOrder) -> Found:
        """Retrieve a response that an announcement named, and tell whose it is."""
        try:
            async with beating():
                raw = await self._provider.retrieve(order.response_id)
        except FaultError as fault:
            raise counted_error(fault, self._patience(order), self._clock()) from None
        return read_found(raw.body)

    @activity.defn(name=names.SETTLE_STRAY)
    async def settle_stray(self, order: NamedOrder) -> Stray:
        """Stop a response that the job does not go on with, keep what it holds, and say what it used and cost."""
        try:
            async with beating():
                raw = await self._stopped(order)
                snapshot = read_snapshot(raw.body)
                if snapshot.status.is_terminal:
                    evidence = None
                    # The body of a stray of an erased job is not kept, but what it used is.
                    with contextlib.suppress(ErasedError):
                        await put_bytes(self._archive, layout.stray_path(order.job_id, order.response_id), raw.data)
                        path = layout.stray_evidence_path(order.job_id, order.response_id)
                        evidence = await keep_evidence(self._archive, raw, path)
                    return Stray(
                        response_id=order.response_id,
                        attempt=order.attempt,
                        found_at=self._clock(),
                        status=snapshot.status,
                        usage=snapshot.usage,
                        model=snapshot.model,
                        cost=await stray_cost(order, raw, self._policy.prices, self._archive),
                        evidence=evidence,
                    )
        except FaultError as fault:
            raise counted_error(fault, self._patience(order), self._clock()) from None
        raise not_yet("the cancel is not confirmed yet", _CONFIRMING.delay(activity.info().attempt))

    @activity.defn(name=names.RECORD_STRAY)
    async def record_stray(self, hint: StrayHint) -> None:
        """Settle a stray of a job that has closed, and write it into the archived record.

        It runs without a workflow, since that is over. A response that is not of this job is left alone. A repeat
        changes nothing.
        """
        order = NamedOrder(job_id=hint.job_id, response_id=hint.response_id)
        found = await self.identify_response(order)
        record = await self._archived(order)
        if not found.is_of(record) or record.knows(hint.response_id):
            return
        stray = await self.settle_stray(order.model_copy(update={"attempt": found.attempt}))
        # Read once more, since somebody else may have written meanwhile.
        record = await self._archived(order)
        await self._keep(order, strayed(record, stray, self._clock()), record)

    async def _archived(self, order: NamedOrder) -> JobRecord:
        try:
            record = await kept_record(self._archive, order.job_id)
        except FaultError as fault:
            raise counted_error(fault, self._patience(order), self._clock()) from None
        if record is None:
            raise not_yet("the job's record is not in the archive yet", _CONFIRMING.delay(activity.info().attempt))
        return record

    async def _keep(self, order: NamedOrder, record: JobRecord, before: JobRecord) -> None:
        try:
            await keep_record(self._archive, record, before)
        except FaultError as fault:
            raise counted_error(fault, self._patience(order), self._clock()) from None

    async def _stopped(self, order: NamedOrder) -> RawResponse:
        raw = await self._provider.retrieve(order.response_id)
        if read_snapshot(raw.body).status.is_terminal:
            return raw
        return await stop(self._provider, order.response_id)

    def _patience(self, order: NamedOrder) -> Patience:
        return Patience(deployment=self._policy, job=order.policy)
