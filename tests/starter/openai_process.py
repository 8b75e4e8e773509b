"""The simulator as a process, for commands that reach OpenAI."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.starter.processes import BOUND_SECONDS, ROOT


@contextmanager
def simulating() -> Iterator[str]:
    """Run the simulator, and give the URL of its API."""
    command = [sys.executable, "-m", "signoff.simulator", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            process.wait(BOUND_SECONDS)
