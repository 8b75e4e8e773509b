"""`signoff request-changes`, `edit`, and decisions that no worker answers."""

import json
import stat
import sys
from pathlib import Path

import pytest

from signoff.domain.errors import UnreachableError
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs

OTHER = f"sha256:{0:064d}"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder in which what was typed is kept."""
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An editor that replaces "short" with "better", and ends a file as editors do."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\nf = pathlib.Path(sys.argv[1])\n"
        "f.write_text(f.read_text().replace('short', 'better') + '\\n')\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")
    return script


def test_a_request_for_changes_goes_back_into_the_queue(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    done = signoff("request-changes", "brief-1", "--digest", digest, "--as", "bob", "--comment", "shorter")
    assert done.exit_code == 0
    assert done.stdout.startswith("the request for changes by bob counts; brief-1 is queued\n")
    shown = signoff("show", "brief-1").stdout
    assert "a worker that begins attempt 2, with the changes that bob asked for" in shown


def test_a_request_for_changes_needs_a_comment(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    done = signoff("request-changes", "brief-1", "--digest", digest, "--as", "bob")
    assert (done.exit_code, jobs.decisions) == (2, [])
    assert "--comment" in done.stderr


@pytest.mark.usefixtures("editor")
def test_an_edit_shows_what_changes_and_is_approved_once_confirmed(
    signoff: Signoff, jobs: FakeJobs, kept: Path
) -> None:
    digest = jobs.add_held("brief-1", text="A short answer.\nIts second line.")
    done = signoff("edit", "brief-1", "--digest", digest, "--as", "bob", "--comment", "a word", stdin="y\n")
    assert done.exit_code == 0, done.stderr
    assert "  | -A short answer.\n  | +A better answer.\n  |  Its second line.\n" in done.stdout
    assert "the approval of the edited text by bob counts; brief-1 is delivering" in done.stdout
    assert jobs.drafts["brief-1"].text == "A better answer.\nIts second line."
    assert [one.comment for one in jobs.decisions] == ["a word"]
    assert list(kept.iterdir()) == []


@pytest.mark.usefixtures("editor")
def test_an_edit_that_is_not_confirmed_decides_nothing_and_is_kept(
    signoff: Signoff, jobs: FakeJobs, kept: Path
) -> None:
    digest = jobs.add_held("brief-1")
    done = signoff("edit", "brief-1", "--digest", digest, stdin="n\n")
    [file] = kept.iterdir()
    assert (done.exit_code, jobs.decisions, file.read_text()) == (1, [], "A better answer.\n")
    assert f"what you typed is kept in {file}" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("editor")
def test_a_refused_edit_is_kept_and_can_be_handed_in_again(signoff: Signoff, jobs: FakeJobs, kept: Path) -> None:
    digest = jobs.add_held("brief-1", reviewers=("ana", "eve"))
    done = signoff("edit", "brief-1", "--digest", digest, "--as", "bob", "--yes")
    [file] = kept.iterdir()
    assert done.exit_code == 4
    assert "bob is not a reviewer of this job; ask ana, eve" in done.stderr
    assert f"what you typed is kept in {file}" in done.stderr
    again = signoff("edit", "brief-1", "--digest", digest, "--as", "ana", "--text-file", str(file))
    assert (again.exit_code, jobs.drafts["brief-1"].text) == (0, "A better answer.")
    assert file.exists()


def test_an_edit_from_standard_input_is_kept_where_nobody_answers(signoff: Signoff, jobs: FakeJobs, kept: Path) -> None:
    digest = jobs.add_held("brief-1")
    jobs.decide_error = UnreachableError("no answer")
    done = signoff("edit", "brief-1", "--digest", digest, "--as", "bob", "--text-file", "-", stdin="Another answer.\n")
    [file] = kept.iterdir()
    assert (done.exit_code, file.read_text()) == (5, "Another answer.\n")
    assert "this is safe to repeat: " in done.stderr
    assert f"signoff edit brief-1 --digest {digest} --text-file {file} --as bob" in done.stderr


def test_an_edit_tells_which_citations_go(signoff: Signoff, jobs: FakeJobs, kept: Path) -> None:
    digest = jobs.add_held("brief-1", approvals=2)
    options = ["--digest", digest, "--as", "bob", "--text-file", "-"]
    done = signoff("edit", "brief-1", *options, stdin="Nothing of it is left.")
    assert "  1 citation left out: the words that they are about are gone\n" in done.stdout
    assert "more approvals are needed, now of sha256:" in done.stdout
    assert list(kept.iterdir()) == []


@pytest.mark.usefixtures("editor")
def test_nobody_types_for_nothing(signoff: Signoff, jobs: FakeJobs, kept: Path) -> None:
    jobs.add_held("brief-1")
    done = signoff("edit", "brief-1", "--digest", OTHER, "--yes")
    assert (done.exit_code, list(kept.iterdir())) == (4, [])
    assert "signoff review brief-1" in done.stderr


def test_an_unchanged_text_is_not_approved_as_edited(signoff: Signoff, jobs: FakeJobs, tmp_path: Path) -> None:
    file = tmp_path / "same.txt"
    file.write_text("A short answer.\n")
    digest = jobs.add_held("brief-1")
    done = signoff("edit", "brief-1", "--digest", digest, "--text-file", str(file))
    assert (done.exit_code, jobs.decisions) == (2, [])
    assert "nothing was changed" in done.stderr


def test_an_editor_that_is_not_there_is_named(
    signoff: Signoff, jobs: FakeJobs, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "/nowhere/editor")
    done = signoff("edit", "brief-1", "--digest", jobs.add_held("brief-1"))
    assert (done.exit_code, jobs.decisions, len(list(kept.iterdir()))) == (2, [], 1)
    assert "/nowhere/editor" in done.stderr
    assert "--text-file" in done.stderr


@pytest.mark.parametrize("as_json", [True, False])
def test_a_decision_that_is_left_ends_with_6_and_is_not_told_as_done(
    signoff: Signoff, jobs: FakeJobs, *, as_json: bool
) -> None:
    digest = jobs.add_held("brief-1")
    jobs.has_worker = False
    done = signoff("approve", "brief-1", "--digest", digest, "--as", "bob", *(["--json"] if as_json else []))
    assert done.exit_code == 6
    if as_json:
        document = json.loads(done.stdout)
        assert (document["is_pending"], document["is_accepted"]) == (True, False)
    else:
        assert done.stdout.startswith("the approval by bob is recorded, and will be applied\n")
        assert "signoff show brief-1" in done.stdout
        assert "counts;" not in done.stdout
