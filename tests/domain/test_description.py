"""What callers are told of a job, and where the archive keeps what."""

from typing import Any

import pytest

from signoff.domain import adoption, progress, repairing
from signoff.domain.attempt import Stray
from signoff.domain.change import changed
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.deployment import Failed, default_terms
from signoff.domain.description import JobSummary, Waiting, describe_record, describe_summary
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.judging import judged
from signoff.domain.layout import body_path, deliverable_path, record_path
from signoff.domain.policies import POLICIES, Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import Repair, RepairKind
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus
from tests.domain.handing_over import all_arrived, elsewhere, stuck
from tests.domain.making import AT, DAY, DIGEST, MINUTE, a_failure, a_record, a_request, a_snapshot, an_end

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


def test_a_job_with_several_destinations_tells_how_many_have_it_and_their_answers_once_all_have() -> None:
    told = describe_record(stuck(), Waiting(), None)
    assert (told.deliveries, told.deliveries_arrived, told.receipt, told.redirect) == (3, 2, None, 0)
    told = describe_record(all_arrived(), Waiting(), None)
    assert (told.deliveries, told.deliveries_arrived, told.receipt) == (3, 3, "r-1, r-2, r-3")


def test_a_job_that_waits_for_a_word_on_its_destination_tells_the_number_to_decide_with() -> None:
    assert describe_record(elsewhere(), Waiting(), None).redirect == 1
    assert describe_record(all_arrived(), Waiting(), None).redirect == 0


def test_a_record_from_before_there_were_several_destinations_tells_of_its_one() -> None:
    older = changed(a_record(JobStatus.COMPLETED), deliveries=())
    told = describe_record(older, Waiting(), None)
    assert (told.deliveries, told.deliveries_arrived, told.receipt) == (1, 1, "r-1")


def test_a_stopped_job_tells_until_when_it_waits_for_a_person() -> None:
    told = describe_record(a_record(JobStatus.NEEDS_ATTENTION), Waiting(), None)
    assert told.attention_due_at == AT + 7 * DAY


def test_a_stopped_job_tells_who_acts_and_the_class_and_code_of_what_stopped_it() -> None:
    told = describe_record(_stopped(a_failure(FailureClass.MALFORMED_INPUT, code="invalid_image")), Waiting(), None)
    assert (told.actor, told.failure_class, told.failure_code) == (
        Actor.REQUESTER,
        FailureClass.MALFORMED_INPUT,
        "invalid_image",
    )


def test_a_job_that_goes_on_names_nobody_and_no_failure() -> None:
    told = describe_record(a_record(JobStatus.RUNNING), Waiting(), None)
    assert (told.actor, told.failure_class, told.failure_code) == (Actor.NOBODY, None, "")


def test_a_job_that_backs_off_tells_until_when() -> None:
    again = Verdict(kind=VerdictKind.RETRY, delay=MINUTE)
    failed = _failed(a_failure(FailureClass.RATE_LIMITED))
    told = describe_record(progress.stopped(a_record(JobStatus.RUNNING), failed, again, AT), Waiting(), None)
    assert (told.status, told.not_before, told.adoption_due_at) == (JobStatus.QUEUED, AT + MINUTE, None)


def test_a_job_whose_create_was_not_answered_tells_until_when_it_waits_for_a_sign() -> None:
    failed = _failed(a_failure(FailureClass.OUTCOME_UNKNOWN, stage=Stage.CREATE))
    record = adoption.reply_lost(progress.attempt_begun(a_record(), AT), failed, AT)
    record = adoption.sign_awaited(record, failed.terms, AT)
    assert describe_record(record, Waiting(), None).adoption_due_at == AT + failed.terms.adoption_window
    again = describe_record(progress.attempt_begun(record, AT), Waiting(), None)
    assert (again.adoption_due_at, again.possibly_paid_twice) == (None, True)


def test_strays_and_repairs_are_counted() -> None:
    stray = Stray(response_id="resp_9", attempt=1, found_at=AT, status=ResponseStatus.CANCELLED)
    record = adoption.strayed(_stopped(a_failure(FailureClass.QUOTA)), stray, AT)
    retry = Repair(repair_id="r-1", kind=RepairKind.RETRY, by="olga")
    for _ in range(2):
        record, _, _ = repairing.repaired(record, a_request(), retry, AT)
    told = describe_record(changed(record, strays_omitted=3), Waiting(), None)
    assert (told.strays, told.repairs) == (4, 1)


