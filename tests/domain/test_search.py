"""Telling whose a response is, and reading the hint that there is one."""

from typing import Any

import pytest
from pydantic import ValidationError

from signoff.domain.announcement import Announcement
from signoff.domain.parameters import for_attempt
from signoff.domain.search import read_found


def test_what_a_create_is_sent_with_is_what_its_response_is_known_by() -> None:
    body = for_attempt({"model": "a-model"}, job_id="a-job", attempt=3)
    found = read_found({"id": "resp_1", "status": "queued", **body})
    assert (found.job_id, found.attempt, found.snapshot.response_id) == ("a-job", 3, "resp_1")


@pytest.mark.parametrize(
    ("metadata", "job_id", "attempt"),
    [
        (None, "", 0),
        ({}, "", 0),
        ("signoff_job_id", "", 0),
        ([], "", 0),
        ({"signoff_job_id": "a-job"}, "a-job", 0),
        ({"signoff_job_id": "a-job", "signoff_attempt": "12"}, "a-job", 12),
        ({"signoff_job_id": "a-job", "signoff_attempt": 12}, "a-job", 12),
        *(
            ({"signoff_job_id": "a-job", "signoff_attempt": attempt}, "a-job", 0)
            for attempt in ("", "-1", "1.5", "one", " 1", "1\n", "²", "٣", "1" * 10, None, True, [1])
        ),
    ],
)
def test_metadata_that_names_no_attempt_belongs_to_none(metadata: Any, job_id: str, attempt: int) -> None:
    found = read_found({"id": "resp_1", "status": "queued", "metadata": metadata})
    assert (found.job_id, found.attempt) == (job_id, attempt)


@pytest.mark.parametrize("response_id", ["resp_1", "a", "0-_.", "r" * 256])
def test_an_announcement_names_a_response(response_id: str) -> None:
    assert Announcement(response_id=response_id).response_id == response_id


@pytest.mark.parametrize("response_id", ["", "_", ".", "..", "../x", "a/b", "a b", "a\n", "ä", "r" * 257, None, 5])
def test_an_announcement_of_anything_else_is_refused(response_id: Any) -> None:
    """The id becomes part of an address and of a file's name."""
    with pytest.raises(ValidationError, match="response_id"):
        Announcement.model_validate({"response_id": response_id})
