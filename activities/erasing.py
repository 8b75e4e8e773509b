"""Erasing the content of a closed job: from the archive, at OpenAI, at Temporal; and saying so in a tombstone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import failure_of, insisted, not_yet, refused
from activities.heartbeat import beating
from activities.records import keep_record, kept_record
from signoff.closed.compacting import relist
from signoff.domain import layout, names
from signoff.domain.deliverable import digest_of
from signoff.domain.erasure import (
    Copy,
    Erasure,
    ErasureAnswer,
    Fate,
    RemovedObject,
    Tombstone,
    answer_for,
    begun,
    read_tombstone,
    render_tombstone,
)
from signoff.domain.errors import FaultError, RefusedError, UnreachableError
from signoff.domain.failures import FailureClass
from signoff.domain.integrity import UnsoundError
from signoff.domain.policies import POLICIES
from signoff.domain.record import JobRecord
from signoff.domain.removal import Kind
from signoff.domain.scrubbing import scrubbed
from signoff.domain.sweeping import kind_of
from signoff.ports import Archive, Histories, ResponseProvider

TRIES: Final = 8
"""How often a response is to be removed at OpenAI before that is noted as refused."""

PASSES: Final = 5
"""How often the folder is listed until it is found empty; what is written late is refused or removed by its writer."""

_AGAIN: Final = POLICIES[FailureClass.TRANSIENT]


class ErasureActivities:
    """The activity that erases jobs. It runs without a workflow, since that is over.

    The tombstone is written first, the record next, and only then anything is removed, so whoever reads meanwhile is
    told of an erasure rather than of a loss. It is marked as done last. A repeat finishes what was begun.
    """

    def __init__(
        self,
        archive: Archive,
        provider: ResponseProvider,
        histories: Histories,
        *,
        clock: Clock = now,
    ) -> None:
        self._archive = archive
        self._provider = provider
        self._histories = histories
        self._clock = clock

    @activity.defn(name=names.ERASE_JOB)
    async def erase_job(self, asked: Erasure) -> ErasureAnswer:
        """Erase a job, and say what its tombstone says. The server repeats it until it is done."""
        try:
            async with beating():
                return answer_for(await self._erased(asked))
        except FaultError as fault:
            raise insisted(failure_of(fault, self._clock())) from None
        except UnsoundError as error:
            raise refused(str(error)) from error
        except UnreachableError as error:
            raise not_yet(str(error), _AGAIN.delay(activity.info().attempt)) from error

    async def _erased(self, asked: Erasure) -> Tombstone:
        known = await self._known(asked.job_id)
        if known and known.serves(asked):
            return known
        tombstone = known.reopened_for(asked) if known else await self._begun(asked)
        tombstone = await self._emptied(tombstone)
        tombstone = await self._removed_upstream(tombstone)
        tombstone = await self._forgotten(tombstone)
        return await self._kept(tombstone.model_copy(update={"done_at": self._clock()}))

    async def _known(self, job_id: str) -> Tombstone | None:
        path = layout.erased_path(job_id)
        data = await self._archive.get(path)
        return None if data is None else read_tombstone(data, path)

    async def _begun(self, asked: Erasure) -> Tombstone:
        record = await kept_record(self._archive, asked.job_id)
        if await self._histories.is_open(asked.job_id):
            if record is None:
                raise refused(f"{asked.job_id} is open; cancel it or decide on it first")
            raise not_yet("the job is just closing", _AGAIN.first_delay)
        return begun(asked, record, self._clock())

    async def _emptied(self, tombstone: Tombstone) -> Tombstone:
        """Take everything of the job out of the archive but its record and the tombstone."""
        record = await kept_record(self._archive, tombstone.job_id)
        for _ in range(PASSES):
            found = [one async for one in self._found(tombstone.job_id, record)]
            tombstone = await self._kept(tombstone.listing(found))
            await self._scrub(tombstone)
            if not found:
                return tombstone
            for one in found:
                await self._archive.delete(one.path)
        raise not_yet("objects of the job come back as they are removed", _AGAIN.first_delay)

    async def _found(self, job_id: str, record: JobRecord | None) -> AsyncIterator[RemovedObject]:
        async for path in self._archive.paths(layout.job_folder(job_id)):
            kind = kind_of(path, record)
            if kind is None or kind is Kind.RECORD:
                continue
            if (data := await self._archive.get(path)) is not None:
                yield RemovedObject(path=path, kind=kind, size_bytes=len(data), digest=digest_of(data))

    async def _scrub(self, tombstone: Tombstone) -> None:
        """Take the texts out of the record, which is read after the tombstone was written."""
        record = await kept_record(self._archive, tombstone.job_id)
        if record is None:
            return
        after = scrubbed(record, tombstone.erased)
        if after != record:
            await keep_record(self._archive, after)
        await relist(self._archive, after)

    async def _removed_upstream(self, tombstone: Tombstone) -> Tombstone:
        """Have OpenAI delete its responses; what it refuses is noted, what may pass is tried again."""
        settled, passing = [], None
        for copy in tombstone.responses:
            if copy.fate is Fate.PENDING:
                try:
                    await self._provider.remove(copy.of)
                    settled.append(copy.model_copy(update={"fate": Fate.REMOVED}))
                    continue
                except FaultError as fault:
                    if self._may_pass(fault):
                        passing = fault
                    else:
                        copy = _refused(copy, str(fault))  # noqa: PLW2901  what became of it
            settled.append(copy)
        tombstone = await self._kept(tombstone.model_copy(update={"responses": tuple(settled)}))
        if passing:
            raise passing
        return tombstone

    def _may_pass(self, fault: FaultError) -> bool:
        is_passing = POLICIES[failure_of(fault, self._clock()).failure_class].is_automatic
        return is_passing and activity.info().attempt < TRIES

    async def _forgotten(self, tombstone: Tombstone) -> Tombstone:
        """Have Temporal delete its history of the job, and wait until it is gone."""
        if tombstone.history.fate is not Fate.PENDING:
            return tombstone
        try:
            is_gone = await self._histories.forget(tombstone.job_id)
        except RefusedError as error:
            return tombstone.model_copy(update={"history": _refused(tombstone.history, str(error))})
        if not is_gone:
            raise not_yet("Temporal is still deleting the history", _until_deleted(activity.info().attempt))
        return tombstone.model_copy(update={"history": tombstone.history.model_copy(update={"fate": Fate.REMOVED})})

    async def _kept(self, tombstone: Tombstone) -> Tombstone:
        await self._archive.put(layout.erased_path(tombstone.job_id), render_tombstone(tombstone))
        return tombstone


def _until_deleted(attempt: int) -> timedelta:
    """Say when to look again whether a history is gone: it takes moments, or half a minute after a job has closed."""
    return timedelta(seconds=min(0.5 * 2.0 ** min(attempt - 1, 10), 30.0))


def _refused(copy: Copy, why: str) -> Copy:
    return copy.model_copy(update={"fate": Fate.REFUSED, "note": why})
