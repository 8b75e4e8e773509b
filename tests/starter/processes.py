"""The command and the demo as real processes, in an environment that is only theirs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from starter.sockets import free_ports

ROOT = Path(__file__).parents[2]
BOUND_SECONDS = 60
SIGNOFF = [sys.executable, "-c", "from starter.cli import main; main()"]
OURS = ("SIGNOFF_", "TEMPORAL_", "OPENAI_")


def environment(state_dir: Path, **more: str) -> dict[str, str]:
    """Make an environment without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"SIGNOFF_STATE_DIR": str(state_dir), "TEMPORAL_CONFIG_FILE": os.devnull, **more}


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for a condition, but not for ever."""
    end = time.monotonic() + BOUND_SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still does something; one that nobody has buried yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run(*command: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run something to its end."""
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False
    )


@dataclass
class Up:
    """A running `signoff up`."""

    process: subprocess.Popen[str]
    port: int
    environ: dict[str, str]

    @property
    def children(self) -> dict[str, psutil.Process]:
        """Its children by the name of the part that they are."""
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            line = " ".join(child.cmdline())
            parts = ("start-dev", "signoff.simulator", "signoff.gateway", "-m worker")
            found |= {part.split(".")[-1].split()[-1]: child for part in parts if part in line}
        return found

    def ready(self) -> dict[str, Any]:
        """Wait until jobs can be submitted, and say what it said."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=BOUND_SECONDS)[1]
        facts: dict[str, Any] = json.loads(line)
        return facts

    def end(self) -> tuple[int, str]:
        """Wait for its end, and give the exit code and what it said about it."""
        _, told = self.process.communicate(timeout=BOUND_SECONDS)
        return self.process.returncode, told

    def stop(self) -> None:
        """Stop it if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(BOUND_SECONDS)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def signoff(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command against it."""
        return run(*SIGNOFF, *arguments, environ={**self.environ, "TEMPORAL_ADDRESS": f"127.0.0.1:{self.port}"})


def start_up(environ: dict[str, str]) -> Up:
    """Start a stack on free ports."""
    port, ui, simulator, gateway = map(str, free_ports(4))
    ports = ["--port", port, "--ui-port", ui, "--simulator-port", simulator, "--gateway-port", gateway]
    process = subprocess.Popen(
        [*SIGNOFF, "up", "--json", *ports],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return Up(process=process, port=int(port), environ=environ)
