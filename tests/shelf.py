"""Jobs in an archive in memory, made with the domain's own functions, and a client that reads them without a server."""

from dataclasses import dataclass, field
from typing import NoReturn

from temporalio.client import Client

from signoff.adapters.archive import open_archive
from signoff.domain import layout
from signoff.domain.attempt import Stray
from signoff.domain.deliverable import canonical_json, digest_of
from signoff.domain.errors import NoSuchJobError, UnreachableError
from signoff.domain.integrity import render_record
from signoff.domain.record import JobRecord
from signoff.domain.status import ResponseStatus
from signoff.ports import Archive
from signoff.reading import JobReader
from tests.starter.fake import FakeJobs

BODY = (
    b'{"id": "resp_1",  "status": "completed", "output": [{"type": "reasoning", "summary": [{"text": "Two ways."}]}]}'
)
NOBODY = "127.0.0.1:9"


class ShelfReader(JobReader):
    """Reads archived jobs; of open ones it knows the records that Temporal would have told."""

    def __init__(self, temporal: Client, shelf: "Shelf") -> None:
        super().__init__(temporal, shelf.archive)
        self._shelf = shelf

    async def record(self, job_id: str) -> JobRecord:
        archived = await self._archived(job_id)
        if archived is None and job_id not in self._shelf.live:
            raise NoSuchJobError(f"there is no job {job_id}")
        return archived or self._shelf.live[job_id]

    async def submitted_digest(self, job_id: str) -> str | None:
        if self._shelf.submitted is None:
            raise UnreachableError(f"nobody answered about {job_id}")
        return self._shelf.submitted

    def _handle(self, job_id: str) -> NoReturn:
        raise UnreachableError(f"nobody answered about {job_id}")


@dataclass
class Shelf:
    """An archive, and jobs that are put into it whole. `submitted` is the digest that Temporal tells, if it answers."""

    archive: Archive = field(default_factory=lambda: open_archive("memory:"))
    live: dict[str, JobRecord] = field(default_factory=dict)
    submitted: str | None = None

    async def reader(self) -> ShelfReader:
        return ShelfReader(await Client.connect(NOBODY, lazy=True), self)

    async def keep(self, jobs: FakeJobs, job_id: str) -> JobRecord:
        """Put everything of a job there; the record of an open one stays with Temporal."""
        record = with_bodies(jobs.records[job_id])
        for attempt in record.attempts:
            await self.put(job_id, f"attempts/{attempt.number}/request.json", canonical_json({"model": "m"}))
            await self.put(job_id, f"attempts/{attempt.number}/response.json", BODY)
        for (owner, digest), draft in jobs.archive.items():
            if owner == job_id:
                await self.archive.put(layout.deliverable_path(job_id, digest), draft.canonical())
        await self.keep_record(record)
        return record

    async def keep_record(self, record: JobRecord) -> None:
        if record.is_closed:
            await self.put(record.job_id, "record.json", render_record(record))
        else:
            self.live[record.job_id] = record

    async def put(self, job_id: str, path: str, data: bytes) -> None:
        await self.archive.put(f"jobs/{job_id}/{path}", data)

    async def lose(self, job_id: str, path: str) -> None:
        await self.archive.delete(f"jobs/{job_id}/{path}")


def with_bodies(record: JobRecord) -> JobRecord:
    attempts = tuple(one.model_copy(update={"body_digest": digest_of(BODY)}) for one in record.attempts)
    return record.model_copy(update={"attempts": attempts})


def with_stray(record: JobRecord, response_id: str) -> JobRecord:
    stray = Stray(response_id=response_id, attempt=1, found_at=record.opened_at, status=ResponseStatus.COMPLETED)
    return record.model_copy(update={"strays": (stray,)})
