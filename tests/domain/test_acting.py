"""What an activity of the user's own is given, and what its answer says."""

from typing import Any

import pytest
from pydantic import ValidationError

from signoff.domain import names
from signoff.domain.acting import INLINE_DELIVERABLE_BYTES, ApprovedDeliverable, reference_in
from signoff.domain.deliverable import Citation, Deliverable, digest_of
from signoff.domain.delivery import Activity, ActivityContent
from signoff.domain.job import parse_request

CITED = Citation(title="A", url="https://a.example/", start=0, end=1)


def a_draft(text: str) -> Deliverable:
    return Deliverable(job_id="job-1", attempt=2, text=text, citations=(CITED,), edited_by="bo")


def approved(data: bytes) -> ApprovedDeliverable:
    digest = digest_of(data)
    return ApprovedDeliverable(
        job_id="job-1", digest=digest, idempotency_key=f"job-1:{digest}", size_bytes=len(data), approvers=("ana",)
    ).inline(data)


def test_a_small_deliverable_travels_as_plain_json() -> None:
    draft = a_draft("潮")
    document = approved(draft.canonical()).model_dump(mode="json")
    assert document["deliverable"] == {
        "job_id": "job-1",
        "attempt": 2,
        "text": "潮",
        "citations": [{"title": "A", "url": "https://a.example/", "start": 0, "end": 1}],
        "edited_by": "bo",
    }
    assert set(document) == {"job_id", "digest", "idempotency_key", "size_bytes", "approvers", "deliverable"}


@pytest.mark.parametrize(
    ("size", "is_inline"), [(INLINE_DELIVERABLE_BYTES, True), (INLINE_DELIVERABLE_BYTES + 1, False)]
)
def test_a_large_deliverable_is_named_only(size: int, *, is_inline: bool) -> None:
    empty = len(a_draft("").canonical())
    data = a_draft("x" * (size - empty)).canonical()
    assert len(data) == size
    assert (approved(data).deliverable is not None) is is_inline


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("refund-1", "refund-1"),
        ({"reference": "refund-1", "at": 7}, "refund-1"),
        ({"reference": 17}, "17"),
        (17, "17"),
        (" two\r\nlines\t", "two lines"),
        ("潮" * 100, "潮" * 65 + "…"),
        ("\ud800", "?"),
    ],
)
def test_the_reference_is_the_activitys_own_word(answer: Any, expected: str) -> None:
    assert reference_in(answer) == expected


@pytest.mark.parametrize("answer", [None, True, 1.5, "", [], ["a"], {}, {"id": "a"}, {"reference": {}}], ids=str)
def test_whatever_else_it_answers_is_no_reference(answer: Any) -> None:
    assert reference_in(answer) == ""


def test_an_activity_has_an_hour_and_five_minutes_for_each_execution() -> None:
    request = {"requester": "a-service", "response": {"model": "m", "input": "hi"}}
    wanted = parse_request(
        {**request, "delivery": {"channel": "activity", "name": "pay", "task_queue": "a/b"}}
    ).delivery
    assert isinstance(wanted, Activity)
    assert (wanted.timeout.total_seconds(), wanted.execution_timeout.total_seconds()) == (3600, 300)
    assert (wanted.place, wanted.content) == ("a/b/pay", ActivityContent.DELIVERABLE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a/b"},
        {"name": "*"},
        {"name": "a,b"},
        {"name": "a\nb"},
        {"name": "x" * 129},
        {"name": "pay\u202eyap"},
        {"name": "p\u00e4y"},
        {"task_queue": ""},
        {"task_queue": "a,b"},
        {"task_queue": "*"},
        {"task_queue": "x" * 129},
        {"task_queue": names.TASK_QUEUE},
        {"task_queue": f" {names.TASK_QUEUE} "},
        {"task_queue": names.LOOK_TASK_QUEUE},
        {"timeout": "PT0.5S"},
        {"timeout": "P31D"},
        {"execution_timeout": "PT0S"},
        {"heartbeat_timeout": "PT0S"},
        {"content": "text"},
    ],
    ids=str,
)
def test_what_is_no_activity_of_the_users_own_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Activity.model_validate({"name": "pay", "task_queue": "payments", **wrong})
