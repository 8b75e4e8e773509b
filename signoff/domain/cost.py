"""What responses cost: reckoned once, when a response has ended, with the price table of that moment."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from signoff.domain.model import Value, counted
from signoff.domain.prices import PriceTable, Rates
from signoff.domain.usage import Consumption, Usage

_NOTHING: Final = Decimal(0)
_PLACES: Final = Decimal("0.000001")
_MILLION: Final = Decimal(1_000_000)
_THOUSAND: Final = Decimal(1_000)
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough that nothing is rounded but the end result."""


class Cost(Value):
    """What one response cost, as far as that is known.

    `amount` is rounded once, half up, to a millionth of the currency; it is never too high by what is missing, which
    `unpriced` names. `priced_as` is the entry of the price table that held, `discount` the share that the completion
    window saved of the tokens' price.
    """

    amount: Decimal = _NOTHING
    currency: str
    priced_as: str = ""
    service_tier: str = ""
    discount: Decimal = _NOTHING
    unpriced: tuple[str, ...] = ()


def reckoned(used: Consumption, table: PriceTable | None, completion_window: str | None) -> Cost | None:
    """Reckon what a response cost; `None` where the deployment has no price table.

    `completion_window` is the one that was asked for, `None` where that is not known.
    """
    if table is None:
        return None
    tier, entry = used.service_tier, table.entry(used.model)
    rates = table.rates(entry, tier) if entry else None
    discount = None if completion_window is None else table.discount(completion_window, tier)
    amount = _fees(used, table)
    if used.usage and rates and discount is not None:
        amount = _EXACT.add(amount, _EXACT.multiply(_tokens(used.usage, rates), 1 - discount))
    missing = (*_missing_prices(used, entry, rates, discount, completion_window), *_missing_fees(used, table))
    return Cost(
        amount=amount.quantize(_PLACES, context=_EXACT),
        currency=table.currency,
        priced_as=entry,
        service_tier=tier,
        discount=discount or _NOTHING,
        unpriced=missing,
    )


def _tokens(usage: Usage, rates: Rates) -> Decimal:
    """Price tokens; where it is not told how many were cached, as if all of the input had been."""
    cached = min(
        usage.input_tokens if _hides_cache(usage, rates) else usage.cached_input_tokens or 0, usage.input_tokens
    )
    written = min(usage.cache_write_tokens or 0, usage.input_tokens - cached)
    parts = (
        (usage.input_tokens - cached - written, rates.input),
        (cached, rates.input if rates.cached_input is None else rates.cached_input),
        (written, rates.input if rates.cache_write is None else rates.cache_write),
        (usage.output_tokens, rates.output),
    )
    total = _NOTHING
    for count, price in parts:
        total = _EXACT.add(total, _EXACT.multiply(Decimal(count), price))
    return _EXACT.divide(total, _MILLION)


def _hides_cache(usage: Usage, rates: Rates) -> bool:
    has_own_price = rates.cached_input is not None and rates.cached_input < rates.input
    return has_own_price and usage.cached_input_tokens is None and usage.input_tokens > 0


def _fees(used: Consumption, table: PriceTable) -> Decimal:
    total = _NOTHING
    for kind, count in used.tools.items():
        fee = _EXACT.multiply(Decimal(count), table.tools.get(kind, _NOTHING))
        total = _EXACT.add(total, _EXACT.divide(fee, _THOUSAND))
    return total


def _missing_prices(
    used: Consumption, entry: str, rates: Rates | None, discount: Decimal | None, completion_window: str | None
) -> Iterator[str]:
    usage = used.usage
    if usage is None:
        yield "OpenAI told no usage"
        return
    if not entry:
        yield f"the price table has no model {used.model}" if used.model else "OpenAI told no model"
    elif rates is None:
        yield f"the price table has no tier {used.service_tier} of {entry}"
    elif _hides_cache(usage, rates):
        yield "OpenAI did not tell how much of the input was cached"
    if completion_window is None:
        yield "the completion window that was asked for is not known"
    elif discount is None:
        yield f"the price table has no discount for the completion window {completion_window}"
    if (rest := usage.total_tokens - usage.input_tokens - usage.output_tokens) > 0:
        yield f"{counted(rest, 'token')} of neither input nor output"


def _missing_fees(used: Consumption, table: PriceTable) -> Iterator[str]:
    for kind, count in used.tools.items():
        if kind not in table.tools:
            yield f"the price table has no fee for {kind} ({count:,})"
