"""`signoff retry`, `abandon` and `announce`: what follows, what it costs, and how a lost answer is repeated."""

import getpass
import json

import pytest

from signoff.domain.errors import UnreachableError
from signoff.domain.failures import FailureClass, Stage, failure_at
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

QUOTA = failure_at(Stage.LOOK, FailureClass.QUOTA, "You exceeded your current quota.", START)
ODD = failure_at(Stage.LOOK, FailureClass.UNCLASSIFIED, "a kind that nobody knows", START)
UNDELIVERED = failure_at(Stage.DELIVER, FailureClass.CONFIGURATION, "the host may not be reached", START)

REPAIRS = [
    ["retry", "brief-1"],
    ["amend", "brief-1", "--set", "max_output_tokens=8000", "--reason", "cut off"],
    ["abandon", "brief-1", "--reason", "withdrawn"],
]


def test_a_retry_says_that_a_new_attempt_may_be_paid(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    done = signoff("retry", "brief-1", "--reason", "the bill is paid", "--as", "olga")
    assert done.exit_code == 0
    first, second = done.stdout.splitlines()[:2]
    assert first == "brief-1 is retried by olga; it is queued"
    assert second == "  a new attempt is made, which is paid if OpenAI takes it"
    assert done.stdout.rstrip().endswith("signoff watch brief-1")
    [repair] = jobs.repairs
    assert (repair.kind, repair.by, repair.reason, repair.is_anew) == ("retry", "olga", "the bill is paid", False)


def test_a_retry_says_that_looking_again_is_free(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", ODD)
    assert "brief-1 is retried by bob; it is running\n  its response is looked at; nothing new is paid\n" in (
        signoff("retry", "brief-1", "--as", "bob").stdout
    )


def test_a_retry_anew_pays_where_looking_again_would_do(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", ODD)
    done = signoff("retry", "brief-1", "--anew", "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "queued")


def test_a_retry_says_that_an_approved_result_is_only_delivered(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", UNDELIVERED)
    told = signoff("retry", "brief-1").stdout
    assert "it is delivering\n  the approved bytes are delivered again; nothing is generated or paid\n" in told


def test_a_retry_as_json_carries_the_answer_and_what_follows(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    document = json.loads(signoff("retry", "brief-1", "--repair-id", "r-1", "--json").stdout)
    assert (document["job_id"], document["repair_id"], document["is_accepted"]) == ("brief-1", "r-1", True)
    assert "paid" in document["follows"]


def test_a_repeated_repair_gets_its_first_answer_again(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    for _ in range(2):
        assert signoff("retry", "brief-1", "--as", "bob", "--repair-id", "r-1").exit_code == 0
    assert len(jobs.records["brief-1"].repairs) == 1


def test_an_operator_is_by_default_the_user_of_the_computer(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    signoff("retry", "brief-1")
    assert jobs.repairs[0].by == getpass.getuser()


def test_giving_up_needs_a_reason(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    done = signoff("abandon", "brief-1", "--reason", " ")
    assert (done.exit_code, done.stdout, jobs.repairs) == (2, "", [])
    assert "--reason" in done.stderr


def test_giving_up_tells_how_it_ends(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    done = signoff("abandon", "brief-1", "--reason", "withdrawn", "--as", "olga")
    assert done.exit_code == 0
    assert done.stdout.startswith("brief-1 is given up by olga; it is needs_attention\n  it ends as failed")
    assert done.stdout.rstrip().endswith("signoff watch brief-1 --until closed")


@pytest.mark.parametrize("command", REPAIRS)
def test_a_repair_of_a_job_that_goes_on_is_refused_with_4(signoff: Signoff, jobs: FakeJobs, command: list[str]) -> None:
    jobs.add_running("brief-1")
    done = signoff(*command, "--json")
    assert (done.exit_code, json.loads(done.stdout)["is_accepted"]) == (4, False)
    assert f"the {command[0]} was refused: there is nothing to repair: the job is running" in done.stderr
    assert "signoff show brief-1" in done.stderr


@pytest.mark.parametrize("command", REPAIRS)
def test_a_repair_of_a_closed_job_is_refused_with_4(signoff: Signoff, jobs: FakeJobs, command: list[str]) -> None:
    jobs.add_completed("brief-1")
    done = signoff(*command)
    assert (done.exit_code, done.stdout) == (4, "")
    assert "the job is closed (completed" in done.stderr


@pytest.mark.parametrize("command", [*REPAIRS, ["announce", "brief-1", "resp_1"]])
def test_a_job_that_does_not_exist_ends_with_3(signoff: Signoff, command: list[str]) -> None:
    done = signoff(*command)
    assert (done.exit_code, done.stdout) == (3, "")


@pytest.mark.parametrize("command", REPAIRS)
def test_a_lost_answer_tells_the_command_that_is_safe_to_repeat(
    signoff: Signoff, jobs: FakeJobs, command: list[str]
) -> None:
    jobs.error = UnreachableError("no worker answers")
    done = signoff(*command, "--as", "bob", "--repair-id", "r-1")
    assert (done.exit_code, done.stdout) == (5, "")
    told = " ".join(f"'{word}'" if " " in word else word for word in command)
    assert f"this is safe to repeat: {_typed(done.stderr)} {told} --as bob --repair-id r-1\n" in done.stderr


def test_a_lost_answer_is_repeated_under_the_id_that_was_made(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.error = UnreachableError("no worker answers")
    first = signoff("retry", "brief-1", "--anew", "--reason", "it's over", "--as", "bob").stderr
    [repair_id] = [words[-1] for words in map(str.split, first.splitlines()) if "--repair-id" in words]
    assert "retry brief-1 --anew --reason 'it'\"'\"'s over' --as bob --repair-id" in first
    assert repair_id.isalnum()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--as", " "], "--as: "),
        (["--repair-id", "a b"], "--repair-id: "),
        (["--reason", "x" * 1_001], "--reason: "),
        (["--repair-id", "a b", "--as", " "], "--as: "),
    ],
)
def test_a_bad_option_is_named(signoff: Signoff, jobs: FakeJobs, options: list[str], told: str) -> None:
    jobs.add_stopped("brief-1", QUOTA)
    done = signoff("retry", "brief-1", *options)
    assert (done.exit_code, jobs.repairs) == (2, [])
    assert told in done.stderr


def test_an_announcement_names_the_response_to_its_job(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    done = signoff("announce", "brief-1", "resp_9")
    assert (done.exit_code, jobs.announced) == (0, [("brief-1", "resp_9")])
    assert done.stdout.startswith("brief-1 was told of resp_9, and looks at it\n")
    assert "signoff show brief-1" in done.stdout
    assert json.loads(signoff("announce", "brief-1", "resp_9", "--json").stdout)["response_id"] == "resp_9"


def test_what_cannot_be_a_response_is_refused(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    done = signoff("announce", "brief-1", "resp 9")
    assert (done.exit_code, jobs.announced) == (2, [])
    assert "RESPONSE_ID: " in done.stderr


def test_an_announcement_that_nobody_took_is_repeated_as_it_was(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.error = UnreachableError("no answer")
    done = signoff("announce", "brief-1", "resp_9")
    assert done.exit_code == 5
    assert "signoff announce brief-1 resp_9\n" in done.stderr


def _typed(stderr: str) -> str:
    """How the command is typed on this computer."""
    return stderr.partition("safe to repeat: ")[2].split()[0]
