"""`signoff stats`: the numbers, and what to do about them."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from signoff.domain.failures import FailureClass
from signoff.domain.stats import JobStats, Spend, WaitingReview, WaitingReviews
from signoff.domain.status import JobStatus, NextAction
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

HOUR = timedelta(hours=1)
FIRST = WaitingReview(
    job_id="brief-1", title="A brief", requester="ann", submitted_at=START - 5 * HOUR, due_at=START + 2 * HOUR
)
OLDEST = WaitingReview(job_id="brief-2", title="", requester="ann", submitted_at=START - 50 * HOUR)
NUMBERS = JobStats(
    at=START,
    statuses={JobStatus.AWAITING_REVIEW: 1_234, JobStatus.NEEDS_ATTENTION: 3, JobStatus.COMPLETED: 17},
    failure_classes={FailureClass.QUOTA: 2, FailureClass.CONFIGURATION: 1},
    next_actions={NextAction.RESTORE_QUOTA: 2, NextAction.RETRY_DELIVERY: 1},
    reviews=WaitingReviews(first_due=FIRST, oldest=OLDEST, due_within_day=7),
    spend=Spend(since=START, jobs=17, tokens=12_345, amounts={"USD": Decimal("1.5")}, not_known_in_full=2),
)


def test_the_numbers_are_told_with_what_to_type_next(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.numbers = NUMBERS
    done = signoff("stats")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert lines[0] == "1,237 jobs open at 2026-05-01 12:00:00 UTC"
    for told in (
        "awaiting_review 1,234",
        "running 0",
        "completed 17",
        "quota 2",
        "retry_delivery 1",
        "ends first brief-1 (A brief): 2026-05-01 14:00:00 UTC (in 2 h 0 min)",
        "oldest job brief-2: submitted 2 d 2 h ago",
        "7 reviews within 24 h of the end",
        "17 jobs, 12,345 tokens",
        "at least 1.50 USD: of 2 jobs the cost is not known in full; `signoff show` says why",
    ):
        assert told in lines
    assert [line.partition("signoff ")[2] for line in lines[-3:]] == [
        "list --status needs_attention",
        "deliveries --stuck",
        "review brief-1",
    ]


def test_with_no_jobs_every_number_is_zero_and_nothing_is_advised(signoff: Signoff) -> None:
    done = signoff("stats")
    assert done.stdout.startswith("0 jobs open")
    assert "next, type" not in done.stdout
    assert "reviews" not in done.stdout


def test_a_document_has_them_all(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.numbers = NUMBERS
    told = json.loads(signoff("stats", "--json").stdout)
    assert JobStats.model_validate(told) == NUMBERS
    assert (told["open_jobs"], told["stopped_deliveries"]) == (1_237, 1)


def test_what_the_numbers_lack_is_said_with_an_exit_code(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.numbers = NUMBERS.model_copy(update={"spend": None, "lacks": ("the archive did not answer",)})
    done = signoff("stats", "--json")
    assert (done.exit_code, done.stderr) == (1, "the archive did not answer\n")
    assert json.loads(done.stdout)["spend"] is None


def test_the_spend_goes_back_as_far_as_asked(signoff: Signoff, jobs: FakeJobs) -> None:
    assert signoff("stats", "--since", "2026-11-01").exit_code == 0
    assert jobs.asked_since == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("since", ["yesterday", ""])
def test_a_time_that_is_none_is_refused(signoff: Signoff, since: str) -> None:
    done = signoff("stats", "--since", since)
    assert done.exit_code == 2
    assert "--since" in done.stderr
