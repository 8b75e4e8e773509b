"""What an exported folder says of itself: every file with its digest, and what is missing and why."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, ValidationError

from signoff.domain.deliverable import Deliverable, Digest
from signoff.domain.holdings import Part
from signoff.domain.integrity import UnsoundError, seal_of, sealed
from signoff.domain.model import Value
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus

MANIFEST: Final = "manifest.json"
APPROVED: Final = "approved.json"
REPORT: Final = "report.html"


class FileEntry(Value):
    """A file of the folder."""

    path: str
    part: Part
    about: str
    sha256: Digest
    size_bytes: int


class Absence(Value):
    """What belongs to the job and is not in the folder."""

    path: str
    part: Part
    about: str
    why: str


class Versions(Value):
    """What wrote the folder, and the version of the record in it."""

    signoff: str
    record: int


class Manifest(Value):
    """An exported folder. `is_open` says that the job had not closed, so that more may have happened to it since."""

    version: Literal[1] = 1
    job_id: str
    status: JobStatus
    is_open: bool
    exported_at: AwareDatetime
    versions: Versions
    files: tuple[FileEntry, ...]
    absent: tuple[Absence, ...] = ()


class Exported(NamedTuple):
    """What a report is made from; `shown` is the approved result, else the last draft, and `body` its response's."""

    record: JobRecord
    at: AwareDatetime
    shown: Deliverable | None = None
    body: bytes | None = None
    files: Sequence[FileEntry] = ()
    absent: Sequence[Absence] = ()


def render_manifest(manifest: Manifest) -> bytes:
    """Render a manifest as the folder holds it: ended by its own digest, as an archived record is."""
    return sealed(manifest.model_dump_json(indent=2).encode())


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        UnsoundError: It was changed, or it is none.
    """
    claimed, found = seal_of(data)
    if not claimed:
        raise UnsoundError(f"{MANIFEST} is not the manifest of an exported job, as its last field shows")
    if claimed != found:
        raise UnsoundError(f"{MANIFEST} has {found} where {claimed} was written: it was changed")
    try:
        return Manifest.model_validate_json(data)
    except ValidationError:
        raise UnsoundError(f"{MANIFEST} is whole, and not for this version to read: upgrade this process") from None
