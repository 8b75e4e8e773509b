"""A closed job with a mark in everything that it holds, and what an erasure of it works with."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from temporalio.testing import ActivityEnvironment

from activities.erasing import ErasureActivities
from activities.records import keep_record
from signoff.adapters.guarded import guarded
from signoff.adapters.memory import InMemoryResponses
from signoff.domain import layout
from signoff.domain.deliverable import Deliverable, DeliverableRef, digest_of
from signoff.domain.erasure import Erasure, Tombstone, read_tombstone
from signoff.domain.errors import RefusedError
from signoff.domain.failures import FailureClass
from signoff.domain.integrity import read_record
from signoff.domain.record import JobRecord
from signoff.domain.repair import Change, RepairLine
from signoff.domain.status import JobStatus
from signoff.ports import Archive
from tests.activities.desk import ARCHIVE_DOWN, OPENED
from tests.domain.making import AT, a_failure, a_record, a_stray

T = TypeVar("T")
MARK = b"MARKED"
JOB = "a-job"
DRAFT = Deliverable(job_id=JOB, attempt=1, text="MARKED output").canonical()
REFUSED_DRAFT = Deliverable(job_id=JOB, attempt=1, text="MARKED earlier output").canonical()
CONTENT = {
    layout.request_path(JOB, 1): b'{"input": "MARKED prompt"}',
    layout.body_path(JOB, 1): b'{"output": "MARKED body"}',
    layout.stray_path(JOB, "resp_s"): b'{"output": "MARKED stray"}',
    layout.deliverable_path(JOB, digest_of(DRAFT)): DRAFT,
    layout.deliverable_path(JOB, digest_of(REFUSED_DRAFT)): REFUSED_DRAFT,
    f"jobs/{JOB}/attempts/1/evidence.json": b'["MARKED source"]',
    f"jobs/{JOB}/later/added.json": b"MARKED addition",
}
NEIGHBOUR = "jobs/a-job-2/attempts/1/response.json"


def a_closed_record() -> JobRecord:
    """Make a record whose texts all bear the mark."""
    record = a_record(JobStatus.COMPLETED)
    refs = [DeliverableRef(digest=digest_of(data), size_bytes=len(data), attempt=1) for data in (REFUSED_DRAFT, DRAFT)]
    review = record.opened_review
    lines = tuple(
        line.model_copy(update={"comment": "MARKED comment", "digest": refs[1].digest}) for line in review.lines
    )
    change = Change(parameter="input", before='"MARKED before"', after='"MARKED after"')
    repair = RepairLine(
        repair_id="r", kind="amend", by="olga", reason="MARKED why", at=AT, changes=(change,), is_accepted=True
    )
    failure = a_failure(FailureClass.POLICY, message="MARKED message", evidence="MARKED evidence")
    return record.model_copy(
        update={
            "title": "MARKED title",
            "labels": {"customer": "MARKED label"},
            "reason": "MARKED reason",
            "repairs": (repair,),
            "attempts": tuple(one.model_copy(update={"failure": failure}) for one in record.attempts),
            "strays": (a_stray(note="MARKED note"),),
            "failure": failure,
            "deliverable": refs[1],
            "drafts": tuple(refs),
            "review": review.model_copy(update={"digest": refs[1].digest, "lines": lines}),
            "receipt": record.receipt.model_copy(update={"digest": refs[1].digest}) if record.receipt else None,
            "timeline": tuple(one.model_copy(update={"text": "MARKED line"}) for one in record.timeline),
        }
    )


async def fill(archive: Archive) -> None:
    """Put a closed job into an archive, and another one beside it."""
    for path, data in CONTENT.items():
        await archive.put(path, data)
    await archive.put(NEIGHBOUR, b"of another job")
    await keep_record(archive, a_closed_record())


async def marked(archive: Archive) -> list[str]:
    """List the objects that hold the mark."""
    return [path async for path in archive.paths("") if MARK in await content_of(archive, path)]


async def content_of(archive: Archive, path: str) -> bytes:
    data = await archive.get(path) or b""
    return gzip.decompress(data) if path.endswith(".gz") else data


async def tombstone_in(archive: Archive) -> Tombstone:
    path = layout.erased_path(JOB)
    return read_tombstone(await archive.get(path) or b"", path)


async def record_in(archive: Archive) -> JobRecord:
    path = layout.record_path(JOB)
    return read_record(await archive.get(path) or b"", path)


def asked(**changes: Any) -> Erasure:
    return Erasure.model_validate({"job_id": JOB, "by": "olga", "reason": "asked for", **changes})


@dataclass
class FakeHistories:
    """What Temporal keeps. It takes so many calls until a history is gone, unless it refuses."""

    kept: set[str] = field(default_factory=lambda: {JOB, "a-job-2"})
    opened: set[str] = field(default_factory=set)
    slowness: int = 0
    refuses: str = ""

    async def is_open(self, job_id: str) -> bool:
        return job_id in self.opened

    async def forget(self, job_id: str) -> bool:
        if self.refuses:
            raise RefusedError(self.refuses)
        if self.slowness:
            self.slowness -= 1
            return False
        self.kept.discard(job_id)
        return True


@dataclass
class FailingArchive:
    """Another archive that fails at one of its calls, counted from 1, as a process that dies there; 0 never does.

    With `after`, the call takes effect before it fails.
    """

    inner: Archive
    fails_at: int = 0
    after: bool = False
    calls: int = 0

    async def put(self, path: str, data: bytes) -> None:
        await self._called(lambda: self.inner.put(path, data))

    async def get(self, path: str) -> bytes | None:
        return await self._called(lambda: self.inner.get(path))

    async def delete(self, path: str) -> None:
        await self._called(lambda: self.inner.delete(path))

    async def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        async def listed() -> list[str]:
            return [path async for path in self.inner.paths(folder, after=after)]

        for path in await self._called(listed):
            yield path

    async def folders(self, folder: str) -> list[str]:
        return await self._called(lambda: self.inner.folders(folder))

    async def _called(self, call: Callable[[], Awaitable[T]]) -> T:
        self.calls += 1
        is_failing = self.calls == self.fails_at
        if is_failing and not self.after:
            raise ARCHIVE_DOWN
        result = await call()
        if is_failing:
            raise ARCHIVE_DOWN
        return result


@dataclass
class Eraser:
    """Runs one execution of the activity after another."""

    archive: Archive
    provider: InMemoryResponses = field(default_factory=InMemoryResponses)
    histories: FakeHistories = field(default_factory=FakeHistories)
    now: datetime = OPENED
    attempt: int = 0

    async def run(self, order: Erasure | None = None) -> Any:
        self.attempt += 1
        env = ActivityEnvironment()
        env.info = replace(env.info, attempt=self.attempt)
        archive = guarded(self.archive)
        activities = ErasureActivities(archive, self.provider, self.histories, clock=lambda: self.now)
        return await env.run(activities.erase_job, order or asked())
