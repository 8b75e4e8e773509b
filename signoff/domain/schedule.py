"""When to look at a response: often while it is young, rarely when it is old."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from signoff.domain.model import Input, Value

Interval = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))]


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


ANNOUNCED: Final = LookSchedule(
    first=timedelta(0),
    share=1.0,
    shortest=timedelta(seconds=1),
    longest=timedelta(seconds=8),
)
"""The looks at what was announced, by the age of the announcement: what can be seen of an end may lag behind it."""

ANNOUNCED_LOOKS: Final = 10
"""How often one announcement is looked after, which takes about a minute; then the ordinary schedule goes on."""


class ScheduleOverride(Input):
    """Changes to a schedule; what is absent stays."""

    first: Interval | None = None
    share: float | None = Field(default=None, ge=0.01, le=1)
    shortest: Interval | None = None
    longest: Interval | None = None

    def applied_to(self, schedule: LookSchedule) -> LookSchedule:
        """Change a schedule."""
        return schedule.model_copy(update=self.model_dump(exclude_none=True))


class Looks(Input):
    """A deployment's changes to the two schedules."""

    poll: ScheduleOverride = ScheduleOverride()
    webhook: ScheduleOverride = ScheduleOverride()

    def schedule(self, mode: WaitMode, *, has_webhooks: bool) -> LookSchedule:
        """Choose the schedule; `auto` relies on announcements where the deployment says that they arrive."""
        if mode is WaitMode.WEBHOOK or (mode is WaitMode.AUTO and has_webhooks):
            return self.webhook.applied_to(WEBHOOK)
        return self.poll.applied_to(POLL)
