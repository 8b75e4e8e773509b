"""Every archive behaves alike: the one in memory, the local folder, and a bucket."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.errors import failure_of
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.domain import layout
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.encryption import KeyRing, new_entry
from signoff.ports import Archive, BufferArchive, PiecesArchive
from tests.contract.buckets import a_bucket, name_endpoint, serving_buckets

LARGE = 20_000_000
ODD_JOB_IDS = ("a", "0", "a..b", "A.json", "a-", "a_", "a" * 128, "record.json", "jobs")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving_buckets() as url:
        yield url


@pytest.fixture(params=["memory", "folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    name_endpoint(monkeypatch, endpoint)
    urls = {
        "memory": "memory:",
        "folder": f"file:{tmp_path / 'not made yet' / 'archive'}",
        "bucket": f"s3://{a_bucket(endpoint)}/a/prefix",
    }
    return urls[str(request.param)]


@pytest.fixture
def archive(url: str) -> ObjectArchive:
    return open_archive(url)


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
    data = b"0123456789" * (LARGE // 10)
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


async def test_the_same_write_again_changes_nothing(archive: Archive) -> None:
    for _ in range(3):
        await archive.put("jobs/a/record.json", b"{}")
    assert await archive.get("jobs/a/record.json") == b"{}"


async def test_an_object_that_is_deleted_is_missing_and_deleting_it_again_is_fine(archive: ObjectArchive) -> None:
    await archive.put("doctor/probe", b"{}")
    await archive.delete("doctor/probe")
    await archive.delete("doctor/probe")
    assert await archive.get("doctor/probe") is None


async def test_the_objects_of_a_folder_are_listed_and_no_others(archive: Archive) -> None:
    within = [f"jobs/a/attempts/{number}/response.json" for number in range(1, 61)]
    for path in (*within, "jobs/ab/record.json", "jobs/a.json"):
        await archive.put(path, b"{}")
    assert sorted([path async for path in archive.paths("jobs/a")]) == sorted(within)
    assert [path async for path in archive.paths("jobs/nothing")] == []


async def test_a_list_goes_on_after_a_path(archive: Archive) -> None:
    for number in range(9):
        await archive.put(f"jobs/a/{number}", b"{}")
    assert sorted([path async for path in archive.paths("jobs/a", after="jobs/a/6")]) == ["jobs/a/7", "jobs/a/8"]


async def test_the_folders_right_below_a_folder_are_named_in_order(archive: Archive) -> None:
    for path in ("jobs/b/record.json", "jobs/a/attempts/1/response.json", "jobs/c.json", "job/d/record.json"):
        await archive.put(path, b"{}")
    assert await archive.folders("jobs") == ["a", "b"]
    assert await archive.folders("nothing") == []


async def test_a_folder_whose_objects_were_deleted_is_named_no_more(archive: Archive) -> None:
    for path in ("closed/entries/a/one.json", "closed/entries/b/one.json"):
        await archive.put(path, b"{}")
    await archive.delete("closed/entries/a/one.json")
    assert await archive.folders("closed/entries") == ["b"]


async def test_an_archive_opened_anew_holds_what_was_put_unless_it_is_in_memory(url: str) -> None:
    await open_archive(url).put("jobs/a/record.json", b"{}")
    assert await open_archive(url).get("jobs/a/record.json") == (None if url == "memory:" else b"{}")


async def test_prefixes_of_one_bucket_share_nothing(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name_endpoint(monkeypatch, endpoint)
    bucket = a_bucket(endpoint)
    first, second = (open_archive(f"s3://{bucket}/{prefix}") for prefix in ("a", "a/b"))
    await first.put("jobs/a/record.json", b"first")
    assert await second.get("jobs/a/record.json") is None
    await second.put("jobs/a/record.json", b"second")
    assert await first.get("jobs/a/record.json") == b"first"
    assert await open_archive(f"s3://{bucket}").get("a/b/jobs/a/record.json") == b"second"


WRITING = """
import asyncio, sys
from signoff.adapters.archive import open_archive