@pytest.mark.parametrize(
    ("status", "action", "failure_class", "actor"),
    [
        (JobStatus.RUNNING, NextAction.WAIT, None, Actor.NOBODY),
        (JobStatus.AWAITING_REVIEW, NextAction.REVIEW, None, Actor.REVIEWER),
        (JobStatus.NEEDS_ATTENTION, NextAction.RETRY, None, Actor.OPERATOR),
        (JobStatus.NEEDS_ATTENTION, NextAction.AMEND_REQUEST, None, Actor.REQUESTER),
        (JobStatus.NEEDS_ATTENTION, NextAction.INSPECT, FailureClass.POLICY, Actor.OPERATOR),
        (JobStatus.NEEDS_ATTENTION, NextAction.INSPECT, FailureClass.REVIEW_REQUIRED, Actor.REVIEWER),
        (JobStatus.NEEDS_ATTENTION, NextAction.RETRY_DELIVERY, FailureClass.REVIEW_REQUIRED, Actor.OPERATOR),
        (JobStatus.EXPIRED, NextAction.NONE, None, Actor.NOBODY),
    ],
)
def test_a_line_of_a_list_tells_who_acts(
    status: JobStatus, action: NextAction, failure_class: FailureClass | None, actor: Actor
) -> None:
    line = a_summary(status=status, next_action=action, failure_class=failure_class)
    assert (line.actor, describe_summary(line, Waiting(), None, "").actor) == (actor, actor)


@pytest.mark.parametrize("failure_class", FailureClass)
def test_the_rules_and_a_line_of_a_list_agree_on_who_acts(failure_class: FailureClass) -> None:
    rule = POLICIES[failure_class]
    line = a_summary(status=JobStatus.NEEDS_ATTENTION, next_action=rule.next_action, failure_class=failure_class)
    assert line.actor is rule.actor


def test_a_completed_job_tells_its_receipt() -> None:
    told = describe_record(a_record(JobStatus.COMPLETED), Waiting(), None)
    assert (told.receipt, told.closed_at) == ("r-1", AT)


def test_the_response_of_the_attempt_under_way_is_told_and_not_an_older_one() -> None:
    record = progress.attempt_begun(a_record(), AT)
    record = progress.attempt_begun(progress.response_created(record, a_snapshot(), AT), AT)
    told = describe_record(record, Waiting(), None)
    assert (told.attempt, told.response_id) == (2, "")


def test_a_job_that_no_worker_answers_for_is_told_as_far_as_temporal_knows() -> None:
    told = describe_summary(a_summary(), WAITING, 12, "no worker answers")
    assert not told.is_complete
    assert (told.status, told.opened_at, told.looks, told.history_events) == (JobStatus.RUNNING, AT, 7, 12)
    assert "no worker answers" in told.reason


def test_the_archive_keeps_a_job_in_one_folder() -> None:
    digest = digest_of(Deliverable(job_id="a-job", attempt=1, text="x").canonical())
    assert record_path("a-job") == "jobs/a-job/record.json"
    assert body_path("a-job", 2) == "jobs/a-job/attempts/2/response.json"
    assert deliverable_path("a-job", digest) == f"jobs/a-job/deliverables/{digest.removeprefix('sha256:')}.json"


def a_summary(**changes: Any) -> JobSummary:
    facts: dict[str, Any] = {"status": JobStatus.RUNNING, "next_action": NextAction.WAIT, **changes}
    return JobSummary(job_id="a-job", title="A report", requester="a-service", started_at=AT, **facts)


def _failed(failure: Failure) -> Failed:
    return Failed(failure=failure, terms=default_terms(failure.failure_class, failure.stage))


def _stopped(failure: Failure) -> JobRecord:
    failed, record = _failed(failure), progress.response_ended(a_record(JobStatus.RUNNING), an_end(), AT)
    return progress.stopped(record, failed, judged(record, failed, AT), AT)


def test_a_description_counts_the_lines_of_the_timeline() -> None:
    record = a_record(JobStatus.RUNNING)
    assert describe_record(record, WAITING, 12).changes == len(record.timeline) > 0
