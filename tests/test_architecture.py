"""Who may import whom (design, section 10), and what is done in one place only.

A module that breaks a rule is named with its imports. To add a room, add a line to `MAY_IMPORT`.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
OURS: Final = frozenset({"signoff", "activities", "workflows", "starter", "worker", "bench", "tests"})

# Each room, and what its modules may import beside the standard library and the room itself. Of ours a room or
# a module is named; a third party is named by its top-level package. The first room that fits a module counts,
# so a new module of `signoff` falls to the line of `signoff` itself, and gets a line of its own above it.
MAY_IMPORT: Final[dict[str, str]] = {
    # rfc8785 is the decided exception to "stdlib, pydantic": the digest rests on it. pydantic_core types its errors.
    "signoff.domain": "pydantic pydantic_core rfc8785",
    "signoff.ports": "signoff.domain",
    "signoff.adapters": (
        "signoff.domain signoff.encryption signoff.ports"
        " apprise jsonschema referencing openai httpx2 obstore pydantic pydantic_core re2 standardwebhooks"
    ),
    # Of the domain the errors alone: a setting that can't be used is an error that callers can tell apart.
    "signoff.settings": "signoff.domain.errors pydantic pydantic_settings",
    "signoff.logs": "structlog temporalio",
    "signoff.simulator": "starlette uvicorn",
    "signoff.encryption": "signoff.domain.errors cryptography",
    "signoff.external": "signoff.domain signoff.ports google temporalio",
    "signoff.codec": "signoff.domain.errors signoff.encryption google temporalio",
    "signoff.temporal": "signoff.codec signoff.domain signoff.encryption temporalio",
    "signoff.visibility": "signoff.domain temporalio",
    "signoff.cursors": "signoff.domain",
    "signoff.listing": "signoff.cursors signoff.domain signoff.temporal signoff.visibility temporalio",
    "signoff.finding": (
        "signoff.closed signoff.cursors signoff.domain signoff.listing signoff.ports signoff.temporal"
        " signoff.visibility temporalio"
    ),
    "signoff.stats": "signoff.domain signoff.finding signoff.temporal signoff.visibility temporalio",
    "signoff.fetching": "signoff.domain signoff.stats",
    "signoff.following": "signoff.domain temporalio",
    "signoff.reading": (
        "signoff.domain signoff.fetching signoff.following signoff.temporal signoff.visibility temporalio"
    ),
    # What renders reports is handed in, so that a service that exports without them needs no extra.
    "signoff.exporting": "signoff.domain signoff.reading signoff.verifying",
    "signoff.verifying": "signoff.domain signoff.reading",
    "signoff.deciding": (
        "signoff.domain signoff.messaging signoff.ports signoff.temporal signoff.visibility pydantic temporalio"
    ),
    "signoff.messaging": "signoff.deliveries signoff.domain signoff.reading signoff.temporal pydantic temporalio",
    "signoff.deliveries": (
        "signoff.domain signoff.listing signoff.reading signoff.temporal signoff.visibility pydantic temporalio"
    ),
    "signoff.erasing": "signoff.deciding signoff.domain signoff.messaging signoff.temporal pydantic temporalio",
    "signoff.forgetting": "signoff.domain signoff.messaging signoff.temporal temporalio",
    "signoff.upkeep": "signoff.domain signoff.temporal temporalio",
    "signoff.client": ("signoff.domain signoff.erasing signoff.ports signoff.temporal signoff.visibility temporalio"),
    "signoff.policy": "signoff.domain pydantic",
    "signoff.checking": "signoff.domain signoff.ports",
    "signoff.acting": "signoff.checking signoff.domain signoff.ports",
    "signoff.announcing": "signoff.domain signoff.messaging signoff.temporal temporalio",
    # The index of closed jobs needs an archive alone, so that activities, commands and lists can share it.
    "signoff.closed": "signoff.domain signoff.ports",
    "signoff.tokens": "signoff.domain pydantic",
    # For receivers of deliveries, who have nothing else of ours.
    "signoff.receive": "signoff.domain standardwebhooks",
    # Pure: what turns other people's texts into HTML, for the pages and for exported reports alike.
    "signoff.showing": "signoff.domain jinja2 markdown_it markupsafe nh3 structlog",
    # The pages are the one part of the gateway that signs cookies and signs people in.
    "signoff.gateway.pages": (
        "signoff.gateway signoff.client signoff.domain signoff.ports signoff.reading signoff.settings signoff.showing"
        " signoff.tokens authlib fastapi httpx httpx2 itsdangerous jinja2 joserfc limits markupsafe pydantic"
        " starlette structlog"
    ),
    # The codec server decrypts for whoever the pages have signed in.
    "signoff.gateway.codec": (
        "signoff.gateway signoff.codec signoff.domain signoff.encryption signoff.tokens starlette structlog"
    ),
    # FastAPI is made of starlette, and brings it along.
    "signoff.gateway": (
        "signoff.client signoff.domain signoff.ports signoff.reading signoff.tokens"
        " fastapi starlette pydantic pydantic_core prometheus_client structlog"
    ),
    # What the composition roots share of the settings, the commands among them.
    "signoff.keeping": "signoff.adapters signoff.domain signoff.encryption signoff.settings",
    "signoff": "",
    "activities": "signoff.closed signoff.domain signoff.ports pydantic temporalio",
    "workflows": "activities signoff.domain pydantic temporalio",
    # A composition root: it wires adapters to the client, and starts the worker as a process of its own.
    "starter": (
        "signoff.client signoff.closed signoff.codec signoff.domain signoff.encryption signoff.external signoff.finding"
        " signoff.keeping signoff.policy signoff.ports signoff.settings signoff.logs signoff.temporal signoff.tokens"
        " signoff.visibility signoff.adapters httpx2 pydantic temporalio typer click rich"
        " signoff.exporting signoff.showing.report signoff.upkeep signoff.verifying"
    ),
}
ANYTHING: Final = ("worker", "signoff.process", "signoff.gateway.__main__", "bench", "tests")

# What may read the environment or the settings, and nothing else does.
COMPOSITION_ROOTS: Final = (
    "signoff.settings",
    "signoff.process",  # the part of the roots that the worker and the gateway share
    "signoff.simulator.__main__",
    "signoff.gateway.__main__",
    "starter",
    "worker",
)


def is_within(module: str, room: str) -> bool:
    return f"{module}.".startswith(f"{room}.")


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, ast.Module]:
    """Parse every module of ours but the tests and the benchmarks."""
    rooms = [ROOT / room for room in ("signoff", "activities", "workflows", "starter")]
    files = [ROOT / "worker.py", *(file for room in rooms for file in room.rglob("*.py"))]
    return {name_of(file): ast.parse(file.read_text()) for file in sorted(files)}


def imports_of(module: str) -> Iterator[str]:
    """List what a module imports anywhere in it, in functions too; for a `from`, the module or the name in it."""
    for node in ast.walk(sources()[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            # `from signoff import client` imports a module, `from signoff.client import JobClient` a name.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_allowed(imported: str, room: str) -> bool:
    top = imported.partition(".")[0]
    if top in sys.stdlib_module_names or is_within(imported, room):
        return room != "signoff" or top not in OURS
    return any(is_within(imported if top in OURS else top, allowed) for allowed in MAY_IMPORT[room].split())


def forbidden(module: str) -> list[str]:
    room = next(room for room in MAY_IMPORT if is_within(module, room))
    return [imported for imported in imports_of(module) if not is_allowed(imported, room)]


RULED: Final = [module for module in sources() if not any(is_within(module, room) for room in ANYTHING)]


@pytest.mark.parametrize("module", RULED)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    assert forbidden(module) == []


def test_every_room_of_the_table_has_modules() -> None:
    """A room that was renamed would otherwise leave its rule behind, and nobody would notice."""
    assert {room for room in MAY_IMPORT if any(is_within(module, room) for module in RULED)} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("imported", "room", "expected"),
    [
        ("signoff.domain.status.JobStatus", "signoff.domain", True),
        ("signoff.domain.names", "workflows", True),
        ("datetime.datetime", "signoff.domain", True),
        ("signoff.ports.Archive", "signoff.domain", False),
        ("temporalio.workflow", "signoff.domain", False),
        ("signoff.adapters.openai", "activities", False),
        ("signoff.settings.Settings", "workflows", False),
        ("signoff.domain.errors.SettingsError", "signoff.settings", True),
        ("signoff.domain.status.JobStatus", "signoff.settings", False),
        ("signoff.ports.Archive", "workflows", False),
        ("signoff.client.JobClient", "signoff.adapters", False),
        ("signoff.adapters", "signoff.client", False),
        ("signoff.domain.names", "signoff.simulator", False),
        ("worker.make_workers", "starter", False),
        ("signoff.client.JobClient", "signoff", False),
    ],
)
def test_the_rule_itself(imported: str, room: str, expected: bool) -> None:  # noqa: FBT001  a column of the table
    assert is_allowed(imported, room) == expected


HEAVY: Final = ("openai", "starlette", "fastapi", "uvicorn", "structlog", "obstore", "httpx2", "rich", "typer")


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        # Through the sandbox the OpenAI client does not load at all, and structlog costs 23 to 138 ms a run.
        ("workflows.job", HEAVY),
        # A service that starts jobs needs neither a provider nor a store.
        ("signoff.client", ("openai", "obstore", "starlette", "structlog", "pydantic_settings", "workflows")),
        # A service that exports jobs needs what renders reports only where it wants one.
        ("signoff.exporting", ("jinja2", "nh3", "markdown_it", "openai", "obstore", "structlog")),
        ("signoff.domain.progress", (*HEAVY, "temporalio", "pydantic_settings")),
        ("signoff.simulator.app", ("openai", "pydantic", "temporalio", "signoff.domain")),
    ],
)
def test_importing_a_module_loads_nothing_unwanted(module: str, unwanted: tuple[str, ...]) -> None:
    """In a process of its own, since this one has loaded everything."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = done.stdout.split()
    assert module in loaded
    assert [name for name in unwanted if name in loaded] == []


def mentions(module: str, name: str) -> bool:
    """Tell whether a module calls something by this name, or by an attribute of this name."""
    called = (node.func for node in ast.walk(sources()[module]) if isinstance(node, ast.Call))
    return any(_last_name(function) == name for function in called)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_one_module_builds_application_errors() -> None:
    """Others would choose a type and a retry of their own."""
    assert [module for module in sources() if mentions(module, "ApplicationError")] == ["activities.errors"]


def reads_environment(module: str) -> bool:
    names = {_last_name(node) for node in ast.walk(sources()[module]) if isinstance(node, ast.Attribute)}
    imported = {name for name in imports_of(module) if name.startswith("os.")}
    is_read = bool(names & {"environ", "getenv"} or imported & {"os.environ", "os.getenv"})
    return is_read or any(mentions(module, name) for name in ("load_settings", "Settings"))


def test_only_composition_roots_read_the_environment_and_the_settings() -> None:
    """Everything else is told what it needs, so that a test can tell it something else."""
    readers = [module for module in sources() if reads_environment(module)]
    assert [module for module in readers if not any(is_within(module, root) for root in COMPOSITION_ROOTS)] == []
    assert "signoff.settings" in readers
    assert "signoff.process" in readers
