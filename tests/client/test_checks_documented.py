"""The examples of `docs/checks.md` do what is said of them."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import TypeAdapter
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.checks import findings_of, problems_with
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain.checks import Check
from signoff.domain.deliverable import Citation, Deliverable
from signoff.domain.job import parse_request
from tests.world import a_world

PAGE: Final = (Path(__file__).parents[2] / "docs" / "checks.md").read_text()
CHECK: TypeAdapter[Check] = TypeAdapter(Check)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


REQUEST, *CHECKS = [json.loads(block) for block in blocks("json")]
MADE_UP = Citation(title="A", url="https://made.up/", start=0, end=1)


def test_the_request_is_one() -> None:
    request = parse_request(REQUEST)
    assert len(request.review.checks) == 4


@pytest.mark.parametrize("data", CHECKS, ids=lambda data: data["kind"])
def test_each_check_can_be_made(data: dict[str, Any]) -> None:
    assert problems_with([CHECK.validate_python(data)]) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json_schema", "no JSON"),
        ("json_schema", '{"title": "A", "risk": "none"}'),
        ("min_citations", ""),
        ("cited_sources", ""),
        ("length", "x" * 5210),
        ("forbidden", "\n" * 11 + "x" * 869 + "Strictly Confidential"),
    ],
)
def test_each_finding_is_as_it_is_told(kind: str, text: str) -> None:
    [data] = [data for data in CHECKS if data["kind"] == kind]
    draft = Deliverable(job_id="job-1", attempt=1, text=text, citations=(MADE_UP,))
    [found] = findings_of([CHECK.validate_python(data)], draft, set())
    assert f"`{found.kind}`" in PAGE
    assert f"`{found.message}`" in PAGE


async def test_a_check_of_ones_own_is_asked_and_its_finding_shown(real_env: WorkflowEnvironment) -> None:
    [code] = blocks("python")
    example: dict[str, Any] = {}
    exec(compile(code, "docs/checks.md", "exec"), example)
    provider = InMemoryResponses(script=(completed("Acme is better."),))
    async with a_world(real_env, provider=provider) as world:
        example["archive"] = world.archive
        async with example["make_worker"](real_env.client):
            held = await world.held(await world.submit(review={"checks": [CHECKS[-1]]}))
    assert held.deliverable is not None
    assert [f"`{found.message}`" in PAGE for found in held.deliverable.findings] == [True]
