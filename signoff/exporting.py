"""Exporting a job: everything that is kept of it as a folder, which needs no Temporal and none of this to be read."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.errors import BadRequestError, RefusedError
from signoff.domain.handover import arrived
from signoff.domain.holdings import RECORD, Holding, Part, approved_draft, drafts_of, holdings, is_plain_path
from signoff.domain.integrity import UnsoundError, intact, render_record
from signoff.domain.layout import body_path
from signoff.domain.manifest import (
    APPROVED,
    MANIFEST,
    REPORT,
    Absence,
    Exported,
    FileEntry,
    Manifest,
    Versions,
    read_manifest,
    render_manifest,
)
from signoff.domain.record import JobRecord
from signoff.reading import JobReader
from signoff.verifying import read_found

Report = Callable[[Exported], str]
"""Makes the report; `signoff.showing.report.render_report` is one, and needs the extra `gateway`."""

_GONE: Final = "the archive does not hold it: it was never kept, was erased, or expired"
_NO_PATH: Final = "its name can't be the name of a file"


@dataclass(frozen=True)
class Wish:
    """What an export is to be.

    `without_unsound` leaves out what was torn or changed, and says so in the manifest; otherwise such an object
    refuses the export. Without `report` there is none.
    """

    at: datetime
    report: Report | None = None
    without_unsound: bool = False


async def export_job(jobs: JobReader, job_id: str, folder: Path, wish: Wish) -> Manifest:
    """Write a job as a folder, whole or not at all, and give its manifest.

    An earlier export of the same job is replaced. The record of a job that is open is the one of this moment. A job
    in the archive needs no Temporal.

    Raises:
        BadRequestError: The folder can't be written, or holds something else.
        RefusedError: An object was torn or changed.
        NoSuchJobError: Neither Temporal nor the archive knows the job.
        UnreachableError: The archive did not answer; or Temporal did not, and the job is not in the archive.
    """
    target = await asyncio.to_thread(_checked, folder, job_id)
    record = await jobs.record(job_id)
    # What was archived stays as it is, byte for byte.
    data = await jobs.kept(job_id, RECORD) or render_record(record)
    making = await asyncio.to_thread(_made_beside, target)
    try:
        content = _Content(making)
        await content.add(RECORD, Part.RECORD, "the record", data)
        await _fill(content, jobs, record, wish)
        manifest = _manifest(record, content, wish)
        await content.add_unlisted(MANIFEST, render_manifest(manifest))
        await asyncio.to_thread(_put_in_place, making, target)
    finally:
        await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)
    return manifest


@dataclass
class _Content:
    """A folder in the making."""

    folder: Path
    files: list[FileEntry] = field(default_factory=list)
    absent: list[Absence] = field(default_factory=list)

    async def add(self, path: str, part: Part, about: str, data: bytes) -> None:
        await self.add_unlisted(path, data)
        entry = FileEntry(path=path, part=part, about=about, sha256=digest_of(data), size_bytes=len(data))
        self.files.append(entry)

    async def add_unlisted(self, path: str, data: bytes) -> None:
        await asyncio.to_thread(_write, self.folder / path, data)

    def miss(self, holding: Holding, why: str) -> None:
        about = Absence(path=holding.path, part=holding.part, about=holding.about, why=why)
        self.absent.append(about)


async def _fill(content: _Content, jobs: JobReader, record: JobRecord, wish: Wish) -> None:
    for holding in holdings(record):
        await _add_holding(content, jobs, record.job_id, holding, wish)
    approved = approved_draft(record)
    if approved and (data := await _of_draft(jobs, record.job_id, approved.digest)):
        told = f"what was approved{_delivered(record)}, byte for byte"
        await content.add(APPROVED, Part.APPROVED, told, data)
    if wish.report:
        exported = await _exported(content, jobs, record, wish)
        html = await asyncio.to_thread(wish.report, exported)
        await content.add(REPORT, Part.REPORT, "the same for people, as one page", html.encode(errors="replace"))


def _delivered(record: JobRecord) -> str:
    if record.is_delivered:
        return " and delivered"
    return f" and delivered in part ({arrived(record.handovers)})" if record.receipts else ""


async def _add_holding(content: _Content, jobs: JobReader, job_id: str, holding: Holding, wish: Wish) -> None:
    if not is_plain_path(holding.path):
        content.miss(holding, _NO_PATH)
        return
    data = await jobs.kept(job_id, holding.path)
    if data is None:
        if holding.is_owed:
            content.miss(holding, _GONE)
        return
    try:
        intact(data, holding.digest, f"jobs/{job_id}/{holding.path}")
    except UnsoundError as error:
        if not wish.without_unsound:
            raise RefusedError(f"{error}; or leave it out: --without-unsound") from error
        content.miss(holding, str(error))
    else:
        await content.add(holding.path, holding.part, holding.about, data)


async def _exported(content: _Content, jobs: JobReader, record: JobRecord, wish: Wish) -> Exported:
    shown = approved_draft(record) or next(reversed(drafts_of(record)), None)
    data = await _of_draft(jobs, record.job_id, shown.digest) if shown else None
    attempt = shown.attempt if shown else len(record.attempts)
    path = body_path(record.job_id, attempt).removeprefix(f"jobs/{record.job_id}/")
    has_body = any(entry.path == path for entry in content.files)
    return Exported(
        record=record,
        at=wish.at,
        shown=Deliverable.model_validate_json(data) if data else None,
        body=await asyncio.to_thread((content.folder / path).read_bytes) if has_body else None,
        files=tuple(content.files),
        absent=tuple(content.absent),
    )


async def _of_draft(jobs: JobReader, job_id: str, digest: str) -> bytes | None:
    """Read a draft; nothing where it is not what its name says, which is told of already."""
    data = await jobs.kept(job_id, f"deliverables/{digest.removeprefix('sha256:')}.json")
    return data if data is not None and digest_of(data) == digest else None


def _manifest(record: JobRecord, content: _Content, wish: Wish) -> Manifest:
    return Manifest(
        job_id=record.job_id,
        status=record.status,
        is_open=not record.is_closed,
        exported_at=wish.at,
        versions=Versions(signoff=metadata.version("signoff"), record=record.version),
        files=tuple(content.files),
        absent=tuple(content.absent),
    )


def _checked(folder: Path, job_id: str) -> Path:
    """Refuse a folder that holds anything but an earlier export of the same job; links to folders are followed."""
    target = folder.resolve()
    if not target.exists():
        return target
    if not target.is_dir():
        raise BadRequestError(f"{folder} is a file; name a folder that is new or empty")
    if any(target.iterdir()) and (problem := _unlike_export(target, job_id)):
        raise BadRequestError(f"{folder} is not empty, and {problem}; name a folder that is new or empty")
    return target


def _unlike_export(target: Path, job_id: str) -> str:
    """Say why what lies there must not be replaced; empty where it is an earlier export of this job."""
    try:
        manifest = read_manifest((target / MANIFEST).read_bytes())
    except (OSError, UnsoundError):
        return "not an export of this job"
    if manifest.job_id != job_id:
        return f"an export of {manifest.job_id}"
    others = set(read_found(target)) - {MANIFEST, *(entry.path for entry in manifest.files)}
    return f"{min(others)} in it was not exported" if others else ""


def _made_beside(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise BadRequestError(f"{target} can't be written: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise BadRequestError(f"{path.parent} can't be written: {error.strerror}") from error


def _put_in_place(making: Path, target: Path) -> None:
    """Move the whole folder to its place; what was there goes once the new one is there."""
    try:
        if not target.exists():
            making.rename(target)
            return
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)) / "old"
        target.rename(old)
        try:
            making.rename(target)
        except OSError:
            old.rename(target)
            raise
        shutil.rmtree(old.parent, ignore_errors=True)
    except OSError as error:
        raise BadRequestError(f"{target} can't be written: {error.strerror}") from error
