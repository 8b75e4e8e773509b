"""The command as a whole: help for everything, quickly, and no traceback for what a person can mend."""

import subprocess
import sys

import pytest

from signoff.domain.errors import (
    BadRequestError,
    ConflictError,
    NoSuchJobError,
    RefusedError,
    SettingsError,
    SignoffError,
    UnreachableError,
)
from starter.cli import app
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs

STACK, JOBS = ["up", "setup", "policy", "doctor"], ["submit", "show", "list", "stats", "watch"]
REVIEWS = ["review", "result", "inbox", "evidence", "drafts", "approve", "reject", "request-changes", "edit"]
ARRANGED, REPAIRS = ["claim", "release", "delegate", "extend"], ["retry", "amend"]
LATER = ["deliveries", "redeliver", "abandon", "announce", "cancel", "erase"]
KEPT = ["export", "verify", "record-schema"]
COMMANDS = [*STACK, *JOBS, *REVIEWS[:2], *KEPT, *REVIEWS[2:], *ARRANGED, *REPAIRS, *LATER]
HEAVY = {"temporalio", "openai", "obstore", "pydantic", "rich", "structlog"}


def test_there_are_exactly_the_promised_commands() -> None:
    assert [command.name for command in app.registered_commands] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(signoff: Signoff, command: str) -> None:
    done = signoff(command, "--help")
    assert done.exit_code == 0
    assert f"Example: signoff {command}" in done.stdout
    assert "--json" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from starter.cli import app\ntry: app(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequestError("told"), 2),
        (SettingsError("told"), 2),
        (NoSuchJobError("told"), 3),
        (ConflictError("told"), 4),
        (RefusedError("told"), 4),
        (SignoffError("told"), 4),
        (UnreachableError("told"), 5),
    ],
)
def test_an_error_is_a_message_and_an_exit_code(signoff: Signoff, jobs: FakeJobs, error: Exception, code: int) -> None:
    jobs.error = error
    done = signoff("show", "brief-1")
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", "signoff: told\n")


def test_a_message_cannot_steer_the_terminal(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.error = RefusedError("told \x1b[2J")
    assert signoff("show", "brief-1").stderr == "signoff: told ␛[2J\n"


def test_a_bug_is_not_hidden(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.error = KeyError("a bug")
    done = signoff("show", "brief-1")
    assert done.exit_code == 1
    assert isinstance(done.exception, KeyError)
