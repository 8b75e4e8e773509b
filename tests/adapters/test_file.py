"""Delivery into a folder."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from activities.errors import failure_of
from signoff.adapters.file import FileChannel
from signoff.domain.deliverable import digest_of
from signoff.domain.delivery import DeliverySpec, File, Release
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.ports import Parcel


def parcel(data: bytes = b"{}", job_id: str = "job-1", destination: DeliverySpec | None = None) -> Parcel:
    return Parcel(job_id=job_id, digest=digest_of(data), data=data, destination=destination or File())


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def failure_class_of(channel: FileChannel, sent: Parcel) -> FailureClass:
    with pytest.raises(FaultError) as raised:
        await channel.deliver(sent)
    return failure_of(raised.value, datetime.now(UTC)).failure_class


async def test_the_file_lies_in_the_folder_under_the_name_of_the_job(tmp_path: Path) -> None:
    receipt = await FileChannel(tmp_path).deliver(parcel(b"[1]", destination=File(folder="a/b")))
    assert files_in(tmp_path) == {"a/b/job-1.json": b"[1]"}
    assert receipt.reference == str(tmp_path / "a/b/job-1.json")


async def test_a_later_delivery_of_the_same_job_replaces_the_file_whole(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    await channel.deliver(parcel(b"a longer first version"))
    await channel.deliver(parcel(b"second"))
    assert files_in(tmp_path) == {"approved/job-1.json": b"second"}


async def test_jobs_do_not_share_a_name(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    for job_id in ("a", "a.json", "A"):
        await channel.deliver(parcel(job_id.encode(), job_id=job_id))
    assert sorted(files_in(tmp_path).values()) == [b"A", b"a", b"a.json"]


async def test_others_may_read_the_file_as_the_umask_says(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        await FileChannel(tmp_path).deliver(parcel())
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "approved/job-1.json").stat().st_mode) == 0o644


@pytest.mark.parametrize("broken", ["fsync", "write"])
async def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    channel = FileChannel(tmp_path)
    await channel.deliver(parcel(b"old"))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if broken == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    assert await failure_class_of(channel, parcel(b"new")) is FailureClass.TRANSIENT
    assert files_in(tmp_path) == {"approved/job-1.json": b"old"}


async def test_a_folder_that_cannot_be_made_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "approved").write_text("a file where the folder must be")
    assert await failure_class_of(FileChannel(tmp_path), parcel()) is FailureClass.TRANSIENT


async def test_a_missing_right_is_the_operators_to_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere, so the refusal of the system is played."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert await failure_class_of(FileChannel(tmp_path), parcel()) is FailureClass.CONFIGURATION


async def test_the_content_is_not_in_what_is_told_of_a_failure(tmp_path: Path) -> None:
    (tmp_path / "approved").write_text("in the way")
    with pytest.raises(FaultError) as raised:
        await FileChannel(tmp_path).deliver(parcel(b"the secret plan"))
    assert "secret plan" not in raised.value.seen.model_dump_json()


@pytest.mark.parametrize(
    "folder",
    ["..", "../a", "a/..", "a/../b", "/a", "a//b", "a/", "", ".", "./a", ".a", "a\\b", "~", "a\n", "a\0", "a b"],
)
def test_a_folder_outside_of_the_root_or_hidden_in_it_cannot_be_named(folder: str) -> None:
    with pytest.raises(ValidationError):
        File(folder=folder)


async def test_a_parcel_for_another_channel_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="can't deliver to release"):
        await FileChannel(tmp_path).deliver(parcel(destination=Release()))
