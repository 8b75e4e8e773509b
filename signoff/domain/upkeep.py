"""What is done to the archive day by day, apart from any job."""

from typing import Final

from pydantic import AwareDatetime, Field

from signoff.domain.model import Value
from signoff.domain.retention import Swept

JOBS_AT_ONCE: Final = 10_000
SLICES: Final = 10
"""How many jobs one step looks at, and how many steps one run has; the next run goes on from there."""


class UpkeepOrder(Value):
    """Do what is due, or only count it in a dry run. `after` is the job after which a sweep begins."""

    is_dry_run: bool = False
    after: str = ""


class SweepOrder(Value):
    """Sweep the next jobs after those that were looked at."""

    begun: Swept = Swept()
    most: int = Field(default=JOBS_AT_ONCE, ge=1)


class Compacted(Value):
    """What a compaction did.

    `jobs` are those of the days that it compacted, and `removed` the objects that it could remove. `unreadable` says
    what it left alone since that is torn, and `days_left` are for the next one, since another was at work on them.
    """

    days: int = 0
    jobs: int = 0
    removed: int = 0
    unreadable: tuple[str, ...] = ()
    days_left: tuple[str, ...] = ()


class UpkeepReport(Value):
    """What one run did; a dry run compacts nothing.

    The next run begins after `resume_after`, which is empty where this one came to the end.
    """

    swept: Swept = Swept()
    compacted: Compacted | None = None
    ended_at: AwareDatetime | None = None

    @property
    def resume_after(self) -> str:
        """Say after which job the next run begins."""
        return "" if self.swept.is_complete else self.swept.after
