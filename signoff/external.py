"""Temporal's payloads that are too large for a history, kept in the archive; the history holds a reference.

Payloads come here as the codec left them, so they lie in the archive encrypted where histories are. A reference names
the job and a digest, and no content.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
)

from signoff.domain.errors import FaultError, SignoffError
from signoff.domain.job import is_job_id
from signoff.domain.layout import payload_path
from signoff.domain.parameters import INLINE_LIMIT_BYTES, REQUEST_LIMIT_BYTES
from signoff.ports import Archive

DRIVER: Final = "signoff-archive"
"""The name of the driver. References in histories hold it, so it never changes."""

THRESHOLD_BYTES: Final = INLINE_LIMIT_BYTES + 65_536
"""What is at least as large leaves the history. A request that is inline stays so with what a message adds to it."""

LIMIT_BYTES: Final = REQUEST_LIMIT_BYTES + 1_048_576
_AT_ONCE_BYTES: Final = 262_144
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class PayloadError(SignoffError):
    """A payload can't be kept in the archive, or not be had from it. The message says what to do.

    Temporal repeats the task that met it, so the job goes on once that is done. Temporal hands the name of this class
    on as a failure's type (`signoff.domain.names.UNRETRIEVED`).
    """


class ArchiveDriver(StorageDriver):
    """Keeps each payload in the folder of its job, under its digest. To keep it again changes nothing."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def name(self) -> str:
        """Give the name that references hold."""
        return DRIVER

    def type(self) -> str:
        """Give the name of this kind of driver, for people who look at a worker."""
        return DRIVER

    async def store(self, context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        """Put payloads into the archive, one after another.

        Raises:
            PayloadError: One is too large, or the archive failed.
        """
        return [await self._kept(context, payload) for payload in payloads]

    async def retrieve(
        self,
        context: StorageDriverRetrieveContext,  # noqa: ARG002  the driver's signature
        claims: Sequence[StorageDriverClaim],
    ) -> list[Payload]:
        """Get payloads from the archive, one after another.

        Raises:
            PayloadError: One is not there, or is not what was put there, or the archive failed.
        """
        return [await self._found(claim.claim_data) for claim in claims]

    async def _kept(self, context: StorageDriverStoreContext, payload: Payload) -> StorageDriverClaim:
        data = payload.SerializeToString(deterministic=True)
        if len(data) > LIMIT_BYTES:
            raise PayloadError(f"a payload has {len(data):,} bytes, at most {LIMIT_BYTES:,} are kept outside a history")
        digest = await _digest(data)
        job_id = _job_of(context)
        path = payload_path(job_id, digest)
        try:
            await self._archive.put(path, data)
        except FaultError as error:
            raise PayloadError(f"{self._archive} does not take the payload {path}: {error}") from error
        return StorageDriverClaim({"job_id": job_id, "sha256": digest})

    async def _found(self, claim: Mapping[str, str]) -> Payload:
        job_id, digest = claim.get("job_id", ""), claim.get("sha256", "")
        if not is_job_id(job_id) or not _HEX.fullmatch(digest):
            raise PayloadError("the history holds a reference that is none of ours; did another program write it?")
        path = payload_path(job_id, digest)
        try:
            data = await self._archive.get(path)
        except FaultError as error:
            raise PayloadError(f"{self._archive} does not give the payload {path}: {error}") from error
        if data is None:
            told = f"{self._archive} lacks {path}, which the history refers to"
            raise PayloadError(f"{told}; restore it from a copy, or name the archive that the job was started with")
        if await _digest(data) != digest:
            told = f"{path} in {self._archive} was torn or changed"
            raise PayloadError(f"{told}; restore it from a copy")
        try:
            return Payload.FromString(data)
        except DecodeError as error:
            raise PayloadError(f"{path} in {self._archive} holds no payload") from error


def external_storage(archive: Archive) -> ExternalStorage:
    """Make what keeps large payloads in an archive, which is the one that the workers use.

    Give the archive as it lies in the store, not one that encrypts: payloads are encrypted before they come here.
    """
    return ExternalStorage(drivers=[ArchiveDriver(archive)], payload_size_threshold=THRESHOLD_BYTES)


def _job_of(context: StorageDriverStoreContext) -> str:
    """Say whose payload it is: whoever erases the job finds it in the job's folder.

    Raises:
        PayloadError: It is of no job, so nobody would.
    """
    target = context.target
    if isinstance(target, StorageDriverWorkflowInfo) and target.id and is_job_id(target.id):
        return target.id
    raise PayloadError(f"only payloads of jobs are kept outside of histories; send at most {THRESHOLD_BYTES:,} bytes")


async def _digest(data: bytes) -> str:
    if len(data) > _AT_ONCE_BYTES:
        return (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
    return hashlib.sha256(data).hexdigest()
