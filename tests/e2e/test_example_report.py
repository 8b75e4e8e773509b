"""The research report of the examples, as its README tells it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.e2e.documented import Example, followed


def test_the_report_is_written_reviewed_and_taken_once(tmp_path: Path) -> None:
    with followed(Example(tmp_path, "research-report")):
        pass
    with closing(sqlite3.connect(tmp_path / ".signoff" / "receiver.db")) as database:
        [(job_id, digest, text)] = database.execute("SELECT job_id, digest, text FROM results").fetchall()
    readme = (tmp_path / "examples" / "research-report" / "README.md").read_text()
    assert job_id == "report-1"
    assert f"signoff approve report-1 --digest {digest} " in readme
    assert text.startswith("# Research brief")
