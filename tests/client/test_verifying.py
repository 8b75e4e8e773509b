"""Verifying a job in the archive or in a folder: whatever was changed is found."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.domain.deliverable import digest_of
from signoff.domain.errors import BadRequestError, UnreachableError
from signoff.domain.manifest import read_manifest, render_manifest
from signoff.domain.verification import Check, State, is_sound
from signoff.encryption import KeyRing
from signoff.exporting import Wish, export_job
from signoff.showing.report import render_report
from signoff.verifying import verify_folder, verify_job
from tests.shelf import BODY, Shelf, with_stray
from tests.starter.fake import FakeJobs

KEY = f"first={'A' * 43}="


async def a_shelf() -> Shelf:
    shelf, jobs = Shelf(), FakeJobs()
    jobs.add_completed("brief-1")
    await shelf.keep(jobs, "brief-1")
    return shelf


def in_state(checks: list[Check], state: State) -> list[str]:
    return [check.what for check in checks if check.state is state]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An export that each test leaves as it found it."""
    out = tmp_path_factory.mktemp("exports") / "out"

    async def export() -> None:
        wish = Wish(at=datetime(2026, 5, 2, tzinfo=UTC), report=render_report)
        await export_job(await (await a_shelf()).reader(), "brief-1", out, wish)

    asyncio.run(export())
    yield out
    assert is_sound(asyncio.run(verify_folder(out)))


def test_an_export_is_sound(folder: Path) -> None:
    assert is_sound(asyncio.run(verify_folder(folder)))


@given(data=st.data())
def test_a_changed_byte_of_any_file_is_found(folder: Path, data: st.DataObject) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    ends = list(accumulate(path.stat().st_size for path in files))
    place = data.draw(st.integers(0, ends[-1] - 1))
    number = next(number for number, end in enumerate(ends) if place < end)
    path, whole = files[number], files[number].read_bytes()
    within = place - (ends[number] - len(whole))
    flip = data.draw(st.integers(1, 255))
    path.write_bytes(whole[:within] + bytes([whole[within] ^ flip]) + whole[within + 1 :])
    try:
        checks = asyncio.run(verify_folder(folder))
    finally:
        path.write_bytes(whole)
    assert path.relative_to(folder).as_posix() in in_state(checks, State.DIFFERS)


def test_a_missing_and_an_added_file_are_found(folder: Path) -> None:
    path = folder / "attempts/1/request.json"
    whole, link = path.read_bytes(), folder / "strays.json"
    path.unlink()
    link.symlink_to("/etc/hostname")
    try:
        checks = asyncio.run(verify_folder(folder))
    finally:
        path.write_bytes(whole)
        link.unlink()
    assert in_state(checks, State.DIFFERS) == ["attempts/1/request.json", "strays.json"]


def test_a_manifest_that_was_made_anew_does_not_hide_a_changed_draft(folder: Path) -> None:
    """Whoever changes a file can write a manifest to match; the record's own digests still tell."""
    listed, whole = folder / "manifest.json", (folder / "manifest.json").read_bytes()
    [path] = (folder / "deliverables").iterdir()
    draft = path.read_bytes()
    changed = draft.replace(b"short", b"large")
    path.write_bytes(changed)
    manifest = read_manifest(whole)
    name = path.relative_to(folder).as_posix()
    found = {"sha256": digest_of(changed)}
    files = (one.model_copy(update=found) if one.path == name else one for one in manifest.files)
    listed.write_bytes(render_manifest(manifest.model_copy(update={"files": tuple(files)})))
    try:
        checks = asyncio.run(verify_folder(folder))
    finally:
        path.write_bytes(draft)
        listed.write_bytes(whole)
    assert in_state(checks, State.DIFFERS) == [name]


def test_a_manifest_of_another_job_is_found(folder: Path) -> None:
    listed, whole = folder / "manifest.json", (folder / "manifest.json").read_bytes()
    listed.write_bytes(render_manifest(read_manifest(whole).model_copy(update={"job_id": "brief-9"})))
    try:
        assert in_state(asyncio.run(verify_folder(folder)), State.DIFFERS) == ["manifest.json"]
    finally:
        listed.write_bytes(whole)


def test_a_folder_without_a_manifest_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="no exported job"):
        asyncio.run(verify_folder(tmp_path))


