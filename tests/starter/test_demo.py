"""The demo as a process: one job from submit to delivery, which nothing of its surroundings can disturb."""

import json
import sys
from pathlib import Path

from tests.starter.processes import environment, run

DEMO = [sys.executable, "-m", "starter.demo"]
DISTURBING = {
    "TEMPORAL_ADDRESS": "127.0.0.1:1",
    "TEMPORAL_NAMESPACE": "production",
    "TEMPORAL_PROFILE": "production",
    "SIGNOFF_ARCHIVE_URL": "s3://production",
    "OPENAI_API_KEY": "a key that must not be used",
    "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
}


def test_ends_with_a_completed_job_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run(*DEMO, environ=environment(tmp_path, TMPDIR=str(tmp_path), **DISTURBING))
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    told = json.loads(last)
    assert set(told) == {"job_id", "status", "digest", "receipt", "history_events"}
    assert told["status"] == "completed"
    assert told["digest"] in told["receipt"]
    assert told["history_events"] > 0
    assert told["digest"] in done.stdout.partition("demo-reviewer approves it")[0]
    assert "running after" in done.stdout
    assert "the response is completed after 1 look\n" in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_real_provider_needs_a_key(tmp_path: Path) -> None:
    done = run(*DEMO, "--real", environ=environment(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "OPENAI_API_KEY is not set" in done.stderr
