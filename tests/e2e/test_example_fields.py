"""The extracted fields of the examples, as their README tells it, and into a bucket as well."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest

from signoff.adapters.stores import open_store
from tests.contract.buckets import a_bucket, name_endpoint, serving_buckets
from tests.e2e.documented import Example, followed


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serving_buckets() as endpoint:
        name_endpoint(monkeypatch, endpoint)
        yield a_bucket(endpoint)


def fields_in(data: bytes, job_id: str, folder: Path) -> None:
    """Make sure that a delivered object holds what the reviewer made of the fields."""
    delivered: dict[str, Any] = json.loads(data)
    corrected = json.loads((folder / "examples" / "extracted-fields" / "corrected.json").read_text())
    assert (delivered["job_id"], delivered["edited_by"]) == (job_id, "ana")
    assert json.loads(delivered["text"]) == corrected


def test_the_fields_are_extracted_corrected_and_put_into_a_folder_and_a_bucket(tmp_path: Path, bucket: str) -> None:
    store = f"file:{tmp_path}/fields"
    places = f"export SIGNOFF_DELIVERY_STORES={store}\n"
    changes = {
        "file:/tmp/signoff-fields": store,
        "/tmp/signoff-fields": f"{tmp_path}/fields",
        places: f"{places.strip()},s3://{bucket}/fields\n",
        "my-bucket": bucket,
    }
    with followed(Example(tmp_path, "extracted-fields", changes)) as example:
        fields_in((tmp_path / "fields" / "fields-1.json").read_bytes(), "fields-1", tmp_path)
        readme = (tmp_path / "examples" / "extracted-fields" / "README.md").read_text()
        [submit] = [line for line in readme.splitlines() if line.startswith("    sed ")]
        example.type(f"{submit}\nsignoff watch fields-2")
        digest = json.loads(example.type("signoff review fields-2 --json"))["digest"]
        corrected = "--text-file examples/extracted-fields/corrected.json --as ana"
        example.type(f"signoff edit fields-2 --digest {digest} {corrected}\nsignoff watch fields-2")
    fields_in(bytes(obstore.get(open_store(f"s3://{bucket}/fields"), "fields-2.json").bytes()), "fields-2", tmp_path)
