"""A response that was stopped at its time limit: what counts of it, and what comes late."""

from typing import Final

import pytest

from signoff.domain import progress, reviewing
from signoff.domain.attempt import Ended
from signoff.domain.deployment import Failed
from signoff.domain.failures import Failure, Stage
from signoff.domain.failures import FailureClass as C
from signoff.domain.judging import judged
from signoff.domain.policies import VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.domain.making import AT, HOUR, a_draft, a_failed, a_failure, a_record, an_end, terms

S = JobStatus
TIMEOUT: Final = a_failed(C.TIMEOUT, message="no answer in time")
OWN: Final = a_failure(C.POLICY, message="refused")


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        (an_end(ResponseStatus.CANCELLED, failure=a_failure(C.UNCLASSIFIED)), TIMEOUT.failure),
        (an_end(ResponseStatus.COMPLETED, deliverable=a_draft()), None),  # late, but there
        (an_end(ResponseStatus.INCOMPLETE, deliverable=a_draft()), None),
        # It ended by itself: a retry that a timeout would permit is not one that this class permits.
        (an_end(ResponseStatus.FAILED, failure=OWN), OWN),
        (an_end(ResponseStatus.COMPLETED, failure=OWN), OWN),
        (an_end(ResponseStatus.INCOMPLETE, failure=OWN), OWN),
    ],
)
def test_at_the_time_limit_the_responses_own_end_counts_first(stopped: Ended, expected: Failure | None) -> None:
    seen = progress.at_time_limit(stopped, TIMEOUT)
    assert isinstance(seen, Ended)
    assert seen.failure == expected


def test_the_terms_of_the_failure_that_counts_hold() -> None:
    own = terms(C.POLICY)
    assert progress.at_time_limit(an_end(ResponseStatus.FAILED, failure=OWN, terms=own), TIMEOUT) == an_end(
        ResponseStatus.FAILED, failure=OWN, terms=own
    )
    stopped = progress.at_time_limit(an_end(ResponseStatus.CANCELLED, failure=OWN, terms=own), TIMEOUT)
    assert isinstance(stopped, Ended)
    assert stopped.terms == TIMEOUT.terms


def test_a_stop_that_could_not_be_confirmed_is_told() -> None:
    seen = progress.at_time_limit(a_failed(C.TRANSIENT, stage=Stage.CANCEL), TIMEOUT)
    assert isinstance(seen, Failed)
    assert (seen.failure.failure_class, seen.terms) == (C.TIMEOUT, TIMEOUT.terms)
    assert "could not be confirmed: transient at cancel" in seen.failure.message


def test_a_run_that_may_still_go_on_after_its_time_limit_parks() -> None:
    """Its cancel was not confirmed, so another attempt would be paid beside it."""
    seen = progress.at_time_limit(a_failed(C.TRANSIENT, stage=Stage.CANCEL), TIMEOUT)
    assert isinstance(seen, Failed)
    assert judged(a_record(S.RUNNING), seen, AT).kind is VerdictKind.PARK


def test_the_facts_of_a_response_that_was_stopped_are_kept() -> None:
    stopped = an_end(ResponseStatus.CANCELLED)
    seen = progress.at_time_limit(stopped, TIMEOUT)
    assert seen == stopped.model_copy(update={"failure": TIMEOUT.failure, "terms": TIMEOUT.terms})


def timed_out(status: ResponseStatus = ResponseStatus.CANCELLED) -> JobRecord:
    """Stop a response at its time limit; another attempt is to follow."""
    ended = an_end(status, failure=TIMEOUT.failure, terms=TIMEOUT.terms)
    record = progress.response_ended(a_record(S.RUNNING), ended, AT)
    return progress.stopped(record, TIMEOUT, judged(record, TIMEOUT, AT), AT)


def test_a_response_that_was_stopped_at_its_time_limit_is_looked_at_once_more() -> None:
    record = timed_out()
    assert (record.status, record.may_complete_late) == (S.QUEUED, True)
    assert not progress.attempt_begun(record, AT).may_complete_late


@pytest.mark.parametrize("status", [one for one in ResponseStatus if one is not ResponseStatus.CANCELLED])
def test_one_that_was_not_cancelled_has_nothing_to_come(status: ResponseStatus) -> None:
    assert not timed_out(status).may_complete_late


def test_a_response_that_failed_otherwise_does_not_complete_late() -> None:
    ended = an_end(ResponseStatus.CANCELLED, failure=OWN)
    record = progress.response_ended(a_record(S.RUNNING), ended, AT)
    assert not progress.stopped(
        record, a_failed(C.POLICY), judged(record, a_failed(C.POLICY), AT), AT
    ).may_complete_late


def test_a_late_completion_is_taken_instead_of_a_new_attempt() -> None:
    record = progress.late_completion(timed_out(), AT + HOUR)
    assert (record.status, record.reason) == (S.RUNNING, "it completed after all")
    assert (record.failure, record.not_before) == (None, None)
    assert (record.timeline[-1].event, len(record.attempts)) == ("response.late", 1)
    record = progress.response_ended(record, an_end(deliverable=a_draft()), AT + HOUR)
    record = reviewing.held(record, a_draft(), ReviewPolicy(), AT + HOUR)
    assert (record.status, record.next_action) == (S.AWAITING_REVIEW, NextAction.REVIEW)
    assert record.attempts[-1].failure is None
