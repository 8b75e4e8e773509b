"""What `docs/archive.md` says of the layout and of the digest of a record is so."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from signoff.adapters.stores import CREDENTIALS
from signoff.domain import layout
from signoff.domain.integrity import render_record
from tests.domain.making import a_record

GUIDE = (Path(__file__).parent.parent / "docs/archive.md").read_text()
ROWS = re.findall(r"^\| `((?:jobs|closed)/.*?)` \| (.*) \|$", layout.__doc__ or "", re.MULTILINE)
ATTEMPT: Any = "<n>"
PLACES = [
    layout.record_path("<job id>"),
    layout.request_path("<job id>", ATTEMPT),
    layout.body_path("<job id>", ATTEMPT),
    layout.evidence_path("<job id>", ATTEMPT),
    layout.stray_path("<job id>", "<response id>"),
    layout.stray_evidence_path("<job id>", "<response id>"),
    layout.deliverable_path("<job id>", "sha256:<sha256>"),
    layout.erased_path("<job id>"),
    layout.payload_path("<job id>", "<sha256>"),
    layout.entry_path("<day>", "<job id>", "sha256:<sha256>"),
    layout.segment_path("<day>", "sha256:<sha256>"),
]


def test_the_table_of_the_layout_module_is_what_its_functions_say() -> None:
    assert [path for path, _ in ROWS] == PLACES
    assert len(PLACES) == len([name for name in vars(layout) if name.endswith("_path")])


def test_the_guide_has_the_same_table() -> None:
    assert re.findall(r"^\| `((?:jobs|closed)/.*?)` \| (.*) \|$", GUIDE, re.MULTILINE) == ROWS


@pytest.mark.parametrize("scheme", CREDENTIALS)
def test_the_guide_names_every_kind_of_bucket_and_the_variables_that_messages_name(scheme: str) -> None:
    assert f"`{scheme}://" in GUIDE
    for variable in re.findall(r"[A-Z]+(?:_[A-Z]+)+", CREDENTIALS[scheme]):
        assert variable in GUIDE


def test_a_record_is_checked_by_hand_as_the_guide_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    monkeypatch.chdir(tmp_path)
    example: dict[str, Any] = {}
    kept = render_record(a_record())
    (tmp_path / "record.json").write_bytes(kept)
    exec(compile(found[1], "docs/archive.md", "exec"), example)
    assert (
        example["claimed"] == json.loads(kept)["integrity"] == f"sha256:{hashlib.sha256(example['rest']).hexdigest()}"
    )
    (tmp_path / "record.json").write_bytes(kept.replace(b"queued", b"closed", 1))
    with pytest.raises(AssertionError):
        exec(compile(found[1], "docs/archive.md", "exec"), example)
