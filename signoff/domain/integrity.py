"""Telling whether what lies in the archive is still what was put there.

The digests of bodies and deliverables are kept elsewhere: in the record, and in a deliverable's own name. Nothing else
holds the digest of a record, so a record carries its own, as the last field of its JSON.
"""

import json
import re
from typing import Final

from pydantic import ValidationError

from signoff.domain.deliverable import digest_of
from signoff.domain.record import JobRecord

FIELD: Final = "integrity"
"""The field with which the JSON of an archived record ends."""

_END: Final = b"\n}"
_SEAL: Final = re.compile(rb',\n  "integrity": "(sha256:[0-9a-f]{64})"\n\}')
_SEAL_BYTES: Final = 92
_TO_DO: Final = "it was torn or changed, and is not shown; restore it from a copy"


class UnsoundError(Exception):
    """What lies in the archive can't be relied on. The message says why, and what to do."""


def intact(data: bytes, digest: str, path: str) -> bytes:
    """Give the bytes back where they have that digest. Without a digest to hold them against, nothing is claimed.

    Raises:
        UnsoundError: They have another one.
    """
    found = digest_of(data)
    if digest and found != digest:
        raise UnsoundError(f"{path} has {found} where {digest} was kept: {_TO_DO}")
    return data


def render_record(record: JobRecord) -> bytes:
    """Render a record as the archive keeps it: its JSON, ended by the digest of the same JSON without that field."""
    return sealed(record.model_dump_json(indent=2).encode())


def sealed(data: bytes) -> bytes:
    """End a JSON object that is indented by two spaces with its own digest."""
    return data.removesuffix(_END) + f',\n  "{FIELD}": "{digest_of(data)}"'.encode() + _END


def seal_of(data: bytes) -> tuple[str, str]:
    """Give the digest that a sealed object claims, and the one that it has; both are empty where it has no seal."""
    seal = _SEAL.fullmatch(data[-_SEAL_BYTES:])
    return (seal[1].decode(), digest_of(data[:-_SEAL_BYTES] + _END)) if seal else ("", "")


def read_record(data: bytes, path: str) -> JobRecord:
    """Read an archived record. One that has no digest, since an older version wrote it, is read as it is.

    Raises:
        UnsoundError: It was torn or changed, or a newer version wrote it.
    """
    seal = _SEAL.fullmatch(data[-_SEAL_BYTES:])
    if seal is None:
        return _unclaimed(data, path)
    intact(data[:-_SEAL_BYTES] + _END, seal[1].decode(), path)
    try:
        return JobRecord.model_validate_json(data)
    except ValidationError:
        raise UnsoundError(f"{path} is whole, and not for this version to read: upgrade this process") from None


def _unclaimed(data: bytes, path: str) -> JobRecord:
    try:
        has_field = FIELD in json.loads(data)
        record = JobRecord.model_validate_json(data)
    except (ValueError, TypeError, RecursionError):
        raise UnsoundError(f"{path} is no record, but {len(data):,} bytes with {digest_of(data)}: {_TO_DO}") from None
    if has_field:
        raise UnsoundError(f"{path} is not in the form in which it was kept, as its last field shows: {_TO_DO}")
    return record


def body_digest_of(record: JobRecord, attempt: int) -> str:
    """Say which digest the response body of an attempt has; empty where the record does not hold it."""
    return next((one.body_digest for one in record.attempts if one.number == attempt), "")
