"""The price table: which entry holds for which model, and which tables are refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import SettingsError
from signoff.domain.prices import DISCOUNTS
from signoff.policy import load_policy
from tests.domain.pricing import TABLE


def read(tmp_path: Path, text: str) -> DeploymentPolicy:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path)


@pytest.mark.parametrize(
    ("model", "entry"),
    [
        ("gpt-5", "gpt-5"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("gpt-5-20250807", "gpt-5"),
        ("gpt-5-0613", "gpt-5"),
        ("gpt-5-mini", "gpt-5-mini"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("gpt-5-nano", ""),
        ("gpt-5-pro-2025-10-06", ""),
        ("gpt-5.1", ""),
        ("GPT-5", ""),
        ("ft:gpt-5:a-house::id", ""),
        ("gpt-5-2025-08", ""),
        ("-2025-08-07", ""),
        ("", ""),
    ],
)
def test_an_entry_holds_for_its_model_and_for_that_with_a_date(model: str, entry: str) -> None:
    assert TABLE.entry(model) == entry


def test_an_entry_with_a_date_goes_before_the_one_without() -> None:
    dated = TABLE.model_copy(update={"models": {**TABLE.models, "gpt-5-2025-08-07": TABLE.models["gpt-5-mini"]}})
    assert dated.entry("gpt-5-2025-08-07") == "gpt-5-2025-08-07"


def test_numbers_are_kept_to_the_letter_in_quotes_or_without(tmp_path: Path) -> None:
    models = "a = {input = 0.1, output = '0.30'}\nb = {input = 1, output = 2.000001}"
    table = read(tmp_path, f"[prices]\ncurrency = 'EUR'\n[prices.models]\n{models}").prices
    assert table
    assert [(str(one.input), str(one.output)) for one in table.models.values()] == [("0.1", "0.30"), ("1", "2.000001")]


def test_a_discount_changes_its_window_alone(tmp_path: Path) -> None:
    table = read(tmp_path, "[prices]\ncurrency = 'EUR'\n[prices.discounts]\n8h = 0.5").prices
    assert table
    assert table.discounts == DISCOUNTS | {"8h": Decimal("0.5")}


def test_a_window_that_the_deployment_added_may_have_a_discount(tmp_path: Path) -> None:
    text = "[deadlines]\n24h = 'P2D'\n[prices]\ncurrency = 'EUR'\n[prices.discounts]\n24h = 0.6"
    table = read(tmp_path, text).prices
    assert table
    assert table.discount("24h", "default") == Decimal("0.6")


PRICED = "currency = 'USD'\n[prices.models.m]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "prices.currency: "),
        ("currency = 'usd'", "prices.currency: "),
        ("currency = 'DOLLAR'", "prices.currency: "),
        ("curency = 'USD'\ncurrency = 'USD'", "prices.curency: there is no such field; did you mean currency?"),
        (f"{PRICED}input = 1", "prices.models.m.output: "),
        (f"{PRICED}input = -1\noutput = 1", "prices.models.m.input: Input should be greater than or equal to 0"),
        (f"{PRICED}input = 1_000_001\noutput = 1", "prices.models.m.input: Input should be less than"),
        (f"{PRICED}input = 0.0000001\noutput = 1", "prices.models.m.input: Decimal input should have no more than 6"),
        (f"{PRICED}input = nan\noutput = 1", "prices.models.m.input: "),
        (f"{PRICED}input = inf\noutput = 1", "prices.models.m.input: "),
        (f"{PRICED}input = 'free'\noutput = 1", "prices.models.m.input: "),
        (f"{PRICED}input = true\noutput = 1", "prices.models.m.input: "),
        (f"{PRICED}input = 1\noutput = 1\ncached = 1", "prices.models.m.cached: there is no such field"),
        (f"{PRICED}input = 1\noutput = 1\ncached_input = 2", "prices.models.m: "),
        (f"{PRICED}input = 1\noutput = 1\n[prices.models.M]\ninput = 1\noutput = 1", "prices.models: "),
        (f"{PRICED}input = 1\noutput = 1\n[prices.models.m]\ninput = 1", "this is no TOML"),
        (f"{PRICED}input = 1\noutput = 1\n[prices.models.' m']\ninput = 1\noutput = 1", "prices.models. m.[key]: "),
        (f"{PRICED}input = 1\noutput = 1\n[prices.models.m.tiers.flex]\ninput = 1", "prices.models.m.tiers.flex.out"),
        ("currency = 'USD'\n[prices.tools]\nweb_search_call = -1", "prices.tools.web_search_call: "),
        ("currency = 'USD'\n[prices.discounts]\n8h = 1.1", "prices.discounts.8h: "),
        ("currency = 'USD'\n[prices.discounts]\n8h = -0.1", "prices.discounts.8h: "),
        ("currency = 'USD'\n[prices.discounts]\n9h = 0.1", "prices.discounts.9h: no such completion window; known are"),
    ],
)
def test_a_broken_table_is_told_with_its_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, f"[prices]\n{text}")
    assert told in str(refused.value)
