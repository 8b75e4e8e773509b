"""What a workflow may be started with, from any SDK or by hand."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.errors import BadRequestError
from signoff.domain.job import JobRequest
from signoff.domain.parameters import for_attempt
from signoff.domain.submission import NOTHING, MalformedRequest, Submission
from tests.domain.making import a_request, request_data

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def read(data: Any) -> Submission:
    return Submission.model_validate_json(json.dumps(data))


def test_the_json_of_a_request_is_read_as_one() -> None:
    assert read(request_data()).for_job("a-job") == a_request()


@pytest.mark.parametrize("job_id", [None, "a-job"])
def test_a_request_may_name_the_job_that_it_runs_as(job_id: str | None) -> None:
    assert read(request_data(job_id=job_id)).for_job("a-job").job_id == job_id


def test_a_request_for_another_job_is_refused() -> None:
    with pytest.raises(BadRequestError, match=r"^job_id: the workflow id is the job id, so one can't run as other"):
        read(request_data(job_id="one")).for_job("other")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "valid dictionary"),
        (5, "valid dictionary"),
        ("a question", "valid dictionary"),
        ([], "valid dictionary"),
        ([request_data()], "valid dictionary"),
        ({}, "requester: is required; response: is required"),
        (request_data(title="a\nb"), "title: must be one line"),
        (request_data(reviewers=["ana"]), "reviewers: there is no such field"),
        (request_data(response={"model": "m", "background": True}), "response.background: every job runs"),
    ],
)
def test_anything_else_is_kept_and_refused_with_the_reason(data: Any, told: str) -> None:
    submission = read(data)
    assert isinstance(submission.root, MalformedRequest)
    with pytest.raises(BadRequestError, match=told):
        submission.for_job("a-job")


def test_no_input_at_all_is_refused_with_the_reason() -> None:
    with pytest.raises(BadRequestError, match="valid dictionary"):
        NOTHING.for_job("a-job")


def taken(data: Any) -> JobRequest | None:
    """Read a submission; a refusal without a reason is an error."""
    try:
        return read(data).for_job("a-job")
    except BadRequestError as refused:
        if not str(refused):
            raise AssertionError from refused
        return None


@given(json_values)
def test_any_json_is_a_request_or_refused(data: Any) -> None:
    assert taken(data) is None or data["requester"]


@given(json_values, st.sampled_from(sorted(JobRequest.model_fields)))
def test_any_json_in_any_field_is_taken_or_refused(value: Any, field: str) -> None:
    request = taken(request_data(**{field: value}))
    assert request is None or request.requester


@given(json_values, st.sampled_from(["metadata", "include", "tools", "background_options", "max_tool_calls", "model"]))
def test_any_json_in_any_parameter_is_taken_or_refused(value: Any, name: str) -> None:
    """A request that was taken has a digest, a completion window and evidence to ask for, whatever else is in it."""
    request = taken(request_data(response={"model": "m", name: value}))
    assert request is None or (request.digest and request.completion_window)
    assert request is None or for_attempt(request.response, job_id="a-job", attempt=1)["metadata"]
