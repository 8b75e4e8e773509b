"""The simulator shares nothing with the product."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import signoff.simulator

ROOM = Path(signoff.simulator.__file__).parent


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("file", sorted(ROOM.rglob("*.py")), ids=lambda file: file.stem)
def test_a_file_imports_only_the_web_framework_and_its_own_room(file: Path) -> None:
    allowed = {*sys.stdlib_module_names, "starlette", *(["uvicorn"] if file.stem == "server" else [])}
    foreign = [
        name
        for name in _imported(file)
        if name.split(".")[0] not in allowed and not f"{name}.".startswith("signoff.simulator.")
    ]
    assert foreign == []
