"""The README of an example, run as it stands: its commands in order, held against what it says that they print."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from starter.sockets import free_ports
from tests.starter.processes import environment, until

ROOT = Path(__file__).parents[2]
BOUND_SECONDS = 90
RECEIVER_PORT = "8077"
"""Where the examples have their receiver."""

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SERVERS = re.compile(r"signoff up|(receiver|mailbox)\.py(?!.* --show)")


@dataclass(frozen=True)
class Step:
    """The commands of one block, and the lines that are said to come of them; `...` in one stands for anything."""

    commands: str
    prints: tuple[str, ...] = ()

    @property
    def runs_on(self) -> bool:
        """Whether its last command goes on until somebody presses Ctrl-C."""
        return bool(_SERVERS.search(self.commands.splitlines()[-1]))

    def missing_in(self, printed: str) -> str:
        """Give the first of its lines that does not follow those before it; empty where all do."""
        left = iter(printed.splitlines())
        for line in self.prints:
            pattern = re.escape(line).replace(re.escape("..."), ".*")
            if not any(re.fullmatch(pattern, other) for other in left):
                return line
        return ""


class Example:
    """A copy of the examples in a folder where nothing else is, on ports of its own.

    `changes` are made to the README and to the files beside it, `environ` is what somebody has set already.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        changes: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        receiver, temporal, *others = map(str, free_ports(5))
        ports = " ".join(
            f"--{part}-port {port}" for part, port in zip(("ui", "simulator", "gateway"), others, strict=True)
        )
        self._changes = {RECEIVER_PORT: receiver, "signoff up\n": f"signoff up --port {temporal} {ports}\n"}
        self._changes |= changes or {}
        self.folder, self._name = folder, name
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environ = environment(folder / ".signoff", PATH=path, PYTHONPATH=str(ROOT), **(environ or {}))
        self.temporal = {"TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}"}
        shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
        for file in (folder / "examples").rglob("*.*"):
            file.write_text(self._changed(file.read_text()))

    def steps(self) -> list[Step]:
        """Read what the README has to be typed."""
        found: list[Step] = []
        for kind, block in _BLOCK.findall((self.folder / "examples" / self._name / "README.md").read_text()):
            if kind == "sh":
                found.append(Step(block))
            else:
                found[-1] = Step(found[-1].commands, tuple(block.splitlines()))
        return found

    def type(self, commands: str) -> str:
        """Type something into the terminal that is free; gives what it printed, on both of its outputs."""
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self.environ | self.temporal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BOUND_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{commands}\nended with {ended.returncode}:\n{ended.stdout}"
        return ended.stdout

    @contextmanager
    def terminal(self, step: Step) -> Iterator[None]:
        """Have a server run in a terminal of its own, from when it printed what it should, to the end of the block."""
        printed = self.folder / f"terminal-{len(list(self.folder.glob('terminal-*')))}.txt"
        with printed.open("w") as output:
            shell = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", step.commands],
                cwd=self.folder,
                env=self.environ,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until(lambda: shell.poll() is not None or not step.missing_in(printed.read_text()), f"{step} has printed")
            assert shell.poll() is None, printed.read_text()
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(BOUND_SECONDS)

    def _changed(self, text: str) -> str:
        for old, new in self._changes.items():
            text = text.replace(old, new)
        return text


@contextmanager
def followed(example: Example) -> Iterator[Example]:
    """Do everything that the README says, and keep its servers as long as the block runs."""
    with ExitStack() as terminals:
        for step in example.steps():
            if step.runs_on:
                terminals.enter_context(example.terminal(step))
            else:
                printed = example.type(step.commands)
                missing = step.missing_in(printed)
                assert not missing, f"{step.commands}\ndid not print\n{missing}\nbut\n{printed}"
        yield example
