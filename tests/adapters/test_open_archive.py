"""The forms of `SIGNOFF_ARCHIVE_URL`."""

from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore, S3Store

from signoff.adapters.archive import open_archive
from signoff.settings import load_settings


@pytest.mark.parametrize("form", ["file:{}", "file://{}"])
async def test_a_file_url_opens_that_folder_and_makes_it(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "with space" / "archive"
    archive = open_archive(form.format(folder))
    await archive.put("jobs/a/record.json", b"{}")
    assert (folder / "jobs/a/record.json").read_bytes() == b"{}"


async def test_a_relative_folder_is_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await open_archive("file:a/b").put("x", b"1")
    assert (tmp_path / "a/b/x").read_bytes() == b"1"


async def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    await open_archive("file:~/archive").put("x", b"1")
    assert (tmp_path / "archive/x").read_bytes() == b"1"


async def test_without_a_url_the_archive_is_below_the_state_directory(tmp_path: Path) -> None:
    settings = load_settings({"SIGNOFF_STATE_DIR": str(tmp_path / "state")})
    await open_archive(settings.archive).put("x", b"1")
    assert (tmp_path / "state/archive/x").read_bytes() == b"1"


async def test_two_archives_in_memory_share_nothing() -> None:
    first, second = open_archive("memory:"), open_archive("memory:")
    await first.put("x", b"1")
    assert await second.get("x") is None


@pytest.mark.parametrize(
    ("url", "store"), [("memory:", MemoryStore), ("s3://bucket/prefix", S3Store), ("file:///tmp", LocalStore)]
)
def test_a_url_chooses_the_store_by_its_scheme(url: str, store: type) -> None:
    assert isinstance(open_archive(url)._store, store)


@pytest.mark.parametrize("url", ["", "file:", "file://", "nonsense", "gopher://host/path"])
def test_a_url_that_names_no_store_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ValueError, match=r"^.+\Z"):
        open_archive(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match="Not a directory"):
        open_archive(f"file:{tmp_path / 'file' / 'archive'}")
