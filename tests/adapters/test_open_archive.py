"""The forms of `SIGNOFF_ARCHIVE_URL`."""

from pathlib import Path

import pytest
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, S3Store

from signoff.adapters.archive import open_archive
from signoff.adapters.stores import open_store
from signoff.domain.errors import SettingsError
from signoff.keeping import archive_of
from signoff.settings import Settings, load_settings


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
    ("url", "store"),
    [
        ("memory:", MemoryStore),
        ("file:///tmp", LocalStore),
        ("s3://bucket", S3Store),
        ("s3://bucket/a/prefix", S3Store),
        ("gs://bucket/prefix", GCSStore),
        ("az://container/prefix", AzureStore),
    ],
)
def test_a_url_chooses_the_store_by_its_scheme(url: str, store: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "an-account")
    assert isinstance(open_store(url), store)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "nothing is no kind of archive"),
        ("file:", "name a folder"),
        ("file://", "name a folder"),
        ("nonsense", "it takes file:<folder>, memory:, s3://, gs://, az://"),
        ("gopher://host/path", "gopher is no kind of archive"),
        ("https://host/path", "https is no kind of archive"),
        ("s3:bucket", "name a bucket, as in s3://bucket/prefix"),
        ("gs://", "name a bucket, as in gs://bucket/prefix"),
        ("s3://a bucket/prefix", "invalid"),
        ("s3://key:secret@bucket", "credentials and options go into variables"),
        ("s3://bucket?region=eu-west-1", "credentials and options go into variables"),
        ("az://container/prefix", "Account must be specified; see AZURE_STORAGE_ACCOUNT_NAME"),
    ],
)
def test_a_url_that_names_no_store_is_refused_in_one_line_with_what_would_be_right(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(SettingsError) as raised:
        archive_of(load_settings({"SIGNOFF_ARCHIVE_URL": url}) if url else Settings(archive_url=" "))
    assert str(raised.value).startswith("SIGNOFF_ARCHIVE_URL: ")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_half_of_the_credentials_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(ValueError, match="Missing SecretAccessKey; see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        open_archive("s3://bucket")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match="Not a directory"):
        open_archive(f"file:{tmp_path / 'file' / 'archive'}")
