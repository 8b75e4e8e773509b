"""The runbooks of a deployment, held against the code: each secret has its order, and what is typed can be typed."""

import re
import subprocess
from pathlib import Path

import pytest

from signoff.settings import PREFIX, SECRETS, Settings
from tests.deploy.composing import ROOT

RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))

each = pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)


def test_every_secret_has_its_order_of_rotation() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/runbooks/rotating-keys.md").read_text(), re.MULTILINE)
    assert set(re.findall(rf"`({PREFIX}\w+)`", " ".join(rows))) == SECRETS


@each
def test_settings_and_files_that_a_runbook_names_exist(runbook: Path) -> None:
    text = runbook.read_text()
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", text)) <= known
    links = re.findall(r"\]\(([^)#:]+\.md)", text)
    assert [link for link in links if not (runbook.parent / link).is_file()] == []


@each
def test_what_a_runbook_has_typed_is_understood_by_a_shell(runbook: Path) -> None:
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```$", runbook.read_text(), re.DOTALL | re.MULTILINE))
    checked = subprocess.run(["sh", "-n"], input=commands, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
