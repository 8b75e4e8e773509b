"""The compose file as it is, read by a YAML parser, with the variables of whoever starts it filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
OURS = ("setup", "gateway", "worker", "worker-simulated", "simulator")
"""The services that run in the image which is built here."""

ONCE = ("temporal-schema", "temporal-namespace", "archive-bucket", "setup")
"""Those that do something and end."""

_FILLED = re.compile(r"\$\$|\$\{(\w+)(?::-([^}]*))?\}")


@dataclass(frozen=True)
class Service:
    """One service of the file."""

    name: str
    given: Mapping[str, Any]

    @property
    def argv(self) -> list[str]:
        """What it is started with, as far as the file says so and not its image."""
        return [*self.given.get("entrypoint", []), *self.given.get("command", [])]

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.given.get("environment", {}))

    @property
    def environment_without_files(self) -> dict[str, str]:
        return {name: value for name, value in self.environment.items() if not name.endswith("_FILE")}

    @property
    def health_command(self) -> list[str]:
        how, *command = self.given["healthcheck"]["test"]
        assert how == "CMD"
        return list(command)

    @property
    def grace_seconds(self) -> float:
        return float(str(self.given["stop_grace_period"]).removesuffix("s"))


@cache
def raw() -> dict[str, Any]:
    """The file with its anchors resolved, as compose has it before it fills variables in."""
    [document] = parsed(COMPOSE.read_text())
    return dict(document)


def services(environ: Mapping[str, str] | None = None) -> dict[str, Service]:
    """Give the services as they start for somebody with these variables."""
    filled = _filled(raw()["services"], environ or {})
    return {name: Service(name, given) for name, given in filled.items()}


@cache
def image_environment() -> dict[str, str]:
    """What the image sets by itself."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    lines = [line.removeprefix("ENV ") for line in text.splitlines() if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


def parsed(text: str) -> list[Any]:
    """Read the documents of a YAML text."""
    return [_plain(document) for document in YAML(typ="safe", pure=True).load_all(StringIO(text))]


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, environ) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, environ) for one in value]
    return _FILLED.sub(lambda seen: _value(seen, environ), value) if isinstance(value, str) else value


def _value(seen: re.Match[str], environ: Mapping[str, str]) -> str:
    if seen[0] == "$$":
        return "$"
    return environ.get(seen[1]) or seen[2] or ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
