"""`signoff policy`: the rules in force, and a file that can't be used."""

import json
from pathlib import Path

import pytest

from signoff.domain.failures import FailureClass
from tests.starter.conftest import Signoff

FILE = """
on_unknown = "park"
adoption_window = "PT30S"

[classes.transient]
attempts = 5
window = "PT1H"

[maximum]
attempts = 3
tokens = 100000
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNOFF_POLICY_FILE", raising=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(FILE)
    monkeypatch.setenv("SIGNOFF_POLICY_FILE", str(path))
    return path


def row(shown: str, failure_class: str) -> list[str]:
    [line] = [line for line in shown.splitlines() if line.startswith(f"  {failure_class} ")]
    return [cell for cell in line.strip().split("  ") if cell]


def test_without_a_file_the_defaults_are_shown(signoff: Signoff) -> None:
    shown = signoff("policy").stdout
    assert "the defaults; SIGNOFF_POLICY_FILE names no file" in shown
    assert [row(shown, one)[0].strip() for one in FailureClass] == list(FailureClass)
    assert "recreate: after a create whose reply was lost and 2 min without a sign" in shown
    assert "  2h                 4 h                     3 h\n" in shown


def test_a_file_changes_the_rules_and_what_it_changed_is_marked(signoff: Signoff, file: Path) -> None:
    shown = signoff("policy").stdout
    assert f"from {file} (SIGNOFF_POLICY_FILE)" in shown
    told = [cell.strip() for cell in row(shown, "transient")]
    assert told == ["transient *", "yes", "2 s, times 2, up to 10 min", "5 tries within 1 h", "retry", "operator"]
    assert "park: after a create whose reply was lost and 30 s without a sign" in shown
    assert "a job spends at most 3 paid attempts and 100,000 tokens by itself" in shown


@pytest.mark.parametrize(
    ("webhooks", "told"),
    [
        ("", "polls: the first look after 2 s, then every 10% of the age, 2 s to 1 min"),
        ("true", "a webhook brings the look; as a net below, the first look after 5 min, then every 10% of the age"),
    ],
)
def test_it_says_what_jobs_wait_for(
    signoff: Signoff, monkeypatch: pytest.MonkeyPatch, webhooks: str, told: str
) -> None:
    monkeypatch.setenv("SIGNOFF_WEBHOOKS", webhooks)
    assert told in " ".join(signoff("policy").stdout.split())


def test_a_class_that_stops_at_once_has_no_tries(signoff: Signoff) -> None:
    told = [cell.strip() for cell in row(signoff("policy").stdout, "quota")]
    assert told == ["quota", "no", "-", "-", "restore_quota", "operator"]


def test_the_rules_as_json(signoff: Signoff, file: Path) -> None:
    document = json.loads(signoff("policy", "--json").stdout)
    assert (document["policy_file"], document["on_unknown"]) == (str(file), "park")
    assert document["classes"]["transient"]["attempts"] == 5
    assert set(document["classes"]) == set(FailureClass)
    assert "outcome_unknown" in document["delivery"]["classes"]
    assert (document["attention_window"], document["deadlines"]["8h"]) == ("P7D", "PT16H")


@pytest.mark.parametrize("command", ["policy", "up"])
@pytest.mark.parametrize(
    ("content", "told"),
    [("[classes.quota]\nautomatic = true", "quota can't be automatic"), ("on_unknown = ", "this is no TOML")],
)
def test_a_bad_file_ends_with_2_and_the_reason(
    signoff: Signoff, file: Path, command: str, content: str, told: str
) -> None:
    file.write_text(content)
    done = signoff(command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert str(file) in done.stderr
    assert told in done.stderr


PRICES = """
[prices]
currency = "EUR"
[prices.models.gpt-5]
input = 1.25
output = "10.00"
[prices.models.gpt-5.tiers.flex]
input = 0.5
output = 5
cached_input = 0.05
[prices.tools]
web_search_call = 10
[prices.discounts]
8h = 0.255
"""


def test_the_price_table_is_shown(signoff: Signoff, file: Path) -> None:
    file.write_text(PRICES)
    shown = signoff("policy").stdout
    assert "prices of 1,000,000 tokens in EUR\n" in shown
    rows = [line.split("  ") for line in shown.splitlines() if line.startswith("  gpt-5")]
    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["gpt-5", "standard", "1.25", "as input", "as input", "10.00"],
        ["gpt-5", "flex", "0.5", "0.05", "as input", "5"],
    ]
    assert "  web_search_call  10\n" in shown
    assert "  discounts    of the tokens' price, by completion window: 2h 30 %, 8h 25.5 %\n" in shown
    document = json.loads(signoff("policy", "--json").stdout)
    assert document["prices"]["models"]["gpt-5"]["output"] == "10.00"


def test_that_there_is_no_price_table_is_said_in_one_line(signoff: Signoff) -> None:
    shown = signoff("policy").stdout
    assert "  prices       no price table (prices), so what jobs cost is not reckoned in money\n" in shown
