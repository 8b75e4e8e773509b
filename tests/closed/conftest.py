"""The index on every kind of archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.encryption import KeyRing
from signoff.ports import Archive
from tests.contract.buckets import a_bucket, name_endpoint, serving_buckets

KEY = f"first={'A' * 43}="


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving_buckets() as url:
        yield url


@pytest.fixture(params=["memory", "folder", "bucket", "encrypted"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    match request.param:
        case "bucket":
            url = request.getfixturevalue("endpoint")
            name_endpoint(monkeypatch, url)
            return open_archive(f"s3://{a_bucket(url)}/a/prefix")
        case "folder":
            return open_archive(f"file:{tmp_path}")
        case "encrypted":
            return EncryptedArchive(open_archive("memory:"), KeyRing.parse([KEY]))
        case _:
            return open_archive("memory:")
