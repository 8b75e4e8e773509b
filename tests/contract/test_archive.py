"""Every archive behaves alike: the one in memory and the local folder."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.errors import failure_of
from signoff.adapters.archive import open_archive
from signoff.domain import layout
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.ports import Archive

LARGE = 12_000_000
ODD_JOB_IDS = ("a", "0", "a..b", "A.json", "a-", "a_", "a" * 128, "record.json", "jobs")
URLS: dict[str, Callable[[Path], str]] = {
    "memory": lambda _: "memory:",
    "folder": lambda folder: f"file:{folder / 'not made yet' / 'archive'}",
}


@pytest.fixture(params=URLS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return open_archive(URLS[request.param](tmp_path))


async def test_an_object_is_read_back_byte_for_byte(archive: Archive) -> None:
    data = bytes(range(256))
    await archive.put("jobs/a/record.json", data)
    assert await archive.get("jobs/a/record.json") == data


async def test_a_missing_object_is_none(archive: Archive) -> None:
    assert await archive.get("jobs/a/record.json") is None


async def test_a_folder_of_objects_is_no_object(archive: Archive) -> None:
    await archive.put("jobs/a/record.json", b"{}")
    assert await archive.get("jobs/a") is None


async def test_the_same_path_again_replaces_the_object(archive: Archive) -> None:
    await archive.put("jobs/a/record.json", b"a longer first version")
    await archive.put("jobs/a/record.json", b"second")
    assert await archive.get("jobs/a/record.json") == b"second"


async def test_an_empty_object_is_not_a_missing_one(archive: Archive) -> None:
    await archive.put("jobs/a/record.json", b"")
    assert await archive.get("jobs/a/record.json") == b""


async def test_every_permitted_job_id_has_a_place_of_its_own(archive: Archive) -> None:
    places = [
        place(job_id)
        for job_id in ODD_JOB_IDS
        for place in (layout.record_path, lambda job_id: layout.body_path(job_id, 1))
    ]
    for path in places:
        await archive.put(path, path.encode())
    assert [await archive.get(path) for path in places] == [path.encode() for path in places]


async def test_a_large_object_is_kept_whole(archive: Archive) -> None:
    data = b"0123456789ab" * (LARGE // 12)
    await archive.put("jobs/a/attempts/1/response.json", data)
    assert await archive.get("jobs/a/attempts/1/response.json") == data


async def test_concurrent_writes_of_one_path_leave_one_of_them_whole(archive: Archive) -> None:
    versions = [bytes([number]) * 100_000 for number in range(20)]
    await asyncio.gather(*(archive.put("jobs/a/record.json", version) for version in versions))
    assert await archive.get("jobs/a/record.json") in versions


async def test_a_reader_during_writes_sees_a_whole_object(archive: Archive) -> None:
    versions = [bytes([number]) * 100_000 for number in range(20)]
    await archive.put("jobs/a/record.json", versions[0])
    writes = asyncio.gather(*(archive.put("jobs/a/record.json", version) for version in versions))
    seen = [await archive.get("jobs/a/record.json") for _ in range(20)]
    await writes
    assert all(one in versions for one in seen)


async def test_an_archive_that_fails_is_a_fault_of_the_archive_that_may_pass(tmp_path: Path) -> None:
    archive = open_archive(f"file:{tmp_path}")
    (tmp_path / "jobs").write_text("a file where a folder must be")  # root may write anywhere, but not below a file
    for call in (archive.put("jobs/a/record.json", b"{}"), archive.get("jobs/a/record.json")):
        with pytest.raises(FaultError, match=r"the archive failed at jobs/a/record\.json") as raised:
            await call
        failure = failure_of(raised.value, datetime.now(UTC))
        assert (failure.stage, failure.failure_class) == (Stage.ARCHIVE, FailureClass.TRANSIENT)
        assert "\n" not in failure.message


async def test_a_folder_that_was_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    archive = open_archive(f"file:{tmp_path / 'archive'}")
    (tmp_path / "archive").rmdir()
    await archive.put("jobs/a/record.json", b"{}")
    assert await archive.get("jobs/a/record.json") == b"{}"
