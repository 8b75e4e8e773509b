"""What a whole job cost: summed over its attempts and strays, and what of it is unknown."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pydantic import Field

from signoff.domain.attempt import Attempt
from signoff.domain.cost import Cost
from signoff.domain.model import Value, counted
from signoff.domain.record import JobRecord
from signoff.domain.usage import Usage

REASONS_KEPT: Final = 20
"""How many unknown parts of a cost are named; the others are counted."""


class JobCost(Value):
    """What a job cost so far: the sum of each currency, and what that lacks.

    The sums are exact, and the least that it was: `is_complete` says that nothing is missing, else `unknown` names
    what is. `is_reckoned` says that there was a price table at least once.
    """

    amounts: dict[str, Decimal] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    is_complete: bool = True
    is_reckoned: bool = False

    def __str__(self) -> str:
        """Say it in words for a person."""
        return spelled(self.amounts, self.unknown)


def job_cost(record: JobRecord) -> JobCost:
    """Sum up what a job cost so far."""
    reckoned = (*(attempt.cost for attempt in record.attempts), *(stray.cost for stray in record.strays))
    costs = [cost for cost in reckoned if cost]
    amounts: dict[str, Decimal] = {}
    for cost in costs:
        amounts[cost.currency] = amounts.get(cost.currency, Decimal(0)) + cost.amount
    unknown = tuple(_unknown(record))
    more = len(unknown) - REASONS_KEPT
    shown = (*unknown[:REASONS_KEPT], *([f"{more} more"] if more > 0 else []))
    return JobCost(amounts=amounts, unknown=shown, is_complete=not unknown, is_reckoned=bool(costs))


def attempt_in_words(attempt: Attempt) -> str:
    """Say what one attempt cost, and what of that is unknown."""
    return cost_in_words(attempt.cost) if attempt.cost else spelled({}, tuple(_of_attempt(attempt)))


def cost_in_words(cost: Cost) -> str:
    """Say what one response cost."""
    return spelled({cost.currency: cost.amount}, cost.unpriced)


def used_tokens(usage: Usage) -> str:
    """Say how many tokens were used, and the parts of them that upstream told."""
    told = {"cached": usage.cached_input_tokens, "reasoning": usage.reasoning_tokens}
    parts = ", ".join(f"{count:,} {name}" for name, count in told.items() if count)
    return f"{usage.total_tokens:,} tokens" + (f" ({parts})" if parts else "")


def spelled(amounts: dict[str, Decimal], unknown: tuple[str, ...]) -> str:
    """Say what is known and what is not: "0.42 USD", "at least 0.42 USD; unknown: attempt 2: ..."."""
    known = {currency: amount for currency, amount in amounts.items() if amount or not unknown}
    told = " and ".join(f"{money(amount)} {currency}" for currency, amount in sorted(known.items()))
    if not unknown:
        return told or "nothing"
    missing = f"unknown: {'; '.join(unknown)}"
    return f"at least {told}; {missing}" if told else missing


def money(amount: Decimal) -> str:
    """Write an amount in full, with at least two decimals."""
    whole, _, decimals = f"{amount:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


def _unknown(record: JobRecord) -> Iterator[str]:
    found = {stray.attempt for stray in record.strays}
    for attempt in record.attempts:
        # The one response that a lost create may have made is known once it turned up.
        if not (attempt.is_outcome_unknown and attempt.number in found):
            yield from (f"attempt {attempt.number}: {reason}" for reason in _of_attempt(attempt))
    for stray in record.strays:
        yield from (f"stray {stray.response_id}: {reason}" for reason in _of_response(stray.usage, stray.cost))
    if record.strays_omitted:
        yield f"{counted(record.strays_omitted, 'stray')} of which nothing is kept"


def _of_attempt(attempt: Attempt) -> Iterator[str]:
    if attempt.is_outcome_unknown:
        yield "it may have been paid, the reply to its create was lost"
    elif attempt.response_id and not attempt.ended_at:
        yield "its response has not ended, as far as is known"
    elif attempt.response_id:
        yield from _of_response(attempt.usage, attempt.cost)
    elif attempt.failure is None:
        yield "its create has not been answered"


def _of_response(usage: Usage | None, cost: Cost | None) -> Iterator[str]:
    if cost:
        yield from cost.unpriced
    else:
        yield "there was no price table when it ended" if usage else "OpenAI told no usage"