async def write(url, size):
    archive = open_archive(url)
    while True:
        await archive.put("jobs/a/record.json", b"2" * size)
        print("written", flush=True)

asyncio.run(write(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("writes", [0, 1, 3])
def test_a_writer_that_is_killed_leaves_the_old_object_or_the_new_one(tmp_path: Path, writes: int) -> None:
    url, old = f"file:{tmp_path}", b"1" * 1_000
    asyncio.run(open_archive(url).put("jobs/a/record.json", old))
    command = [sys.executable, "-c", WRITING, url, str(LARGE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        try:
            for _ in range(writes):
                writer.stdout.readline()
            while not list(tmp_path.rglob("record.json#*")):  # a write is under way
                assert writer.poll() is None
        finally:
            writer.send_signal(signal.SIGKILL)
    assert asyncio.run(open_archive(url).get("jobs/a/record.json")) in {old, b"2" * LARGE}


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


async def test_a_large_object_in_pieces_is_read_back_in_one(archive: ObjectArchive) -> None:
    pieces = [bytes([number]) * 1_000_000 for number in range(12)]
    await archive.put_pieces("jobs/a/record.json", iter(pieces), 12_000_000)
    assert await archive.get("jobs/a/record.json") == b"".join(pieces)


async def test_pieces_that_break_off_leave_what_was_there(archive: ObjectArchive) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(7_000_000)
        raise ValueError("broken off")

    await archive.put("jobs/a/record.json", b"before")
    with pytest.raises(ValueError, match="broken off"):
        await archive.put_pieces("jobs/a/record.json", broken(), 8_000_000)
    assert await archive.get("jobs/a/record.json") == b"before"


def test_it_takes_pieces_and_gives_its_buffer(archive: ObjectArchive) -> None:
    assert isinstance(archive, PiecesArchive)
    assert isinstance(archive, BufferArchive)
    assert isinstance(EncryptedArchive(archive, KeyRing({})), PiecesArchive)


@pytest.mark.parametrize("keys", [[], [new_entry("key")]])
async def test_what_was_encrypted_in_pieces_is_decrypted_in_one(archive: ObjectArchive, keys: list[str]) -> None:
    encrypted = EncryptedArchive(archive, KeyRing.parse(keys))
    pieces = [bytes([number]) * 1_000_000 for number in range(3)]
    await encrypted.put_pieces("jobs/a/record.json", iter(pieces), 3_000_000)
    assert await encrypted.get("jobs/a/record.json") == b"".join(pieces)
    await encrypted.put("jobs/a/record.json", b"".join(pieces))
    assert await encrypted.get("jobs/a/record.json") == b"".join(pieces)


async def test_an_object_is_replaced_while_it_is_what_was_read(archive: ObjectArchive) -> None:
    await archive.put("jobs/a/record.json", b"old")
    assert await archive.replace("jobs/a/record.json", b"old", b"new")
    assert await archive.get("jobs/a/record.json") == b"new"


async def test_an_object_that_has_changed_is_not_replaced(archive: ObjectArchive) -> None:
    await archive.put("jobs/a/record.json", b"newer")
    assert not await archive.replace("jobs/a/record.json", b"old", b"new")
    assert await archive.get("jobs/a/record.json") == b"newer"


async def test_an_object_that_was_removed_does_not_come_back(archive: ObjectArchive) -> None:
    assert not await archive.replace("jobs/a/record.json", b"old", b"new")
    assert await archive.get("jobs/a/record.json") is None


async def test_everything_is_listed_without_a_folder(archive: ObjectArchive) -> None:
    for path in ("jobs/a/record.json", "other/b"):
        await archive.put(path, b"1")
    assert sorted([path async for path in archive.paths("")]) == ["jobs/a/record.json", "other/b"]
