"""The price table of a deployment: what tokens and tool calls cost, by model, tier and completion window."""

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from signoff.domain.model import Input

DISCOUNTS: Final = {"2h": Decimal("0.30"), "8h": Decimal("0.40")}
"""The part of the price of tokens that a completion window saves, where a table does not say otherwise."""

BASE_TIERS: Final = frozenset({"", "auto", "default", "standard"})
"""The service tiers at which the prices of a model itself hold."""

_DATE: Final = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$", re.ASCII)

Price = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4)]
Key = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]{1,128}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Rates(Input):
    """Prices of 1,000,000 tokens. Without a price for cached or written input, both cost what other input does."""

    input: Price
    output: Price
    cached_input: Price | None = None
    cache_write: Price | None = None

    @model_validator(mode="after")
    def _check_cached(self) -> "Rates":
        if self.cached_input is not None and self.cached_input > self.input:
            msg = "cached_input can't be more than input"
            raise ValueError(msg)
        return self


class ModelPrices(Rates):
    """Prices of one model; `tiers` are those of other service tiers than the standard one."""

    tiers: dict[Key, Rates] = Field(default_factory=dict, max_length=20)


def _distinct(models: dict[str, ModelPrices]) -> dict[str, ModelPrices]:
    seen: dict[str, str] = {}
    for name in models:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            msg = f"{other} and {name} differ in their case alone; keep one of them"
            raise ValueError(msg)
    return models


def _with_defaults(discounts: dict[str, Decimal]) -> dict[str, Decimal]:
    return DISCOUNTS | discounts


Models = Annotated[dict[Key, ModelPrices], AfterValidator(_distinct)]
Discounts = Annotated[dict[Key, Share], Field(max_length=20), AfterValidator(_with_defaults)]


class PriceTable(Input):
    """What upstream charges, as the deployment knows it.

    `tools` are prices of 1,000 calls (sessions, of the code interpreter) by the type of the call. `discounts` are
    shares of 1 by completion window; they hold for tokens of the standard tier.
    """

    currency: Currency
    models: Models = Field(default_factory=dict, max_length=1_000)
    tools: dict[Key, Price] = Field(default_factory=dict, max_length=100)
    discounts: Discounts = DISCOUNTS

    def entry(self, model: str) -> str:
        """Name the entry that holds for a model: its own, else that of its name without a date; empty for none.

        So `gpt-5` holds for `gpt-5-2025-08-07` as well, but never for `gpt-5-mini`.
        """
        return next((name for name in (model, _DATE.sub("", model)) if name in self.models), "")

    def rates(self, entry: str, tier: str) -> Rates | None:
        """Give the prices of an entry at a service tier, if the table has them."""
        prices = self.models[entry]
        return prices if tier in BASE_TIERS else prices.tiers.get(tier)

    def discount(self, completion_window: str, tier: str) -> Decimal | None:
        """Say what a completion window saves; `None` for one of which the table knows nothing."""
        if completion_window == "soonest" or tier not in BASE_TIERS:
            return Decimal(0)
        return self.discounts.get(completion_window)
