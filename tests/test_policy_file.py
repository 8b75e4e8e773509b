"""The policy file: what it may hold, what is refused, and that its documentation says what the code does."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from signoff.domain.budget import Budget
from signoff.domain.deployment import (
    DEADLINES,
    DEFAULT,
    STUCK_AFTER,
    ClassOverride,
    DeploymentPolicy,
    JobPolicy,
    Limits,
    OnUnknown,
)
from signoff.domain.errors import SettingsError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.job import parse_request
from signoff.domain.judging import ATTEMPTS_KEPT
from signoff.domain.model import in_words
from signoff.domain.panel import House
from signoff.domain.policies import DELIVERY, POLICIES, ClassPolicy
from signoff.domain.prices import DISCOUNTS, ModelPrices, PriceTable, Rates
from signoff.domain.removal import Kind
from signoff.domain.repairing import REPAIRS_KEPT
from signoff.domain.retention import Retention
from signoff.domain.schedule import POLL, WEBHOOK, ScheduleOverride, WaitMode
from signoff.policy import load_policy

DOCUMENTED: Final = (Path(__file__).parents[1] / "docs" / "policy.md").read_text(encoding="utf-8")
UNITS: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
Load = Callable[[str], DeploymentPolicy]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(text: str) -> DeploymentPolicy:
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return load_policy(path)

    return read


def block(language: str) -> str:
    """Give the one example in a language."""
    found = re.findall(rf"```{language}\n(.*?)```", DOCUMENTED, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def table(heading: str) -> list[list[str]]:
    """Give the rows of the table below a heading."""
    section = DOCUMENTED.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in section.splitlines() if line[:1] == "|"
    ]
    return rows[2:]


def shown(value: Any) -> str:
    """Say a default in the words of the documentation."""
    if value is None:
        return "none"
    return in_words(value) if isinstance(value, timedelta) else f"{value:g}" if isinstance(value, float) else str(value)


def toml_of(bound: str, beyond: int = 0) -> str:
    """Turn a documented bound into TOML, or what lies a little beyond it."""
    number, _, unit = bound.partition(" ")
    value = float(number) * UNITS.get(unit, 1)
    value += beyond * (0.5 if value == 1 and beyond < 0 and unit else 1)
    return f"{value:g}" if value < 1_000 else str(int(value))


def test_without_a_file_the_defaults_hold() -> None:
    assert load_policy(None) == DEFAULT == DeploymentPolicy()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[classes]\n[maximum]\n[limits]\n[deadlines]\n"])
def test_an_empty_file_changes_nothing(load: Load, text: str) -> None:
    assert load(text) == DEFAULT


def test_the_documented_example_is_read_as_it_says(load: Load) -> None:
    policy = load(block("toml"))
    assert (policy.on_unknown, policy.adoption_window) == (OnUnknown.PARK, timedelta(minutes=5))
    assert policy.attention_window == timedelta(days=14)
    assert policy.maximum == Budget(attempts=5, wall_time=timedelta(days=2), tokens=2_000_000)
    assert policy.limits == Limits(attempts=50, window=timedelta(days=1))
    rule = policy.terms(FailureClass.TRANSIENT, Stage.LOOK, JobPolicy()).rule
    assert rule == ClassPolicy(
        is_automatic=True,
        first_delay=timedelta(seconds=1),
        growth=1.5,
        longest_delay=timedelta(minutes=5),
        jitter=0.5,
        attempts=200,
        window=timedelta(days=1),
        next_action=rule.next_action,
    )
    assert not policy.terms(FailureClass.TIMEOUT, Stage.LOOK, JobPolicy()).rule.is_automatic
    delivery = policy.terms(FailureClass.TRANSIENT, Stage.DELIVER, JobPolicy()).rule
    assert (delivery.attempts, delivery.window, delivery.longest_delay) == (
        1_000,
        timedelta(days=7),
        timedelta(minutes=15),
    )
    assert [policy.deadline(window, None) for window in DEADLINES] == [timedelta(hours=hours) for hours in (1, 4, 10)]
    assert [policy.stuck(window) / timedelta(minutes=1) for window in STUCK_AFTER] == [20, 180, 720]
    assert policy.schedule(WaitMode.AUTO) == WEBHOOK.model_copy(update={"first": timedelta(minutes=1)})
    assert policy.schedule(WaitMode.POLL) == POLL
    assert policy.groups == {"editors": ("ana@example.com", "bo@example.com")}
    assert policy.prices == PriceTable(
        currency="USD",
        models={
            "gpt-5": ModelPrices(
                input=Decimal("1.25"),
                cached_input=Decimal("0.125"),
                output=Decimal(10),
                tiers={"priority": Rates(input=Decimal("2.50"), output=Decimal(20))},
            )
        },
        tools={"web_search_call": Decimal(10)},
        discounts={"2h": Decimal("0.30"), "8h": Decimal("0.5")},
    )
    kept = {kind: policy.retention.of(kind) for kind in (Kind.RESPONSE, Kind.DRAFT, Kind.DELIVERABLE)}
    assert kept == {Kind.RESPONSE: timedelta(days=90), Kind.DRAFT: timedelta(days=30), Kind.DELIVERABLE: None}
    assert policy.house(["editors"]) == House(groups=dict(policy.groups), is_attested=True, is_noticed=True)


def test_what_the_environment_says_of_webhooks_holds_beside_a_file(load: Load, tmp_path: Path) -> None:
    assert not load("").webhooks
    assert load_policy(tmp_path / "policy.toml", webhooks=True).webhooks
    assert load_policy(None, webhooks=True).webhooks


def test_the_documented_example_shows_every_part_of_the_file(load: Load) -> None:
    assert load(block("toml")).model_fields_set == set(DeploymentPolicy.model_fields)


def test_the_documented_request_is_taken_within_the_defaults() -> None:
    policy = parse_request(json.loads(block("json"))).policy
    assert policy.model_fields_set == set(JobPolicy.model_fields)
    timeout, transient = (
        DEFAULT.terms(one, Stage.LOOK, policy) for one in (FailureClass.TIMEOUT, FailureClass.TRANSIENT)
    )
    assert (timeout.rule.attempts, transient.rule.window) == (2, timedelta(days=2))
    assert (timeout.on_unknown, timeout.maximum) == (OnUnknown.PARK, Budget(attempts=2, tokens=100_000))


@pytest.mark.parametrize("name", [*FailureClass, "a delivery"])
def test_the_documented_rule_of_each_class_is_the_codes(name: str) -> None:
    rule = DELIVERY if name == "a delivery" else POLICIES[FailureClass(name)]
    by_itself = "see `on_unknown`".strip("`") if name == "outcome_unknown" else "yes" if rule.is_automatic else "no"
    numbers = [rule.first_delay, rule.longest_delay, rule.attempts, rule.window]
    told = ["-"] * 4 if by_itself == "no" else [shown(number) for number in numbers]
    documented = {row[0]: row[1:] for row in table("The classes")}
    assert documented[name] == [by_itself, *told, rule.actor, rule.next_action]


def test_the_documented_classes_are_all_there_are() -> None:
    assert [row[0] for row in table("The classes")] == [*FailureClass, "a delivery"]


def documented_keys() -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in table("The keys")}


def defaults() -> dict[str, Any]:
    """List every key of the file with its default, out of the code."""
    rule = ClassPolicy()
    found: dict[str, Any] = {
        name: getattr(DEFAULT, name) for name in ("on_redirect", "on_unknown", "adoption_window", "attention_window")
    }
    found |= {f"maximum.{name}": getattr(DEFAULT.maximum, name) for name in Budget.model_fields}
    found |= {f"limits.{name}": getattr(DEFAULT.limits, name) for name in Limits.model_fields}
    same = {name: getattr(rule, name) for name in ("growth", "jitter")}
    found |= {f"classes.<class>.{name}": same.get(name, "see above") for name in ClassOverride.model_fields}
    found["delivery.<key>"] = "see above"
    found |= {f"deadlines.{window}": deadline for window, deadline in DEADLINES.items()}
    found |= {f"stuck_after.{window}": stuck for window, stuck in STUCK_AFTER.items()} | {"webhooks": DEFAULT.webhooks}
    for name, schedule in {"poll": POLL, "webhook": WEBHOOK}.items():
        found |= {f"looks.{name}.{part}": getattr(schedule, part) for part in ScheduleOverride.model_fields}
    found |= {f"retention.{name}": None for name in Retention.model_fields}
    found |= {"groups.<group>": "none", "decisions": DEFAULT.decisions, "notices": DEFAULT.notices}
    prices = [f"models.<model>.{price}" for price in Rates.model_fields]
    absent = ["currency", *prices, "models.<model>.tiers.<tier>.<price>", "tools.<call>"]
    found |= {f"prices.{key}": "none" for key in absent}
    return found | {f"prices.discounts.{window}": str(share) for window, share in DISCOUNTS.items()}


def test_every_key_is_documented_with_its_default() -> None:
    assert {key: cells[0] for key, cells in documented_keys().items()} == {
        key: shown(value) for key, value in defaults().items()
    }
    assert {key.split(".")[0] for key in documented_keys()} == set(DeploymentPolicy.model_fields)


def test_growth_and_jitter_are_the_same_for_every_class() -> None:
    assert {(rule.growth, rule.jitter) for rule in (*POLICIES.values(), DELIVERY)} == {(2.0, 0.2)}


BOUNDED: Final = [key for key, cells in documented_keys().items() if cells[1] not in {"-", ""}]


@pytest.mark.parametrize("key", BOUNDED)
def test_the_documented_bounds_are_the_codes(load: Load, key: str) -> None:
    least, most = documented_keys()[key][1:3]
    named = ".".join(f'"{part}"' for part in key.replace("<class>", "transient").split("."))
    for bound in (least, most):
        load(f"{named} = {toml_of(bound)}")
    for bound, beyond in ((least, -1), (most, 1)):
        with pytest.raises(SettingsError, match="should be"):
            load(f"{named} = {toml_of(bound, beyond)}")


def test_what_is_no_setting_is_documented_as_the_code_has_it() -> None:
    assert f"at most {ATTEMPTS_KEPT} attempts in all" in DOCUMENTED
    assert f"repaired at most {REPAIRS_KEPT} times" in DOCUMENTED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("on_unknwn = 'park'", "on_unknwn: there is no such field; did you mean on_unknown?"),
        ("[maximum]\nattemps = 5", "maximum.attemps: there is no such field; did you mean attempts?"),
        (
            "[classes.transient]\nfirst_dely = 5",
            "classes.transient.first_dely: there is no such field; did you mean first_",
        ),
        ("[delivery]\nwindw = 5", "delivery.windw: there is no such field; did you mean window?"),
        ("[classes.transientt]\nattempts = 5", "classes.transientt.[key]: Input should be 'transient', 'rate_limited'"),
        ("on_unknown = 'PARK'", "on_unknown: Input should be 'recreate' or 'park'"),
        ("adoption_window = 0", "adoption_window: Input should be greater than or equal to 1 second"),
        ("attention_window = 'a week'", "attention_window: Input should be a valid timedelta"),
        ("classes = 5", "classes: Input should be a valid dictionary"),
        ("[classes.transient]\ngrowth = nan", "classes.transient.growth: Input should be"),
        ("[classes.transient]\njitter = nan", "classes.transient.jitter: Input should be"),
        (
            "[classes.quota]\nautomatic = true",
            "classes: quota can't be automatic: only rate_limited, timeout, transient",
        ),
        ("maximum.attempts = 1.5", "maximum.attempts: Input should be a valid integer"),
        ("[deadlines]\nsoonest = 2026-01-05", "deadlines.soonest: Input should be a valid timedelta"),
        ("on_unknown = ", "this is no TOML: Invalid value"),
        ("on_unknown = 'park'\non_unknown = 'park'", "this is no TOML: Cannot overwrite a value"),
    ],
)
def test_a_broken_rule_is_told_with_the_file_and_the_key(load: Load, tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(text)
    assert str(refused.value).startswith(f"{tmp_path / 'policy.toml'}: {told}")


def test_every_broken_rule_is_told_at_once(load: Load) -> None:
    with pytest.raises(SettingsError) as refused:
        load("on_unknwn = 'park'\nadoption_window = 0\n[limits]\nattempts = 0")
    assert [part.split(": ")[0].split("/")[-1] for part in str(refused.value).split("; ")][1:3] == [
        "limits.attempts",
        "on_unknwn",
    ]
    assert "adoption_window: " in str(refused.value)


def test_a_file_that_is_not_there_is_an_error_and_not_the_defaults(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: the policy file can't be read: .*No such file"):
        load_policy(tmp_path / "none.toml")


def test_a_folder_and_a_file_that_is_no_text_are_errors(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes("# ä".encode("latin-1"))
    for path in (tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(SettingsError, match="the policy file can't be read"):
            load_policy(path)
