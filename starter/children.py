"""A child process of the local stack: its start, its log, its end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from starter import leash

LINES_SHOWN: Final = 15
_TAIL_BYTES: Final = 16_384


@dataclass(frozen=True)
class Child:
    """A process in a session of its own, so that Ctrl-C reaches only its parent, which stops it in its turn.

    `patience` is how long it may take to end by itself once it was asked to.
    """

    name: str
    process: asyncio.subprocess.Process
    log: Path
    patience: timedelta

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.returncode is None

    async def stop(self) -> None:
        """Ask it to end, wait as long as it may take, then kill it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.is_alive:
                self._signal(number)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.process.wait(), self.patience.total_seconds())

    def last_lines(self) -> str:
        """Give the end of what it wrote."""
        tail = self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
        return "\n".join(tail.splitlines()[-LINES_SHOWN:])

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


async def start_child(
    name: str, command: Sequence[str], *, logs: Path, environ: Mapping[str, str], patience: timedelta
) -> Child:
    """Start a process whose output goes to `<logs>/<name>.log`, beginning anew."""
    log = logs / f"{name}.log"
    descriptor = _opened(log)
    try:
        process = await asyncio.create_subprocess_exec(
            *_leashed(command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=descriptor,
            stderr=asyncio.subprocess.STDOUT,
            env=environ,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    return Child(name=name, process=process, log=log, patience=patience)


def _opened(log: Path) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)


def _leashed(command: Sequence[str]) -> Sequence[str]:
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", str(Path(leash.__file__)), str(os.getpid()), *command]
