"""A job as a folder: whole, of this job alone, and honest about what is missing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signoff.domain.deliverable import digest_of
from signoff.domain.errors import BadRequestError, NoSuchJobError, RefusedError
from signoff.domain.manifest import Exported, Manifest, read_manifest
from signoff.domain.record import JobRecord
from signoff.domain.verification import State, is_sound
from signoff.exporting import Wish, export_job
from signoff.verifying import verify_folder
from tests.domain.handing_over import PLACES, approved, going_to, redirected, stuck_from
from tests.shelf import BODY, Shelf, with_stray
from tests.starter.fake import START, FakeJobs

AT = datetime(2026, 5, 2, tzinfo=UTC)
WISH = Wish(at=AT)


@pytest.fixture
async def shelf() -> Shelf:
    made, jobs = Shelf(), FakeJobs()
    jobs.add_completed("brief-1")
    await made.keep(jobs, "brief-1")
    return made


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_in(folder: Path) -> list[str]:
    """List what lies there, hidden leftovers too."""
    return [path.name for path in folder.iterdir()]


def draft_of(record: JobRecord) -> str:
    assert record.deliverable
    return f"deliverables/{record.deliverable.digest.removeprefix('sha256:')}.json"


async def exported(shelf: Shelf, folder: Path, job_id: str = "brief-1", wish: Wish = WISH) -> Manifest:
    return await export_job(await shelf.reader(), job_id, folder, wish)


async def test_the_folder_holds_everything_byte_for_byte(shelf: Shelf, tmp_path: Path) -> None:
    manifest = await exported(shelf, tmp_path / "out")
    files = files_in(tmp_path / "out")
    archived = {path.removeprefix("jobs/brief-1/"): path async for path in shelf.archive.paths("jobs/brief-1")}
    assert {path: await shelf.archive.get(where) for path, where in archived.items()} == {
        path: data for path, data in files.items() if path not in {"manifest.json", "approved.json"}
    }
    assert files["attempts/1/response.json"] == BODY
    assert read_manifest(files.pop("manifest.json")) == manifest
    assert {one.path: (one.sha256, one.size_bytes) for one in manifest.files} == {
        path: (digest_of(data), len(data)) for path, data in files.items()
    }


async def test_what_was_approved_has_a_name_of_its_own(shelf: Shelf, tmp_path: Path) -> None:
    await exported(shelf, tmp_path / "out")
    record = await (await shelf.reader()).record("brief-1")
    assert digest_of((tmp_path / "out/approved.json").read_bytes()) == record.approved_digest


@pytest.mark.parametrize(
    ("reach", "told"),
    [
        pytest.param(lambda held: held, None, id="held"),
        pytest.param(lambda held: approved(held, START), "what was approved, byte for byte", id="under way"),
        pytest.param(
            lambda held: stuck_from(held, START),
            "what was approved and delivered in part (2 of 3 arrived), byte for byte",
            id="stuck",
        ),
        pytest.param(
            lambda held: redirected(stuck_from(held, START), 2, AT),
            "what was approved and delivered in part (2 of 3 arrived), byte for byte",
            id="asked about",
        ),
    ],
)
async def test_what_was_approved_is_told_to_be_delivered_as_far_as_it_is(
    shelf: Shelf, tmp_path: Path, reach: Callable[[JobRecord], JobRecord], told: str | None
) -> None:
    jobs = FakeJobs()
    jobs.add_held("brief-2")
    jobs.records["brief-2"] = reach(going_to(jobs.records["brief-2"], *PLACES))
    await shelf.keep(jobs, "brief-2")
    manifest = await exported(shelf, tmp_path / "out", "brief-2")
    assert [one.about for one in manifest.files if one.path == "approved.json"] == ([told] if told else [])
    assert is_sound(await verify_folder(tmp_path / "out"))


async def test_an_open_job_is_exported_as_far_as_it_got_and_says_so(shelf: Shelf, tmp_path: Path) -> None:
    jobs = FakeJobs()
    jobs.add_held("brief-2")
    record = await shelf.keep(jobs, "brief-2")
    manifest = await exported(shelf, tmp_path / "out", "brief-2")
    assert (manifest.is_open, manifest.status) == (True, "awaiting_review")
    assert JobRecord.model_validate_json((tmp_path / "out/record.json").read_bytes()) == record
    assert not (tmp_path / "out/approved.json").exists()
    assert is_sound(await verify_folder(tmp_path / "out"))


@pytest.mark.parametrize("what", ["attempts/1/request.json", "attempts/1/response.json", "the draft"])
async def test_what_the_archive_holds_no_more_is_listed_as_absent(shelf: Shelf, tmp_path: Path, what: str) -> None:
    path = draft_of(await (await shelf.reader()).record("brief-1")) if what == "the draft" else what
    await shelf.lose("brief-1", path)
    seen: list[Exported] = []

    def report(one: Exported) -> str:
        seen.append(one)
        return "a report"

    manifest = await exported(shelf, tmp_path / "out", wish=replace(WISH, report=report))
    assert [(one.path, "erased" in one.why) for one in manifest.absent] == [(path, True)]
    assert [one.path for one in seen[0].absent] == [path]
    assert not (tmp_path / "out" / path).exists()
    checks = await verify_folder(tmp_path / "out")
    assert [check.what for check in checks if check.state is State.ABSENT] == [path]
    assert is_sound(checks)


async def test_what_was_torn_refuses_the_export_and_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put("brief-1", "attempts/1/response.json", BODY[:-1])
    with pytest.raises(RefusedError, match=r"jobs/brief-1/attempts/1/response\.json has sha256:"):
        await exported(shelf, tmp_path / "out")
    assert names_in(tmp_path) == []


async def test_what_was_torn_can_be_left_out(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put("brief-1", "attempts/1/response.json", BODY[:-1])
    manifest = await exported(shelf, tmp_path / "out", wish=replace(WISH, without_unsound=True))
    assert [(one.path, "torn or changed" in one.why) for one in manifest.absent] == [("attempts/1/response.json", True)]
    assert is_sound(await verify_folder(tmp_path / "out"))


async def test_a_torn_record_is_never_exported(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put("brief-1", "record.json", b"{}")
    with pytest.raises(RefusedError, match=r"jobs/brief-1/record\.json"):
        await exported(shelf, tmp_path / "out", wish=replace(WISH, without_unsound=True))


async def test_an_earlier_export_of_the_job_is_replaced_whole(shelf: Shelf, tmp_path: Path) -> None:
    await exported(shelf, tmp_path / "out")
    await shelf.lose("brief-1", "attempts/1/request.json")
    await exported(shelf, tmp_path / "out")
    assert not (tmp_path / "out/attempts/1/request.json").exists()
    assert names_in(tmp_path) == ["out"]


async def test_an_empty_folder_is_filled(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    await exported(shelf, tmp_path / "out")
    assert is_sound(await verify_folder(tmp_path / "out"))


@pytest.mark.parametrize("lies_there", ["mine", "other job", "mine in an export", "changed manifest", "file"])
async def test_nothing_else_is_ever_replaced(shelf: Shelf, tmp_path: Path, lies_there: str) -> None:
    out = tmp_path / "out"
    match lies_there:
        case "file":
            out.write_text("mine")
        case "mine":
            out.mkdir()
            (out / "notes.txt").write_text("mine")
        case "other job":
            jobs = FakeJobs()
            jobs.add_completed("brief-2")
            await shelf.keep(jobs, "brief-2")
            await exported(shelf, out, "brief-2")
        case _:
            await exported(shelf, out)
            name = "manifest.json" if lies_there == "changed manifest" else "notes.txt"
            (out / name).write_text("mine")
    before = out.read_text() if out.is_file() else files_in(out)
    with pytest.raises(BadRequestError, match="name a folder that is new or empty"):
        await exported(shelf, out)
    assert (out.read_text() if out.is_file() else files_in(out)) == before


async def test_a_report_that_fails_leaves_the_earlier_export_as_it_was(shelf: Shelf, tmp_path: Path) -> None:
    await exported(shelf, tmp_path / "out")
    before = files_in(tmp_path / "out")

    def fails(_exported: Exported) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await exported(shelf, tmp_path / "out", wish=replace(WISH, report=fails))
    assert files_in(tmp_path / "out") == before
    assert names_in(tmp_path) == ["out"]


async def test_a_name_that_leads_out_of_the_folder_is_listed_and_never_written(shelf: Shelf, tmp_path: Path) -> None:
    record = await (await shelf.reader()).record("brief-1")
    await shelf.keep_record(with_stray(record, "../../odd"))
    manifest = await exported(shelf, tmp_path / "out")
    assert [one.path for one in manifest.absent] == ["strays/../../odd.json"]


async def test_a_job_that_nobody_knows_leaves_no_folder(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(NoSuchJobError):
        await exported(shelf, tmp_path / "out", "nope")
    assert names_in(tmp_path) == []


async def test_the_manifest_is_json_that_anybody_can_read(shelf: Shelf, tmp_path: Path) -> None:
    await exported(shelf, tmp_path / "out")
    told = json.loads((tmp_path / "out/manifest.json").read_text())
    assert (told["version"], told["versions"]["record"], told["exported_at"]) == (1, 1, "2026-05-02T00:00:00Z")
    assert {one["part"] for one in told["files"]} == {"record", "request", "response", "draft", "approved"}
