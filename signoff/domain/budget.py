"""What a job may spend by itself. A person may always allow one more attempt."""

from datetime import timedelta
from typing import Self, TypeVar

from pydantic import Field

from signoff.domain.model import Input, counted, in_words

T = TypeVar("T", int, timedelta)


class Budget(Input):
    """The most that a job may spend before it stops for a person; what is absent is not bounded.

    `attempts` counts creates that OpenAI accepted or may have accepted, so a refused one costs nothing.
    `wall_time` runs from the job's acceptance and bounds the making of a result, not its review. `tokens` counts
    what the ended responses used, strays included.
    """

    attempts: int | None = Field(default=None, ge=1, le=1_000)
    wall_time: timedelta | None = Field(default=None, ge=timedelta(seconds=1), le=timedelta(days=365))
    tokens: int | None = Field(default=None, ge=1, le=10**12)

    def within(self, limit: Self) -> Self:
        """Give the tighter of two budgets, part by part."""
        return type(self)(
            attempts=_least(self.attempts, limit.attempts),
            wall_time=_least(self.wall_time, limit.wall_time),
            tokens=_least(self.tokens, limit.tokens),
        )

    def spent(self, *, attempts: int, wall_time: timedelta, tokens: int) -> str:
        """Say which part is spent, in words for a person; empty while all of it lasts."""
        if self.attempts is not None and attempts >= self.attempts:
            return f"the budget of {counted(self.attempts, 'paid attempt')} is spent"
        if self.wall_time is not None and wall_time >= self.wall_time:
            return f"the budget of wall time ({in_words(self.wall_time)}) is spent"
        if self.tokens is not None and tokens >= self.tokens:
            return f"the budget of {self.tokens:,} tokens is spent ({tokens:,} were used)"
        return ""


def _least(one: T | None, other: T | None) -> T | None:
    given = [value for value in (one, other) if value is not None]
    return min(given) if given else None
