"""The commands, run against jobs in memory."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from starter.cli import app
from tests.starter.fake import FakeJobs

Signoff = Callable[..., Result]


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def signoff(jobs: FakeJobs) -> Signoff:
    """Run a command; its exit code, standard output and standard error are in what is returned."""

    async def opened() -> FakeJobs:
        return jobs

    def run(*arguments: str, stdin: str | bytes = b"") -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, obj=opened)

    return run
