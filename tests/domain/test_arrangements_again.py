"""Arrangements that come again, come too often, or say what can't be read."""

from typing import Any

import pytest
from pydantic import ValidationError

from signoff.domain import progress, reviewing
from signoff.domain.arrangement import ARRANGEMENTS_KEPT, Arrangement, ArrangementKind
from signoff.domain.change import REFUSALS_KEPT
from signoff.domain.status import JobStatus
from tests.domain.at_review import (
    CLAIM,
    DELEGATE,
    EXTEND,
    RELEASE,
    an_arrangement,
    arranged,
    changes_asked,
    events,
    held_again,
    taken,
    under_review,
    why_not_arranged,
)
from tests.domain.making import AT, DAY, HOUR, a_decision, a_record

S = JobStatus
REVIEWERS = ("ana", "bo", "a-service")


@pytest.mark.parametrize("kind", list(ArrangementKind))
def test_the_same_arrangement_again_gets_its_first_answer_and_changes_nothing(kind: ArrangementKind) -> None:
    record = under_review(reviewers=REVIEWERS)
    record = arranged(record, an_arrangement(CLAIM, arrangement_id="c")) if kind is RELEASE else record
    once, first = reviewing.arranged(record, an_arrangement(kind), AT)
    assert reviewing.arranged(once, an_arrangement(kind), AT + 30 * DAY) == (once, first)
    closed = progress.cancelled(once, "stopped", AT + HOUR)
    answer = reviewing.arranged_when_closed(closed, an_arrangement(kind))
    assert (answer.is_accepted, answer.at, answer.status) == (True, AT, S.CANCELLED)


def test_a_repeat_is_known_when_another_draft_is_held() -> None:
    record = held_again(taken(arranged(under_review(), an_arrangement(CLAIM)), changes_asked()))
    again, answer = reviewing.arranged(record, an_arrangement(CLAIM), AT + DAY)
    assert (again, answer.is_accepted, answer.at) == (record, True, AT)
    assert record.opened_review.claimed_by == ""


def test_a_refused_arrangement_is_refused_again_in_the_same_words() -> None:
    once, first = reviewing.arranged(under_review(), an_arrangement(RELEASE), AT)
    once = arranged(once, an_arrangement(CLAIM))
    assert reviewing.arranged(once, an_arrangement(RELEASE), AT + HOUR) == (once, first)


@pytest.mark.parametrize(
    "other",
    [
        an_arrangement(CLAIM, "bo", arrangement_id="a1"),
        an_arrangement(EXTEND, arrangement_id="a1"),
        an_arrangement(DELEGATE, arrangement_id="a1", to="leo"),
    ],
    ids=["person", "kind", "to"],
)
def test_another_arrangement_under_a_known_id_is_refused(other: Arrangement) -> None:
    first = an_arrangement(DELEGATE if other.kind is DELEGATE else CLAIM, arrangement_id="a1")
    record = arranged(under_review(reviewers=("ana", "bo")), first)
    assert why_not_arranged(record, other) == "the id a1 belongs to another arrangement; choose a new one"


def test_another_end_under_a_known_id_is_another_arrangement() -> None:
    record = arranged(under_review(), an_arrangement(EXTEND))
    assert "belongs to another" in why_not_arranged(record, an_arrangement(EXTEND, due_at=AT + 11 * DAY))


@pytest.mark.parametrize("status", [status for status in S if status is not S.AWAITING_REVIEW])
def test_nothing_is_arranged_where_nothing_is_held(status: JobStatus) -> None:
    record = a_record(status)
    told = why_not_arranged(record, an_arrangement(CLAIM, "bo"))
    assert told == f"nothing is held for review; the job is {status} ({record.reason})"


def test_a_review_has_room_for_a_bounded_number_of_arrangements() -> None:
    record = under_review()
    for number in range(ARRANGEMENTS_KEPT):
        record = arranged(record, an_arrangement(CLAIM, ("ana", "bo")[number % 2], arrangement_id=f"a{number}"))
    told = why_not_arranged(record, an_arrangement(CLAIM, arrangement_id="more"))
    assert told == "100 arrangements were made, as many as a review has room for; decide on it"
    assert taken(record, a_decision()).status is S.DELIVERING


def test_refused_arrangements_are_listed_up_to_a_limit_and_counted_beyond_it() -> None:
    record = under_review()
    for number in range(REFUSALS_KEPT + 7):
        wrong = an_arrangement(RELEASE, arrangement_id=f"a{number}", reason="x" * 1_000)
        record, _ = reviewing.arranged(record, wrong, AT)
    assert events(record).count("arrangement.refused") == len(record.opened_review.arrangements) == REFUSALS_KEPT
    assert record.refusals_omitted == 7
    assert len(record.opened_review.arrangements[0].reason.encode()) == 500
    assert arranged(record, an_arrangement(CLAIM)).opened_review.claimed_by == "ana"


@pytest.mark.parametrize(
    ("kind", "changes", "why"),
    [
        (CLAIM, {}, ""),
        (CLAIM, {"to": "dan"}, "to: claim does not take it"),
        (RELEASE, {"due_at": AT}, "due_at: release does not take it"),
        (DELEGATE, {"to": "dan"}, ""),
        (DELEGATE, {}, "to: say who gets the seat"),
        (DELEGATE, {"to": "dan", "due_at": AT}, "due_at: delegate does not take it"),
        (EXTEND, {"due_at": AT}, ""),
        (EXTEND, {}, "due_at: say when the review ends then"),
        (EXTEND, {"to": "dan", "due_at": AT}, "to: extend does not take it"),
        (EXTEND, {"due_at": "9999-12-31T23:59:59-10:00"}, "no calendar has this moment; name an earlier one"),
        (EXTEND, {"due_at": "2026-01-15T09:00:00"}, "timezone"),
        (CLAIM, {"reason": "x" * 1_001}, "at most 1000 characters"),
        (CLAIM, {"attestation": "x" * 201}, "at most 200 characters"),
        (CLAIM, {"arrangement_id": "a b"}, "pattern"),
        (CLAIM, {"by": ""}, "at least 1 character"),
        (CLAIM, {"at": AT}, "Extra inputs"),
    ],
)
def test_an_arrangement_says_what_its_kind_needs_and_nothing_else(
    kind: ArrangementKind, changes: dict[str, Any], why: str
) -> None:
    data = {"arrangement_id": "a1", "kind": kind, "by": "ana", **changes}
    if not why:
        assert Arrangement.model_validate(data).kind is kind
        return
    with pytest.raises(ValidationError) as caught:
        Arrangement.model_validate(data)
    assert why in str(caught.value)


def test_a_job_that_is_closed_refuses_arrangements_as_of_its_end() -> None:
    record = progress.cancelled(under_review(), "stopped", AT + HOUR)
    answer = reviewing.arranged_when_closed(record, an_arrangement())
    assert (answer.is_accepted, answer.status, answer.at) == (False, S.CANCELLED, AT + HOUR)
