"""How a record grows: the story of a healthy job, and every other way to an end."""

from typing import Any

import pytest

from signoff.domain import change, deciding, delivering, progress, reviewing
from signoff.domain.judging import judged
from signoff.domain.observation import Finding, FindingKind
from signoff.domain.record import JobRecord
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import IllegalMoveError, JobStatus, NextAction, ResponseStatus
from signoff.domain.usage import Usage
from tests.domain.making import (
    AT,
    DIGEST,
    HOUR,
    MINUTE,
    OTHER_DIGEST,
    SECOND,
    a_decision,
    a_draft,
    a_failed,
    a_receipt,
    a_record,
    a_request,
    a_snapshot,
    an_end,
)

S = JobStatus


def test_the_story_of_a_healthy_job() -> None:
    """Each step says where the job stands, since when, and what comes next."""
    record = progress.opened(a_request(title="A report", labels={"team": "x"}), job_id="a-job", at=AT)
    record = progress.attempt_begun(record, AT)
    record = progress.response_created(record, a_snapshot(), AT + SECOND)
    record = progress.response_ended(record, an_end(), AT + MINUTE)
    record = reviewing.held(record, a_draft(), ReviewPolicy(), AT + MINUTE)
    record, line = deciding.decided(record, a_decision(), AT + HOUR)
    record = delivering.taken(record, 1, a_receipt(), AT + HOUR + SECOND)
    assert line.is_accepted
    assert [(entry.event, entry.status, entry.at - AT) for entry in record.timeline] == [
        ("job.accepted", S.QUEUED, 0 * SECOND),
        ("attempt.begun", S.QUEUED, 0 * SECOND),
        ("response.created", S.RUNNING, SECOND),
        ("response.ended", S.RUNNING, MINUTE),
        ("review.requested", S.AWAITING_REVIEW, MINUTE),
        ("decision.taken", S.AWAITING_REVIEW, HOUR),
        ("delivery.begun", S.DELIVERING, HOUR),
        ("job.completed", S.COMPLETED, HOUR + SECOND),
    ]
    assert (record.status, record.next_action, record.since) == (S.COMPLETED, NextAction.NONE, AT + HOUR + SECOND)
    assert (record.title, record.labels, record.request_digest) == (
        "A report",
        {"team": "x"},
        a_request(title="A report", labels={"team": "x"}).digest,
    )
    outcome = record.outcome()
    assert (outcome.job_id, outcome.status, outcome.digest) == ("a-job", S.COMPLETED, DIGEST)
    assert (outcome.receipt, outcome.closed_at) == (a_receipt(), AT + HOUR + SECOND)


@pytest.mark.parametrize(
    ("status", "action", "reason"),
    [
        (S.QUEUED, NextAction.WAIT, "accepted"),
        (S.RUNNING, NextAction.WAIT, "OpenAI works on the response"),
        (S.AWAITING_REVIEW, NextAction.REVIEW, "a result is held for review"),
        (S.DELIVERING, NextAction.WAIT, "approved by ana"),
        (S.NEEDS_ATTENTION, NextAction.INSPECT, "unclassified at look: a fault"),
        (S.COMPLETED, NextAction.NONE, "delivered to the requester"),
        (S.REJECTED, NextAction.NONE, "rejected by ana: seen"),
        (S.FAILED, NextAction.NONE, "given up by olga"),
        (S.EXPIRED, NextAction.NONE, "nobody decided in time"),
        (S.CANCELLED, NextAction.NONE, "stopped by ana"),
    ],
)
def test_every_status_says_why_and_what_comes_next(status: JobStatus, action: NextAction, reason: str) -> None:
    record = a_record(status)
    assert (record.status, record.next_action, record.reason) == (status, action, reason)
    assert record.closed_at == (AT if status.is_closed else None)
    assert record.is_closed == status.is_closed


def test_a_job_without_a_title_is_called_by_its_id() -> None:
    assert progress.opened(a_request(), job_id="a-job", at=AT).title == "a-job"


def test_an_attempt_is_written_down_before_its_create_is_sent() -> None:
    record = progress.attempt_begun(a_record(), AT)
    assert [(one.number, one.response_id, one.started_at) for one in record.attempts] == [(1, "", AT)]
    assert record.status is S.QUEUED


def test_the_reply_to_a_create_belongs_to_the_last_attempt() -> None:
    record = progress.attempt_begun(progress.attempt_begun(a_record(), AT), AT + SECOND)
    record = progress.response_created(record, a_snapshot(response_id="resp_2"), AT + MINUTE)
    assert [one.response_id for one in record.attempts] == ["", "resp_2"]
    assert (record.response_id, record.attempt and record.attempt.created_at) == ("resp_2", AT + MINUTE)
    assert record.response_status is ResponseStatus.IN_PROGRESS


def test_the_end_of_a_response_is_a_technical_fact_and_moves_no_job() -> None:
    usage = Usage(input_tokens=1, output_tokens=2, total_tokens=3)
    findings = (Finding(kind=FindingKind.TOOL_FAILED, message="x"),)
    end = an_end(findings=findings)
    end = end.model_copy(update={"snapshot": end.snapshot.model_copy(update={"usage": usage, "completed_at": AT})})
    record = progress.response_ended(a_record(S.RUNNING), end, AT + MINUTE)
    attempt = record.attempts[-1]
    assert (record.status, record.response_status, record.generated_at) == (S.RUNNING, ResponseStatus.COMPLETED, AT)
    assert (attempt.usage, attempt.looks, attempt.findings, attempt.ended_at) == (usage, 3, findings, AT + MINUTE)
    assert attempt.body_digest == OTHER_DIGEST


