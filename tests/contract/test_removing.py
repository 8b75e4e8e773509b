"""Erasing and sweeping leave no content behind in any kind of archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.sweeping import Broom, sweep
from signoff.adapters.archive import ObjectArchive, open_archive
from signoff.domain import layout
from signoff.domain.removal import Kind
from signoff.domain.retention import Retention, Swept
from tests.activities.erased_job import CONTENT, JOB, MARK, NEIGHBOUR, Eraser, fill, marked
from tests.contract.buckets import a_bucket, name_endpoint, serving_buckets
from tests.domain.making import AT, DAY

EVERYTHING = Retention(requests=DAY, responses=DAY, drafts=DAY, deliverables=DAY, others=DAY, records=2 * DAY)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving_buckets() as url:
        yield url


@pytest.fixture(params=["memory", "folder", "bucket"])
def archive(
    request: pytest.FixtureRequest, tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> ObjectArchive:
    name_endpoint(monkeypatch, endpoint)
    urls = {"memory": "memory:", "folder": f"file:{tmp_path}", "bucket": f"s3://{a_bucket(endpoint)}/a/prefix"}
    return open_archive(urls[str(request.param)])


def marked_files(folder: Path) -> list[Path]:
    """List the files with the mark, whether the archive lists them or not."""
    return [path for path in folder.rglob("*") if path.is_file() and MARK in path.read_bytes()]


async def paths_in(archive: ObjectArchive) -> set[str]:
    return {path async for path in archive.paths("jobs")}


async def test_after_an_erasure_no_object_holds_what_was_asked_or_answered(
    archive: ObjectArchive, tmp_path: Path
) -> None:
    await fill(archive)
    await Eraser(archive).run()
    assert await marked(archive) == []
    assert await paths_in(archive) == {layout.record_path(JOB), layout.erased_path(JOB), NEIGHBOUR}
    assert marked_files(tmp_path) == []


async def test_a_sweep_removes_what_is_due_and_says_so_in_the_record(archive: ObjectArchive) -> None:
    await fill(archive)
    swept = await sweep(Broom(archive, EVERYTHING, AT + DAY), Swept(), 10)
    assert await paths_in(archive) == {layout.record_path(JOB), NEIGHBOUR}
    assert (swept.jobs, swept.changed, swept.objects, swept.is_complete) == (2, 1, len(CONTENT), True)


async def test_a_record_goes_last_and_nothing_is_left(archive: ObjectArchive) -> None:
    await fill(archive)
    swept = await sweep(Broom(archive, EVERYTHING, AT + 2 * DAY), Swept(), 10)
    assert await paths_in(archive) == {NEIGHBOUR}
    assert swept.removed[Kind.RECORD] == 1
