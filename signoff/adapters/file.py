"""Delivery into a folder: one file per job, whole or not at all."""

import asyncio
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from signoff.domain.delivery import DeliverySpec, File, Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Parcel


class FileChannel:
    """Writes `<root>/<folder>/<job id>.json`; a repeat lands on the same name with the same bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self, destination: DeliverySpec) -> None:
        """Take every folder: the request's own rules keep it below the root."""
        _folder(destination)

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Write the file through a temporary one beside it, so that no reader ever sees half of it."""
        path = self._root / _folder(parcel.destination) / f"{parcel.job_id}.json"
        try:
            await asyncio.to_thread(_write_whole, path, parcel.data)
        except PermissionError as error:
            raise _fault(path, error, http_status=403) from error
        except OSError as error:
            raise _fault(path, error, http_status=None) from error
        return Receipt(
            channel="file",
            destination=str(path.parent),
            reference=str(path),
            digest=parcel.digest,
            at=datetime.now(UTC),
        )


def _folder(destination: DeliverySpec) -> str:
    if not isinstance(destination, File):
        msg = f"a file channel can't deliver to {destination.channel}"
        raise TypeError(msg)
    return destination.folder


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not `tempfile`, which would leave a file that only the worker's own user may read.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _flush_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _flush_folder(folder: Path) -> None:
    """Make the new name outlive a power failure, as the receipt says that the file is there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fault(path: Path, error: OSError, *, http_status: int | None) -> FaultError:
    """Describe what happened: a missing right is the operator's to fix, anything else may pass."""
    seen = Observation(
        stage=Stage.DELIVER,
        http_status=http_status,
        network=None if http_status else NetworkFault.REFUSED,
        message=f"could not write {path}: {error.strerror}",
    )
    return FaultError(seen)
