"""What the index says of a closed job, and what a list of closed jobs may ask for."""

from typing import Any

import pytest

from signoff.domain.closed import (
    ClosedFilters,
    ClosedJob,
    closed_job,
    lines_in,
    newest_first,
    read_closed_job,
    read_entry,
    render_segment,
)
from signoff.domain.deliverable import digest_of
from signoff.domain.errors import BadRequestError
from signoff.domain.integrity import UnsoundError
from signoff.domain.layout import segment_path
from signoff.domain.status import JobStatus
from tests.closed.making import HOUR, NOON, closed_record, entry_of


def test_an_open_job_makes_no_entry() -> None:
    assert [closed_job(closed_record("a-job", status=status)) for status in JobStatus if not status.is_closed] == [
        None
    ] * 5


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"statuses": (JobStatus.RUNNING,)}, "no closed job is running"),
        ({"labels": ("desk",)}, "desk is not a key and its value"),
        ({"since": NOON, "until": NOON}, "since"),
    ],
)
def test_what_no_closed_job_can_be_is_refused(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequestError, match=told):
        ClosedFilters(**asked)


def test_a_label_may_have_more_signs_of_equality_in_its_value() -> None:
    entry = entry_of(closed_record("a-job", labels={"query": "a=b"}))
    assert ClosedFilters(labels=("query=a=b",)).admits(entry.model_dump(), NOON)


def test_the_same_entries_make_the_same_segment() -> None:
    lines = [entry_of(closed_record(f"job-{number}")).line() for number in range(3)]
    assert render_segment(lines) == render_segment(lines)


def test_a_segment_gives_back_its_lines_whatever_their_texts_hold() -> None:
    """A line of the index ends where JSON ends, and not where other things would call it a line."""
    odd = [entry_of(closed_record(f"job-{number}", title=f"a{end}b")) for number, end in enumerate("\n\r\x85\u2028")]
    data = render_segment(entry.line() for entry in odd)
    path = segment_path("2026-11-10", digest_of(data))
    assert [read_closed_job(read_entry(line, path), path) for line in lines_in(path, data)] == odd


def test_an_entry_with_more_changes_is_newer_and_among_equals_one_of_a_later_version() -> None:
    entry = entry_of(closed_record("a-job"))
    forms: list[dict[str, Any]] = [
        {"changes": 3, "title": "b"},
        {"changes": 3, "version": 3, "title": "a"},
        {"changes": 1, "version": 9},
    ]
    read = [read_entry(entry.model_copy(update=form).line(), "a path") for form in forms]
    assert [one.told["title"] for one in newest_first(read)] == ["a"]


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"closed_at": 1, "job_id": "a"}', b"\xff"])
def test_a_line_that_is_no_entry_is_unsound(line: bytes) -> None:
    with pytest.raises(UnsoundError, match="a path holds a line"):
        read_entry(line, "a path")


def test_an_entry_of_a_newer_version_with_unknown_fields_is_read() -> None:
    line = entry_of(closed_record("a-job")).line().replace(b'{"version":2', b'{"version":3,"dreams":"1.50"')
    assert read_closed_job(read_entry(line, "a path"), "a path").version == 3


def test_a_list_shows_the_same_while_only_the_number_of_changes_differs() -> None:
    entry: ClosedJob = entry_of(closed_record("a-job"))
    assert entry.model_copy(update={"changes": 99}).shows_the_same(entry)
    assert not entry.model_copy(update={"tokens": 99}).shows_the_same(entry)
    assert not entry.shows_the_same(None)


def test_a_summary_shows_what_the_entry_has() -> None:
    record = closed_record("a-job", labels={"desk": "science"})
    shown = entry_of(record).summary()
    assert (shown.started_at, shown.closed_at, shown.labels) == (NOON - HOUR, NOON, {"desk": "science"})
