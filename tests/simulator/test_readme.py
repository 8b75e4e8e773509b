"""What README.md promises is what the simulator understands."""

import re
from itertools import takewhile
from pathlib import Path

import httpx2
import pytest

import signoff.simulator
from signoff.simulator.events import FAULTS
from signoff.simulator.language import COMMON_KEYS, choose
from signoff.simulator.scenarios import SCENARIOS

README = (Path(signoff.simulator.__file__).parent / "README.md").read_text()


def _section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def _rows(section: str, header: str) -> list[list[str]]:
    """Return the cells of the table under this header."""
    lines = section.split(f"{header}\n|---")[1].splitlines()[1:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


FAULT_ROWS = _rows(_section("The 24 faults"), "| fault | text |")
SCENARIO_ROWS = _rows(_section("Scenarios"), "| name | what happens | keys and their defaults |")


def test_there_is_a_text_for_each_fault() -> None:
    assert [row[0].split()[0] for row in FAULT_ROWS] == [str(number) for number in range(1, 25)]


@pytest.mark.parametrize("text", [text for row in FAULT_ROWS for text in re.findall(r"`([^`]+)`", row[1])])
def test_the_text_for_a_fault_is_understood(text: str) -> None:
    assert choose(text, SCENARIOS).parts


def test_every_fault_of_webhooks_is_named() -> None:
    named = re.findall(r"webhook=(\w+)", _section("The 24 faults"))
    assert sorted(named) == sorted(FAULTS)


def test_every_scenario_is_described() -> None:
    assert {row[0].strip("`") for row in SCENARIO_ROWS} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_key_of_a_scenario_is_described(name: str) -> None:
    (row,) = [row for row in SCENARIO_ROWS if row[0] == f"`{name}`"]
    keys = set(SCENARIOS[name].keys) - {"queued", "running"}
    assert set(re.findall(r"`(\w+)=", row[2])) == keys


def test_every_common_key_is_described() -> None:
    rows = _rows(_section("Scenarios"), "| key | what it changes |")
    assert set(re.findall(r"`(\w+)=", " ".join(row[0] for row in rows))) == {"queued", "running", *COMMON_KEYS}


async def test_every_key_of_the_control_is_described(http: httpx2.AsyncClient) -> None:
    described = {row[0].strip("`") for row in _rows(_section("Control"), "| key | value |")}
    assert described == set((await http.get("/simulator/control")).json())
