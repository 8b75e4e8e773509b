"""Verifying a job: everything that is kept of it, hashed again, in the archive or in an exported folder."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from signoff.domain.errors import BadRequestError, DamagedError, UnreachableError
from signoff.domain.holdings import RECORD, holdings, is_plain_path
from signoff.domain.integrity import UnsoundError, read_record, seal_of
from signoff.domain.manifest import MANIFEST, Manifest, read_manifest
from signoff.domain.record import JobRecord
from signoff.domain.verification import (
    Check,
    Found,
    State,
    of_files,
    of_holding,
    of_kept_record,
    of_record,
    of_request,
)
from signoff.reading import JobReader

Read = Callable[[str], Awaitable[bytes | None]]
"""Reads what lies at a path below the folder of a job."""

_PIECE_BYTES: Final = 1 << 20


async def verify_job(jobs: JobReader, job_id: str) -> list[Check]:
    """Hash everything again that the archive keeps of a job, and check that its record agrees with itself.

    An open job is checked as far as it got. Without Temporal all but the digest of the request is checked.

    Raises:
        NoSuchJobError: Neither Temporal nor the archive knows it.
        UnreachableError: The archive did not answer; or Temporal did not, and the job is not in the archive.
    """
    try:
        data = await jobs.kept(job_id, RECORD)
    except DamagedError as error:
        return [Check(RECORD, State.DIFFERS, str(error))]
    if data is None:
        record: JobRecord | None = await jobs.record(job_id)
        first = _without_kept(record)
    else:
        first, record = of_kept_record(data)
    if record is None:
        return [first]
    checks = [first, await _request(jobs, record), *of_record(record)]
    return checks + [check async for check in _kept(record, lambda path: jobs.kept(job_id, path))]


async def verify_folder(folder: Path) -> list[Check]:
    """Hash an exported folder again, file by file, and check that the record in it agrees with itself and with them.

    Neither Temporal nor the archive is asked.

    Raises:
        BadRequestError: It is no exported folder.
    """
    return await asyncio.to_thread(_checked_manifest, folder) + await _checked_content(folder)


def read_found(folder: Path) -> dict[str, Found]:
    """Hash every file of a folder. A link is a file that no manifest lists: what it leads to is not read."""
    found: dict[str, Found] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            found[path.relative_to(folder).as_posix()] = _found(path)
    return found


def _found(path: Path) -> Found:
    if path.is_symlink() or not path.is_file():
        return Found("", 0)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return Found(f"sha256:{digest.hexdigest()}", size)


def _checked_manifest(folder: Path) -> list[Check]:
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise BadRequestError(f"{folder} is no exported job: it has no {MANIFEST}; `signoff export JOB` writes one")
    data = path.read_bytes()
    try:
        manifest = read_manifest(data)
    except UnsoundError as error:
        return [Check(MANIFEST, State.DIFFERS, str(error))]
    first = Check(MANIFEST, State.OK, seal_of(data)[0])
    return [first, *of_files(manifest, read_found(folder)), *_agreeing(manifest, folder)]


def _agreeing(manifest: Manifest, folder: Path) -> list[Check]:
    """Check that the manifest is of the job whose record lies beside it."""
    try:
        record = read_record(_read(folder / RECORD) or b"", RECORD)
    except UnsoundError:
        return []  # told where the record itself is checked
    told = (manifest.job_id, manifest.status, manifest.is_open)
    if told == (record.job_id, record.status, not record.is_closed):
        return []
    return [Check(MANIFEST, State.DIFFERS, f"it is of {told[0]}, {told[1]}; the record of {record.job_id}")]


async def _checked_content(folder: Path) -> list[Check]:
    async def read(path: str) -> bytes | None:
        return await asyncio.to_thread(_read, folder / path)

    data = await read(RECORD)
    if data is None:
        return []
    first, record = of_kept_record(data)
    if record is None:
        return [first]
    checks = [of_request(record, None, "only Temporal has the request that the job began with"), *of_record(record)]
    found = [check async for check in _kept(record, read)]
    # What nobody keeps a digest of is in the manifest, and what is absent from the archive too.
    return [first, *checks, *(one for one in found if one.state in {State.OK, State.DIFFERS})]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _without_kept(record: JobRecord | None) -> Check:
    if record is not None and record.is_closed:
        return Check(RECORD, State.ABSENT, "the job is closed, and Temporal alone still has its record")
    return Check(RECORD, State.NOT_CHECKABLE, "the job is open: its record is in Temporal until it closes")


async def _request(jobs: JobReader, record: JobRecord) -> Check:
    try:
        return of_request(record, await jobs.submitted_digest(record.job_id))
    except UnreachableError:
        return of_request(record, None, "Temporal was not asked, or did not answer")


async def _kept(record: JobRecord, read: Read) -> AsyncIterator[Check]:
    for holding in holdings(record):
        if not is_plain_path(holding.path):
            yield Check(holding.path, State.NOT_CHECKABLE, f"{holding.about}: its name can't be the name of a file")
            continue
        try:
            check = of_holding(holding, await read(holding.path), record.job_id)
        except DamagedError as error:
            check = Check(holding.path, State.DIFFERS, f"{holding.about}: {error}")
        if check is not None:
            yield check
