"""Which objects of a closed job are past their time, and what the record says of those that went."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from signoff.domain import layout
from signoff.domain.removal import Kind
from signoff.domain.retention import CONTENT, Retention, Swept
from signoff.domain.status import JobStatus
from signoff.domain.sweeping import due, kind_of, noted
from tests.domain.handing_over import elsewhere
from tests.domain.making import AT, DAY, DIGEST, OTHER_DIGEST, SECOND, a_record

ALL_BUT_RECORDS = {"requests": 10 * DAY, "responses": 10 * DAY, "drafts": DAY, "deliverables": 30 * DAY, "others": DAY}
CLOSED = a_record(JobStatus.COMPLETED)  # closed at AT
K = Kind


def test_without_rules_everything_is_kept_for_good() -> None:
    assert Retention().is_inert
    assert due(CLOSED, Retention(), AT + 36_500 * DAY) == frozenset()


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (DAY - SECOND, set()),
        (DAY, {K.DRAFT, K.OTHER}),
        (10 * DAY - SECOND, {K.DRAFT, K.OTHER}),
        (10 * DAY, {K.DRAFT, K.OTHER, K.REQUEST, K.RESPONSE}),
        (30 * DAY, CONTENT),
        (60 * DAY - SECOND, CONTENT),
        (60 * DAY, set(Kind)),
    ],
)
def test_each_kind_is_due_when_its_time_since_the_close_is_over(age: timedelta, expected: set[Kind]) -> None:
    rules = Retention(**ALL_BUT_RECORDS, records=60 * DAY)
    assert due(CLOSED, rules, AT + age) == expected


@pytest.mark.parametrize("status", [status for status in JobStatus if not status.is_closed])
def test_nothing_of_an_open_job_is_ever_due(status: JobStatus) -> None:
    rules = Retention(**ALL_BUT_RECORDS, records=60 * DAY)
    assert due(a_record(status), rules, AT + 1_000 * DAY) == frozenset()


def test_a_record_is_not_due_as_long_as_anything_else_is_kept() -> None:
    # No file can say so; a value that was made otherwise must not lose records either.
    rules = Retention.model_construct(
        responses=None, records=DAY, requests=DAY, drafts=DAY, deliverables=DAY, others=DAY
    )
    assert K.RECORD not in due(CLOSED, rules, AT + 100 * DAY)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"records": DAY}, "give requests, responses, drafts, deliverables, others a time as well"),
        ({**ALL_BUT_RECORDS, "records": 20 * DAY}, "deliverables stay longer"),
        ({"responses": 90}, "greater than or equal to 1 day"),
        ({"response": DAY}, "Extra inputs"),
    ],
)
def test_rules_that_can_not_be_meant_are_refused(rules: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Retention.model_validate(rules)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (layout.record_path("a-job"), K.RECORD),
        (layout.request_path("a-job", 1), K.REQUEST),
        (layout.body_path("a-job", 12), K.RESPONSE),
        (layout.stray_path("a-job", "resp_s"), K.RESPONSE),
        (layout.deliverable_path("a-job", DIGEST), K.DELIVERABLE),
        (layout.deliverable_path("a-job", OTHER_DIGEST), K.DRAFT),
        ("jobs/a-job/attempts/1/something-new.json", K.OTHER),
        (layout.payload_path("a-job", "0a0b"), K.REQUEST),
        (layout.evidence_path("a-job", 1), K.RESPONSE),
        (layout.stray_evidence_path("a-job", "resp_s"), K.RESPONSE),
        ("jobs/a-job/record.json#1", K.OTHER),
        (layout.erased_path("a-job"), None),
    ],
)
def test_every_path_in_a_folder_is_of_one_kind(path: str, kind: Kind | None) -> None:
    assert kind_of(path, CLOSED) is kind


def test_what_any_destination_took_is_no_draft_whatever_is_asked_of_another() -> None:
    rejected = elsewhere().model_copy(update={"status": JobStatus.REJECTED, "earlier_reviews": ()})
    assert rejected.receipt is None
    assert kind_of(layout.deliverable_path("a-job", DIGEST), rejected) is K.DELIVERABLE


@pytest.mark.parametrize("status", [JobStatus.REJECTED, JobStatus.EXPIRED, JobStatus.CANCELLED, JobStatus.FAILED])
def test_what_was_held_and_not_approved_is_a_draft(status: JobStatus) -> None:
    assert kind_of(layout.deliverable_path("a-job", DIGEST), a_record(status)) is K.DRAFT


def test_a_job_whose_id_looks_like_a_path_within_one_has_its_own_folder() -> None:
    assert kind_of("jobs/record.json/record.json", None) is K.RECORD
    assert kind_of("jobs/attempts/attempts/1/request.json", None) is K.REQUEST
    assert layout.job_of("jobs/a.json") is None
    assert layout.job_of("doctor/probe") is None


def test_a_record_keeps_the_first_date_of_each_kind() -> None:
    first = noted(CLOSED, {K.DRAFT: 2}, AT + DAY)
    again = noted(first, {K.DRAFT: 1, K.REQUEST: 1}, AT + 2 * DAY)
    assert [(line.kind, line.at, line.objects) for line in again.removed] == [
        (K.DRAFT, AT + DAY, 2),
        (K.REQUEST, AT + 2 * DAY, 1),
    ]


def test_a_sweep_counts_jobs_and_objects() -> None:
    swept = Swept().counting({K.DRAFT: 2}).counting({}).counting({K.DRAFT: 1, K.RECORD: 1})
    assert (swept.jobs, swept.changed, swept.objects) == (3, 2, 4)
    assert swept.removed == {K.DRAFT: 3, K.RECORD: 1}
