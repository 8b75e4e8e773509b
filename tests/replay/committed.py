"""The committed histories."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temporalio.client import WorkflowHistory

from tests.replay.capture import HISTORIES, path_of
from tests.replay.stories import STORIES

_NAME: Final = re.compile(r"v(?P<version>\d+)-(?P<story>[a-z]+)(-(?P<run>\d+))?")


@dataclass(frozen=True, order=True)
class Committed:
    """One committed history: which run of which story, and by which version of the workflow.

    Attributes:
        run: 1, and more where the job went on in a new history.
    """

    story: str
    version: int
    run: int

    @property
    def name(self) -> str:
        """Its file's name, without the ending."""
        return self.path.stem

    @property
    def path(self) -> Path:
        """Its file."""
        return path_of(f"v{self.version}", self.story, self.run)

    def history(self) -> WorkflowHistory:
        """Read it."""
        return WorkflowHistory.from_json(f"job-{self.story}", self.path.read_text())


def committed_in(path: Path) -> Committed:
    """Read the name of a file."""
    if not (named := _NAME.fullmatch(path.stem)):
        msg = f"{path.name} is not named like v6-{next(iter(STORIES))}.json"
        raise ValueError(msg)
    return Committed(named["story"], int(named["version"]), int(named["run"] or 1))


COMMITTED: Final = sorted(committed_in(path) for path in HISTORIES.glob("*.json"))
NEXT_VERSION: Final = f"v{max(one.version for one in COMMITTED) + 1}"


def newest(story: str) -> list[Committed]:
    """Give the runs of a story as the newest version lived it."""
    known = [one for one in COMMITTED if one.story == story]
    return [one for one in known if one.version == max(other.version for other in known)]
