"""What callers are told of a job, and where the archive keeps what."""

from signoff.domain import progress
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.description import JobSummary, Waiting, describe_record, describe_summary
from signoff.domain.layout import body_path, deliverable_path, record_path
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.domain.making import AT, DAY, DIGEST, MINUTE, a_record, a_snapshot

WAITING = Waiting(looks=7, next_look_at=AT + MINUTE, last_fault="a fault")


def test_a_running_job_tells_how_its_looks_go() -> None:
    told = describe_record(a_record(JobStatus.RUNNING), WAITING, 12)
    assert (told.status, told.next_action, told.attempt) == (JobStatus.RUNNING, NextAction.WAIT, 1)
    assert (told.response_id, told.response_status) == ("resp_1", ResponseStatus.IN_PROGRESS)
    assert (told.looks, told.next_look_at, told.last_fault) == (7, AT + MINUTE, "a fault")
    assert (told.digest, told.review_due_at, told.receipt) == (None, None, None)
    assert (told.history_events, told.is_complete) == (12, True)


def test_a_held_job_tells_what_is_held_and_until_when() -> None:
    told = describe_record(a_record(JobStatus.AWAITING_REVIEW), Waiting(), None)
    assert (told.digest, told.review_due_at) == (DIGEST, AT + 7 * DAY)
    assert told.looks == 3  # of the attempt, once its looks are over


def test_a_stopped_job_tells_until_when_it_waits_for_a_person() -> None:
    told = describe_record(a_record(JobStatus.NEEDS_ATTENTION), Waiting(), None)
    assert told.attention_due_at == AT + 7 * DAY


def test_a_completed_job_tells_its_receipt() -> None:
    told = describe_record(a_record(JobStatus.COMPLETED), Waiting(), None)
    assert (told.receipt, told.closed_at) == ("r-1", AT)


def test_the_response_of_the_attempt_under_way_is_told_and_not_an_older_one() -> None:
    record = progress.attempt_begun(a_record(), AT)
    record = progress.attempt_begun(progress.response_created(record, a_snapshot(), AT), AT)
    told = describe_record(record, Waiting(), None)
    assert (told.attempt, told.response_id) == (2, "")


def test_a_job_that_no_worker_answers_for_is_told_as_far_as_temporal_knows() -> None:
    summary = JobSummary(
        job_id="a-job",
        title="A report",
        requester="a-service",
        status=JobStatus.RUNNING,
        next_action=NextAction.WAIT,
        started_at=AT,
    )
    told = describe_summary(summary, WAITING, 12, "no worker answers")
    assert not told.is_complete
    assert (told.status, told.opened_at, told.looks, told.history_events) == (JobStatus.RUNNING, AT, 7, 12)
    assert "no worker answers" in told.reason


def test_the_archive_keeps_a_job_in_one_folder() -> None:
    digest = digest_of(Deliverable(job_id="a-job", attempt=1, text="x").canonical())
    assert record_path("a-job") == "jobs/a-job/record.json"
    assert body_path("a-job", 2) == "jobs/a-job/attempts/2/response.json"
    assert deliverable_path("a-job", digest) == f"jobs/a-job/deliverables/{digest.removeprefix('sha256:')}.json"
