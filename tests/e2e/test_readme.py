"""What the README shows is what happens."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from signoff.domain.status import JobStatus
from signoff.settings import PREFIX, Settings
from tests.e2e.conftest import World

README = (Path(__file__).parents[2] / "README.md").read_text()


def block(language: str) -> str:
    """Give the first block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_example_in_python_runs_as_it_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.plan.state_dir.parent)
    monkeypatch.setenv("TEMPORAL_ADDRESS", world.plan.address)
    code = compile(block("python"), "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names = {"request": json.loads(block("json"))}
    running = eval(code, names)
    assert inspect.isawaitable(running)
    await running
    assert names["answer"].is_accepted
    assert names["result"] == names["draft"]
    assert (await world.closed(names["job"].job_id)).status is JobStatus.COMPLETED


def test_every_setting_is_in_the_readme() -> None:
    missing = [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in README]
    assert missing == []
