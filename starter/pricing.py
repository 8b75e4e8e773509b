"""The price table of a deployment, as lines of text."""

from collections.abc import Iterator
from decimal import Decimal

from signoff.domain.prices import PriceTable, Rates
from starter.lines import fact, part
from starter.plain import one_line
from starter.table import columns

_NAMES = ("input", "cached_input", "cache_write", "output")


def price_lines(table: PriceTable | None) -> Iterator[str]:
    """Show what tokens and tools cost, and what completion windows save; one sentence where there is no table."""
    if table is None:
        yield fact("prices", "no price table (prices), so what jobs cost is not reckoned in money")
        return
    header = ("MODEL", "TIER", "INPUT", "CACHED INPUT", "CACHE WRITE", "OUTPUT")
    yield from part(f"prices of 1,000,000 tokens in {table.currency}", columns(header, list(_rows(table))))
    fees = [(one_line(kind), _told(price)) for kind, price in table.tools.items()]
    if fees:
        yield from part(f"prices of 1,000 calls in {table.currency}", columns(("CALL", "PRICE"), fees))
    saved = ", ".join(f"{window} {_percent(share)} %" for window, share in table.discounts.items())
    yield fact("discounts", f"of the tokens' price, by completion window: {saved}")


def _rows(table: PriceTable) -> Iterator[tuple[str, ...]]:
    for name, prices in table.models.items():
        yield _row(name, "standard", prices)
        for tier, rates in prices.tiers.items():
            yield _row(name, tier, rates)


def _row(name: str, tier: str, rates: Rates) -> tuple[str, ...]:
    return (one_line(name), one_line(tier), *(_told(getattr(rates, price)) for price in _NAMES))


def _told(price: Decimal | None) -> str:
    return "as input" if price is None else f"{price:f}"


def _percent(share: Decimal) -> str:
    return f"{share * 100:f}".rstrip("0").rstrip(".") if share else "0"
