"""Children of the stack end when they are told to, one way or the other."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from starter.children import Child, start_child
from tests.starter.processes import until

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
LEAVING = "from starter.leaving import run_and_leave; {setup}; run_and_leave(lambda: {program})"


async def _python(logs: Path, code: str, patience: float = 30) -> Child:
    return await start_child(
        "part", [sys.executable, "-c", code], logs=logs, environ=os.environ, patience=timedelta(seconds=patience)
    )


async def test_one_that_does_not_stop_in_time_is_killed(tmp_path: Path) -> None:
    child = await _python(tmp_path, STUBBORN, patience=0.2)
    until(lambda: "deaf" in child.last_lines(), "it ignores SIGTERM")
    await child.stop()
    assert child.process.returncode == -signal.SIGKILL


async def test_its_log_begins_anew_and_its_last_lines_are_kept(tmp_path: Path) -> None:
    (tmp_path / "part.log").write_text("from an earlier run\n")
    child = await _python(tmp_path, "for number in range(40): print(number)")
    await child.process.wait()
    assert child.last_lines().splitlines() == [str(number) for number in range(25, 40)]
    assert "earlier" not in child.log.read_text()


@pytest.mark.parametrize(
    ("setup", "program", "code"),
    [
        ("pass", "print('told')", 0),
        ("pass", "print('told') or 4", 4),
        ("import sys", "print('told') or sys.exit(3)", 3),
        ("import sys", "print('told') or sys.exit('why')", 1),
        ("pass", "print('told') or 1 / 0", 1),
    ],
)
def test_the_exit_code_and_the_output_survive_leaving_at_once(setup: str, program: str, code: int) -> None:
    command = [sys.executable, "-c", LEAVING.format(setup=setup, program=program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, "told\n")
