"""What one response cost: the arithmetic, its laws, and what is unknown of it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.cost import Cost, reckoned
from signoff.domain.usage import COUNT_LIMIT, Consumption
from tests.domain.pricing import TABLE, cost, usage

COUNTS = st.integers(0, COUNT_LIMIT)
PARTS = st.one_of(st.none(), COUNTS)
MORE = st.integers(0, 10**9)
WINDOWS = st.sampled_from(["soonest", "2h", "8h"])


@pytest.mark.parametrize(
    ("used", "window", "amount"),
    [
        ({}, "soonest", "2.250000"),  # 1 M x 1.25 + 0.1 M x 10
        ({}, "2h", "1.575000"),  # less 30 %
        ({}, "8h", "1.350000"),  # less 40 %
        ({"usage": usage(cached_input_tokens=400_000)}, "soonest", "1.800000"),  # 0.6 x 1.25 + 0.4 x 0.125 + 1
        ({"usage": usage(reasoning_tokens=90_000)}, "soonest", "2.250000"),  # reasoning is in the output
        ({"usage": usage(cache_write_tokens=500_000)}, "soonest", "2.250000"),  # written costs what input does
        ({"service_tier": "default"}, "soonest", "2.250000"),
        ({"service_tier": "flex"}, "soonest", "1.000000"),  # 1 x 0.5 + 0.1 x 5
        ({"service_tier": "flex"}, "8h", "1.000000"),  # windows save at the standard tier
        ({"model": "gpt-5-mini-2025-08-07"}, "soonest", "0.450000"),  # 0.25 + 0.2
        ({"tools": {"web_search_call": 3}}, "8h", "1.380000"),  # 1.35 + 3 x 10 / 1,000
        ({"usage": usage(1, 0)}, "soonest", "0.000001"),  # 0.00000125
        ({"usage": usage(2, 0)}, "soonest", "0.000003"),  # 0.0000025, half up
        ({"usage": usage(0, 0)}, "soonest", "0.000000"),
        ({"usage": usage(cached_input_tokens=5_000_000)}, "soonest", "1.125000"),  # no more cached than there was
    ],
)
def test_the_arithmetic(used: dict[str, Any], window: str, amount: str) -> None:
    found = cost(window, **used)
    assert (str(found.amount), found.currency, found.unpriced) == (amount, "USD", ())


def test_it_tells_what_it_was_reckoned_with() -> None:
    found = cost("8h", model="gpt-5-2025-08-07", service_tier="default")
    assert (found.priced_as, found.service_tier, found.discount) == ("gpt-5", "default", Decimal("0.40"))


@pytest.mark.parametrize(
    ("used", "window", "amount", "told"),
    [
        ({"usage": None}, "soonest", "0", "OpenAI told no usage"),
        ({"model": "gpt-9"}, "soonest", "0", "the price table has no model gpt-9"),
        ({"model": ""}, "soonest", "0", "OpenAI told no model"),
        ({"service_tier": "priority"}, "soonest", "0", "the price table has no tier priority of gpt-5"),
        ({}, "24h", "0", "the price table has no discount for the completion window 24h"),
        ({}, None, "0", "the completion window that was asked for is not known"),
        ({"usage": usage(total_tokens=1_100_007)}, "soonest", "2.25", "7 tokens of neither input nor output"),
        ({"tools": {"file_search_call": 1_234}}, "soonest", "2.25", "has no fee for file_search_call (1,234)"),
        (
            {"usage": usage(cached_input_tokens=None)},
            "soonest",
            "1.125",  # 1 M x 0.125 + 1: the least that it can be
            "OpenAI did not tell how much of the input was cached",
        ),
    ],
)
def test_what_is_missing_is_named_and_the_rest_is_counted(
    used: dict[str, Any], window: str | None, amount: str, told: str
) -> None:
    found = cost(window, **used)
    [reason] = found.unpriced
    assert told in reason
    assert found.amount == Decimal(amount)


def test_fees_are_counted_even_where_tokens_are_unknown() -> None:
    found = cost(usage=None, tools={"web_search_call": 100})
    assert (found.amount, found.unpriced) == (Decimal(1), ("OpenAI told no usage",))


def test_where_cached_input_has_no_own_price_nothing_is_asked_of_it() -> None:
    assert cost(model="gpt-5-mini", usage=usage(cached_input_tokens=None)).unpriced == ()


def test_without_a_table_nothing_is_reckoned() -> None:
    assert reckoned(Consumption(model="gpt-5", usage=usage()), None, "soonest") is None


def test_a_cost_passes_through_json_as_text_and_unchanged() -> None:
    found = cost("8h", usage=usage(1, 1))
    assert '"amount":"0.000007"' in found.model_dump_json()  # 0.00001125 less 40 %
    assert Cost.model_validate_json(found.model_dump_json()) == found


@given(COUNTS, COUNTS, st.tuples(PARTS, PARTS), st.tuples(MORE, MORE), WINDOWS)
def test_more_tokens_never_cost_less(
    given_: int, output: int, parts: tuple[int | None, int | None], more: tuple[int, int], window: str
) -> None:
    told = {"cached_input_tokens": parts[0], "cache_write_tokens": parts[1]}
    before = cost(window, usage=usage(given_, output, **told)).amount
    after = cost(window, usage=usage(given_ + more[0], output + more[1], **told)).amount
    assert 0 <= before <= after


@given(COUNTS, COUNTS, st.decimals(0, 1, places=4))
def test_a_discount_keeps_the_price_between_nothing_and_all(given_: int, output: int, share: Decimal) -> None:
    table = TABLE.model_copy(update={"discounts": {"8h": share}})
    full = cost(usage=usage(given_, output)).amount
    less = cost("8h", table, usage=usage(given_, output)).amount
    assert 0 <= less <= full
    assert abs(less - full * (1 - share)) <= Decimal("0.000001")


@given(COUNTS, COUNTS, COUNTS)
def test_not_knowing_the_cache_never_makes_it_dearer(given_: int, output: int, cached: int) -> None:
    unknown = cost(usage=usage(given_, output, cached_input_tokens=None)).amount
    assert unknown <= cost(usage=usage(given_, output, cached_input_tokens=cached)).amount
