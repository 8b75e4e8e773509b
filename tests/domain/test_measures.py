"""What each step of a job's life adds to the counts of a deployment."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from signoff.domain import adoption, deciding, delivering, measures, progress, reviewing
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.judging import judged
from signoff.domain.measures import Measure
from signoff.domain.record import JobRecord
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import MOVES, JobStatus, ResponseStatus
from tests.domain.making import (
    AT,
    HOUR,
    MINUTE,
    SECOND,
    a_decision,
    a_draft,
    a_failed,
    a_receipt,
    a_record,
    a_request,
    a_snapshot,
    a_stray,
    an_end,
    lost_reply,
)

S = JobStatus


def told(found: Iterable[Measure]) -> list[tuple[str, float, tuple[str, ...]]]:
    return [(one.meter.name.removeprefix("signoff_"), one.value, one.words) for one in found if one.value]


def added(*records: JobRecord) -> list[tuple[str, float, tuple[str, ...]]]:
    return [one for before, after in pairwise(records) for one in told(measures.change(before, after))]


def test_a_healthy_job_is_counted_step_by_step() -> None:
    opened = progress.opened(a_request(), job_id="a-job", at=AT)
    begun = progress.attempt_begun(opened, AT)
    running = progress.response_created(begun, a_snapshot(), AT)
    end = an_end()
    end = end.model_copy(update={"snapshot": end.snapshot.model_copy(update={"completed_at": AT + MINUTE})})
    ended = progress.response_ended(running, end, AT + MINUTE + 4 * SECOND)
    held = reviewing.held(ended, a_draft(), ReviewPolicy(), AT + HOUR)
    approved = deciding.decided(held, a_decision(), AT + 3 * HOUR)[0]
    done = delivering.taken(approved, 1, a_receipt(), AT + 3 * HOUR)
    assert told(measures.opening(opened)) == [("job_status_changes", 1, ("queued",))]
    assert added(opened, begun, running, ended, held, approved, done) == [
        ("attempts", 1, ()),
        ("job_status_changes", 1, ("running",)),
        ("looks", 3, ()),
        ("response_freshness_seconds", 4, ()),
        ("job_status_changes", 1, ("awaiting_review",)),
        ("job_status_changes", 1, ("delivering",)),
        ("review_seconds", 7_200, ("approved",)),
        ("job_status_changes", 1, ("completed",)),
    ]


def test_a_failure_counts_once_although_the_record_holds_it_twice() -> None:
    """A delivery's failure becomes the job's, and a lost reply's is kept until the job stops by it."""
    delivering_now = a_record(S.DELIVERING)
    failed = a_failed(FailureClass.CONFIGURATION, stage=Stage.DELIVER)
    stopped = delivering.stopped(delivering.begun(delivering_now, AT), 1, failed.failure, AT)
    parked = progress.stopped(stopped, failed, judged(stopped, failed, AT, chance=0.5), AT)
    failures = [words for name, _, words in added(delivering_now, stopped, parked) if name == "failures"]
    assert failures == [("configuration", "deliver")]
    begun = progress.attempt_begun(a_record(), AT)
    lost = adoption.reply_lost(begun, lost_reply(), AT)
    queued = progress.stopped(lost, lost_reply(), judged(lost, lost_reply(), AT, chance=0.5), AT)
    assert [words for name, _, words in added(begun, lost, queued) if name == "failures"] == [
        ("outcome_unknown", "create")
    ]


def test_a_cancel_that_is_not_confirmed_is_a_failure() -> None:
    running = a_record(S.RUNNING)
    unsure = progress.upstream_stopped(running, a_failed(FailureClass.TRANSIENT, stage=Stage.CANCEL), AT)
    assert added(running, unsure) == [("failures", 1, ("transient", "cancel"))]


def test_what_may_be_paid_twice_is_counted_per_job_and_each_stray() -> None:
    lost = adoption.reply_lost(progress.attempt_begun(a_record(), AT), lost_reply(), AT)
    again = progress.attempt_begun(lost, AT)
    third = progress.attempt_begun(again, AT)
    strayed = adoption.strayed(third, a_stray(tokens=70), AT)
    assert added(lost, again, third, strayed) == [
        ("attempts", 1, ()),
        ("possible_double_spend", 1, ()),
        ("attempts", 1, ()),
        ("tokens", 70, ()),
        ("strays", 1, ()),
    ]


def test_a_response_without_a_time_of_its_own_tells_no_freshness() -> None:
    running = a_record(S.RUNNING)
    ended = progress.response_ended(running, an_end(ResponseStatus.FAILED), AT + MINUTE)
    assert [name for name, _, _ in added(running, ended)] == ["looks"]


@pytest.mark.parametrize("status", sorted(MOVES[S.AWAITING_REVIEW]))
def test_every_end_of_a_review_has_a_word(status: JobStatus) -> None:
    assert status in measures._REVIEW_ENDS


def test_what_is_counted_stands_at_zero_from_the_first_job_on() -> None:
    """Prometheus sees no increase in a series that begins with 1."""
    zeros = [one for one in measures.opening(a_record()) if not one.value]
    assert {one.meter for one in zeros} >= {measures.DOUBLE_SPEND, measures.STRAYS}
    assert {one.words[0] for one in zeros if one.meter is measures.CHANGES} == set(S) - {S.QUEUED}


def test_labels_are_closed_sets() -> None:
    """Nothing of a job's own, such as an id, may become a label: each value would be kept for ever."""
    labels = {label for meter in measures.METERS for label in meter.labels}
    assert labels == {"status", "failure_class", "stage", "outcome", "channel"}
