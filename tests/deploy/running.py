"""Services of the compose file as processes of this computer: the same commands, variables and secrets.

What is different is only where things are: addresses of the compose network and paths inside a container are replaced
by ones of this computer.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from starter.children import Child, start_child
from tests.deploy.composing import ROOT, Service, image_environment, services

BOUND_SECONDS = 60
_BIN = Path(sys.executable).parent


@dataclass
class Site:
    """A folder of this computer, and what stands on it for what the compose network has.

    Attributes:
        places: What is replaced in commands and variables, by what.
        added: Variables that processes of one computer need, and those of containers do not.
    """

    folder: Path
    places: Mapping[str, str]
    added: Mapping[str, str]
    environ: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, Child] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        return services(self.environ)[name]

    def here(self, text: str) -> str:
        for place, replaced in self.places.items():
            text = text.replace(place, replaced)
        return text

    def command(self, name: str) -> list[str]:
        return [self.here(word) for word in self.service(name).argv]

    def environment(self, name: str) -> dict[str, str]:
        """Give a service's variables: those of its image and of the file, and nothing of whoever runs the tests."""
        image = image_environment() if "build" in self.service(name).given else {}
        given = image | self.service(name).environment
        ours = {variable: self.here(value) for variable, value in given.items()}
        kept = {"PATH": f"{_BIN}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(self.folder)}
        none = {"TEMPORAL_CONFIG_FILE": os.devnull, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        return ours | kept | none | dict(self.added)

    def run(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a service to its end, or something else as `docker compose exec` would."""
        return subprocess.run(
            command or self.command(name),
            cwd=self.folder,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=BOUND_SECONDS,
            check=False,
        )

    async def done(self, name: str, *command: str) -> str:
        """Run it, and give what it printed once it ended well."""
        ended = await asyncio.to_thread(self.run, name, *command)
        assert ended.returncode == 0, f"{name}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    async def start(self, name: str) -> None:
        """Start a service that lasts, and wait until its own health check is content."""
        [program, *rest] = self.command(name)
        found = str(_BIN / program) if (_BIN / program).exists() else program
        grace = timedelta(seconds=self.service(name).grace_seconds)
        child = await start_child(
            name, [found, *rest], logs=self.folder / "logs", environ=self.environment(name), patience=grace
        )
        self.running[name] = child
        async with asyncio.timeout(BOUND_SECONDS):
            while (await asyncio.to_thread(self.health, name)).returncode != 0:
                assert child.is_alive, f"{name} ended:\n{child.last_lines()}"

    def health(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run the health check of a service."""
        return self.run(name, *[self.here(word) for word in self.service(name).health_command])

    async def stop(self, name: str) -> int | None:
        """Stop a service as `docker compose stop` does, and give its exit code."""
        child = self.running.pop(name)
        await child.stop()
        return child.process.returncode

    async def stop_all(self) -> None:
        for name in reversed(list(self.running)):
            await self.stop(name)
