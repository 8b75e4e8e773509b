"""The status model against a table that was written from the design, not from the code."""

import itertools
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.status import (
    DEFAULT_ACTIONS,
    IllegalMoveError,
    JobStatus,
    NextAction,
    ResponseStatus,
    check_move,
)

# Each line is a status, and the statuses that may follow it.
TABLE: Final = """
queued            running needs_attention cancelled
running           queued awaiting_review needs_attention cancelled
awaiting_review   queued delivering rejected expired cancelled
delivering        completed awaiting_review needs_attention cancelled
needs_attention   queued running awaiting_review delivering failed expired cancelled
completed
rejected
failed
expired
cancelled
"""
ALLOWED: Final = {
    JobStatus(first): {JobStatus(word) for word in rest}
    for first, *rest in (line.split() for line in TABLE.strip().splitlines())
}
PAIRS: Final = list(itertools.product(JobStatus, JobStatus))
OPEN: Final = ("queued", "running", "awaiting_review", "delivering", "needs_attention")


def test_the_table_names_every_status() -> None:
    assert set(ALLOWED) == set(JobStatus)
    assert len(PAIRS) == 100


@pytest.mark.parametrize(("current", "following"), [pair for pair in PAIRS if pair[1] in ALLOWED[pair[0]]])
def test_a_move_of_the_table_is_allowed(current: JobStatus, following: JobStatus) -> None:
    check_move(current, following)


@pytest.mark.parametrize(("current", "following"), [pair for pair in PAIRS if pair[1] not in ALLOWED[pair[0]]])
def test_any_other_move_is_an_error_that_names_both(current: JobStatus, following: JobStatus) -> None:
    with pytest.raises(IllegalMoveError, match=f"from {current} to {following}"):
        check_move(current, following)


@pytest.mark.parametrize("status", list(JobStatus))
def test_closed_are_exactly_the_statuses_without_a_way_out(status: JobStatus) -> None:
    assert status.is_closed == (status not in OPEN) == (not ALLOWED[status])


@pytest.mark.parametrize("status", OPEN)
def test_every_open_status_can_be_cancelled(status: str) -> None:
    check_move(JobStatus(status), JobStatus.CANCELLED)


@pytest.mark.parametrize("status", OPEN)
def test_every_open_status_can_be_left_without_a_cancel(status: str) -> None:
    """Otherwise a job could only be stopped there, never finished."""
    assert ALLOWED[JobStatus(status)] - {JobStatus.CANCELLED}


def test_completed_is_reached_from_delivering_alone() -> None:
    assert {status for status in JobStatus if JobStatus.COMPLETED in ALLOWED[status]} == {JobStatus.DELIVERING}


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (JobStatus.QUEUED, NextAction.WAIT),
        (JobStatus.RUNNING, NextAction.WAIT),
        (JobStatus.AWAITING_REVIEW, NextAction.REVIEW),
        (JobStatus.DELIVERING, NextAction.WAIT),
        (JobStatus.NEEDS_ATTENTION, NextAction.INSPECT),
        *((status, NextAction.NONE) for status in JobStatus if status not in OPEN),
    ],
)
def test_every_status_has_a_next_action(status: JobStatus, action: NextAction) -> None:
    assert DEFAULT_ACTIONS.get(status, NextAction.NONE) is action


@pytest.mark.parametrize(
    ("status", "is_terminal"),
    [
        ("queued", False),
        ("in_progress", False),
        ("completed", True),
        ("failed", True),
        ("incomplete", True),
        ("cancelled", True),
        ("unknown", True),
    ],
)
def test_a_response_is_under_way_while_queued_or_in_progress(status: str, *, is_terminal: bool) -> None:
    assert ResponseStatus(status).value == status
    assert ResponseStatus(status).is_terminal == is_terminal


@given(st.text())
def test_any_other_response_status_reads_as_unknown(word: str) -> None:
    known = {status.value for status in ResponseStatus}
    assert ResponseStatus(word) is (ResponseStatus(word) if word in known else ResponseStatus.UNKNOWN)


def test_an_unknown_job_status_is_an_error() -> None:
    """Unlike OpenAI's, the business statuses are ours: a word that is none of them is a bug."""
    with pytest.raises(ValueError, match="paused"):
        JobStatus("paused")