async def test_what_the_archive_keeps_is_sound_and_says_what_cannot_be_checked() -> None:
    checks = await verify_job(await (await a_shelf()).reader(), "brief-1")
    assert is_sound(checks)
    assert in_state(checks, State.NOT_CHECKABLE) == ["request digest", "attempts/1/request.json"]


@pytest.mark.parametrize("path", ["record.json", "attempts/1/response.json", "the draft"])
async def test_a_changed_object_in_the_archive_is_found(path: str) -> None:
    shelf = await a_shelf()
    record = await (await shelf.reader()).record("brief-1")
    name = path if path != "the draft" else f"deliverables/{record.approved_digest[7:]}.json"
    await shelf.put("brief-1", name, BODY + b" ")
    checks = await verify_job(await shelf.reader(), "brief-1")
    assert in_state(checks, State.DIFFERS) == [name]


@pytest.mark.parametrize("path", ["record.json", "attempts/1/response.json"])
async def test_an_encrypted_object_that_its_key_does_not_open_is_found(path: str) -> None:
    stored, jobs = open_archive("memory:"), FakeJobs()
    shelf = Shelf(archive=EncryptedArchive(stored, KeyRing.parse([KEY])))
    jobs.add_completed("brief-1")
    await shelf.keep(jobs, "brief-1")
    sealed = await stored.get(f"jobs/brief-1/{path}")
    assert sealed is not None
    await stored.put(f"jobs/brief-1/{path}", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    checks = await verify_job(await shelf.reader(), "brief-1")
    assert in_state(checks, State.DIFFERS) == [path]


async def test_a_missing_key_says_nothing_of_what_is_kept() -> None:
    stored, jobs = open_archive("memory:"), FakeJobs()
    shelf = Shelf(archive=EncryptedArchive(stored, KeyRing.parse([KEY])))
    jobs.add_completed("brief-1")
    await shelf.keep(jobs, "brief-1")
    shelf.archive = EncryptedArchive(stored, KeyRing.parse([f"second={'B' * 43}="]))
    with pytest.raises(UnreachableError, match="lacks"):
        await verify_job(await shelf.reader(), "brief-1")


async def test_a_lost_object_is_absent_rather_than_different() -> None:
    shelf = await a_shelf()
    await shelf.lose("brief-1", "attempts/1/response.json")
    checks = await verify_job(await shelf.reader(), "brief-1")
    assert (in_state(checks, State.ABSENT), is_sound(checks)) == (["attempts/1/response.json"], True)


async def test_an_open_job_is_verified_as_far_as_it_got() -> None:
    shelf, jobs = Shelf(), FakeJobs()
    jobs.add_held("brief-2")
    await shelf.keep(jobs, "brief-2")
    checks = await verify_job(await shelf.reader(), "brief-2")
    assert checks[0].state is State.NOT_CHECKABLE
    assert "open" in checks[0].told
    assert is_sound(checks)


async def test_the_lost_record_of_a_closed_job_is_absent() -> None:
    shelf = await a_shelf()
    shelf.live["brief-1"] = await (await shelf.reader()).record("brief-1")
    await shelf.lose("brief-1", "record.json")
    checks = await verify_job(await shelf.reader(), "brief-1")
    assert in_state(checks, State.ABSENT) == ["record.json"]


@pytest.mark.parametrize(
    ("digest", "state"), [("same", State.OK), ("other", State.DIFFERS), (None, State.NOT_CHECKABLE)]
)
async def test_the_request_is_held_against_what_temporal_knows(digest: str | None, state: State) -> None:
    shelf = await a_shelf()
    record = await (await shelf.reader()).record("brief-1")
    shelf.submitted = record.request_digest if digest == "same" else digest
    checks = await verify_job(await shelf.reader(), "brief-1")
    assert {check.what: check.state for check in checks}["request digest"] is state


async def test_a_name_that_leads_elsewhere_is_not_followed() -> None:
    shelf = await a_shelf()
    record = await (await shelf.reader()).record("brief-1")
    await shelf.keep_record(with_stray(record, "../../odd"))
    checks = await verify_job(await shelf.reader(), "brief-1")
    assert "strays/../../odd.json" in in_state(checks, State.NOT_CHECKABLE)