def test_a_held_draft_says_what_was_found_and_until_when_it_waits() -> None:
    findings = (Finding(kind=FindingKind.EMPTY_TEXT, message="x"),) * 2
    record = reviewing.held(a_record(S.RUNNING), a_draft(findings=findings), ReviewPolicy(window=HOUR), AT)
    assert record.reason == "a result is held for review with 2 findings"
    assert record.decision_due_at == AT + HOUR
    assert record.deliverable == a_draft(findings=findings, held_at=AT)


def test_only_an_approved_record_has_a_digest_to_deliver() -> None:
    assert a_record(S.DELIVERING).approved_digest == DIGEST
    with pytest.raises(ValueError, match="no approved deliverable"):
        assert a_record(S.AWAITING_REVIEW).approved_digest
    with pytest.raises(ValueError, match="never been held"):
        assert a_record(S.RUNNING).approved_digest


def test_silence_is_neither_an_approval_nor_a_rejection() -> None:
    record = reviewing.expired(a_record(S.AWAITING_REVIEW), "nobody decided in time", AT)
    assert record.status is S.EXPIRED
    assert record.review
    assert (record.review.lines, record.review.is_approved, record.review.is_rejected) == ((), False, False)


@pytest.mark.parametrize("status", [status for status in S if not status.is_closed])
def test_every_open_job_can_be_cancelled(status: JobStatus) -> None:
    record = progress.cancelled(a_record(status), "cancelled by bo", AT + HOUR)
    assert (record.status, record.closed_at) == (S.CANCELLED, AT + HOUR)
    assert record.reason.startswith("cancelled by bo")


def test_a_cancel_during_a_delivery_says_that_it_may_have_arrived() -> None:
    record = progress.cancelled(a_record(S.DELIVERING), "cancelled by bo", AT)
    assert record.reason == "cancelled by bo (a delivery had begun, so the destination may have it)"


@pytest.mark.parametrize(
    ("changes", "is_working"),
    [
        ({"response_id": ""}, False),  # no create has been answered
        ({"response_status": None}, True),
        ({"response_status": ResponseStatus.QUEUED}, True),
        ({"response_status": ResponseStatus.IN_PROGRESS}, True),
        ({"response_status": ResponseStatus.UNKNOWN}, True),  # a status of tomorrow may cost money too
        ({"response_status": ResponseStatus.COMPLETED}, False),
        ({"response_status": ResponseStatus.INCOMPLETE}, False),
        ({"response_status": ResponseStatus.FAILED}, False),
        ({"response_status": ResponseStatus.CANCELLED}, False),
    ],
)
def test_upstream_may_be_working_unless_it_is_known_to_have_stopped(
    changes: dict[str, Any], *, is_working: bool
) -> None:
    record = a_record(S.RUNNING)
    attempt = record.attempts[-1].model_copy(update=changes)
    assert record.model_copy(update={"attempts": (attempt,)}).is_working_upstream == is_working


def test_a_cancel_that_could_not_be_confirmed_is_in_the_record() -> None:
    record = progress.upstream_stopped(a_record(S.RUNNING), a_failed(), AT)
    assert (record.timeline[-1].event, record.status) == ("response.unconfirmed", S.RUNNING)


def test_what_a_cancel_found_is_in_the_record_and_never_held() -> None:
    late = an_end(ResponseStatus.COMPLETED, deliverable=a_draft())
    record = progress.upstream_stopped(a_record(S.RUNNING), late, AT)
    assert (record.response_status, record.deliverable, record.review) == (ResponseStatus.COMPLETED, None, None)


def test_a_reason_is_clipped_and_the_timeline_has_more_of_it() -> None:
    record = progress.cancelled(a_record(), "ä" * 1_000, AT)
    assert len(record.reason.encode()) <= change.REASON_LIMIT_BYTES
    assert record.reason.endswith("…")
    assert record.timeline[-1].text == "ä" * 1_000


def moves(record: JobRecord) -> list[Any]:
    """List every step that moves a job."""
    failed = a_failed()
    return [
        lambda: progress.response_created(record, a_snapshot(), AT),
        lambda: reviewing.held(record, a_draft(), ReviewPolicy(), AT),
        lambda: delivering.taken(record, 1, a_receipt(), AT),
        lambda: progress.stopped(record, failed, judged(record, failed, AT), AT),
        lambda: progress.given_up(record, AT),
        lambda: reviewing.expired(record, "too late", AT),
        lambda: progress.cancelled(record, "too late", AT),
    ]


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("status", [status for status in S if status.is_closed])
def test_nothing_moves_a_closed_job(status: JobStatus, step: int) -> None:
    record = progress.attempt_begun(a_record(status), AT) if status is S.CANCELLED else a_record(status)
    with pytest.raises(IllegalMoveError):
        moves(record)[step]()


def test_a_record_survives_its_own_json() -> None:
    record = a_record(S.COMPLETED)
    assert JobRecord.model_validate_json(record.model_dump_json()) == record
