"""A price table, and what is reckoned with it."""

from typing import Any, Final

from signoff.domain.cost import Cost, reckoned
from signoff.domain.prices import PriceTable
from signoff.domain.usage import Consumption, Usage

TABLE: Final = PriceTable.model_validate(
    {
        "currency": "USD",
        "models": {
            "gpt-5": {
                "input": "1.25",
                "cached_input": "0.125",
                "output": "10",
                "tiers": {"flex": {"input": "0.5", "output": "5"}},
            },
            "gpt-5-mini": {"input": "0.25", "output": "2"},
        },
        "tools": {"web_search_call": "10"},
    }
)


def usage(given: int = 1_000_000, output: int = 100_000, **parts: Any) -> Usage:
    facts = {"cached_input_tokens": 0, "total_tokens": given + output, **parts}
    return Usage(input_tokens=given, output_tokens=output, **facts)


def cost(window: str | None = "soonest", table: PriceTable = TABLE, **used: Any) -> Cost:
    facts = {"model": "gpt-5", "usage": usage(), **used}
    found = reckoned(Consumption(**facts), table, window)
    assert found
    return found
