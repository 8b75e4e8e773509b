"""When to look at a response: often while it is young, rarely when it is old."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from signoff.domain.model import Value


class WaitMode(StrEnum):
    """How a job learns that its response has ended. The statuses are the same in every mode."""

    AUTO = "auto"
    POLL = "poll"
    WEBHOOK = "webhook"


class LookSchedule(Value):
    """The rule that spaces looks: a share of the response's age, within bounds.

    With a share of 10 % a result is noticed at most 10 % of its run time late, while the number of looks
    grows with the logarithm of the run time until `longest` is reached.
    """

    first: timedelta
    share: float
    shortest: timedelta
    longest: timedelta

    def delay(self, age: timedelta) -> timedelta:
        """Say how long to wait for the next look at a response of this age."""
        if age < self.first:
            return self.first - age
        return min(max(self.shortest, age * self.share), self.longest)

    def is_due(self, age: timedelta) -> bool:
        """Whether the first look may happen at this age."""
        return age >= self.first


POLL: Final = LookSchedule(
    first=timedelta(seconds=2),
    share=0.1,
    shortest=timedelta(seconds=2),
    longest=timedelta(seconds=60),
)
WEBHOOK: Final = LookSchedule(
    first=timedelta(minutes=5),
    share=0.1,
    shortest=timedelta(seconds=30),
    longest=timedelta(minutes=10),
)
"""The safety net below announcements: a normal job is announced before its first scheduled look."""


def schedule_for(mode: WaitMode) -> LookSchedule:
    """Choose the schedule; `auto` polls until a deployment says that announcements arrive."""
    return WEBHOOK if mode is WaitMode.WEBHOOK else POLL
