"""The bounds of every field of a request, and the words that a refusal uses."""

from typing import Any

import pytest

from signoff.domain.delivery import Release
from signoff.domain.errors import BadRequestError
from signoff.domain.job import parse_request
from signoff.domain.parameters import REQUEST_LIMIT_BYTES
from signoff.domain.review import ReviewPolicy
from signoff.domain.schedule import WaitMode
from tests.domain.making import a_request, asking, request_data


def test_a_requester_and_a_model_are_enough() -> None:
    request = parse_request({"requester": "a-service", "response": {"model": "a-model"}})
    assert (request.job_id, request.title, request.labels, request.deadline) == (None, "", {}, None)
    assert (request.review, request.delivery, request.wait) == (ReviewPolicy(), Release(), WaitMode.AUTO)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("job_id", job_id) for job_id in ("a", "A-1.b_c", "0", "x" * 128, None)),
        *(("title", title) for title in ("", "x" * 200, "Zoë: 100 %")),
        ("requester", "x" * 128),
        ("labels", {}),
        *(("labels", labels) for labels in ({"team": ""}, {"a.b_c-d": "x" * 200}, {"x" * 63: "y"})),
        ("labels", {f"key{n}": "x" for n in range(20)}),
        *(("deadline", deadline) for deadline in (None, 1, "PT1S", "P7D", 604_800)),
        *(("wait", wait) for wait in ("auto", "poll", "webhook")),
        ("review", {"approvals": 10}),
        ("review", {"approvals": 2, "reviewers": ["ana", "bo"], "allow_self_approval": True, "window": "PT1S"}),
        ("review", {"reviewers": [f"r{n}" for n in range(100)], "window": "P365D"}),
        ("response", {"prompt": {"id": "pmpt_1"}}),
    ],
)
def test_a_value_within_its_bounds_is_taken(field: str, value: Any) -> None:
    assert field in a_request(**{field: value}).model_fields_set


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("job_id", job_id) for job_id in ("", ".", "..", "-a", "_a", "a b", "a/b", "a\\b", "a\n", "ä", "x" * 129, 5)),
        *(("title", title) for title in ("x" * 201, "a\nb", "a\x1b[31mb", None, 5)),
        *(("requester", requester) for requester in ("", "  ", "x" * 129, "a\nb", None)),
        *(("labels", labels) for labels in ({"": "x"}, {"Team": "x"}, {"1a": "x"}, {"a b": "x"}, {"x" * 64: "y"})),
        *(("labels", labels) for labels in ({"a": 5}, {"a": "x" * 201}, {"a": "x\ny"})),
        *(("labels", labels) for labels in ("x", None, 5)),
        ("labels", {f"key{n}": "x" for n in range(21)}),
        *(("deadline", deadline) for deadline in (0, 0.9, -1, "P7DT1S", 604_801, "tomorrow")),
        *(("wait", wait) for wait in ("", "push", None)),
        *(("review", {"approvals": count}) for count in (0, -1, 11, 1.5, None)),
        *(("review", {"window": window}) for window in (0, "PT0.5S", "P366D")),
        ("review", {"reviewers": [f"r{n}" for n in range(101)]}),
        ("review", {"reviewers": ["ana", ""]}),
        ("review", {"quorum": 2}),
        *(("delivery", delivery) for delivery in ({"channel": "fax"}, {"channel": "file", "folder": "../x"}, None)),
        *(("response", response) for response in (None, "a question", 5)),
        *(("response", {"model": model}) for model in ("", None)),
        ("response", {}),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(BadRequestError, match=f"^{field}"):
        a_request(**{field: value})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"respones": {}}, "respones: there is no such field; did you mean response?"),
        ({"review": {"approval": 2}}, "review.approval: there is no such field; did you mean approvals?"),
        ({"response": {"input": "x"}}, "response.model: name the model (or a stored prompt)"),
        ({"response": {"model": "m", "stream": True}}, "response.stream: a stream dies with its reader"),
    ],
)
def test_a_refusal_names_the_place_and_the_rule(data: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        a_request(**data)
    assert told in str(refused.value)


def test_every_broken_rule_is_told_at_once() -> None:
    with pytest.raises(BadRequestError) as refused:
        parse_request({"job_id": "a b", "title": 5})
    assert [part.partition(":")[0] for part in str(refused.value).split("; ")] == [
        "job_id",
        "title",
        "requester",
        "response",
    ]


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(BadRequestError) as refused:
        a_request(title="a secret\n", deadline="a secret", response="a secret")
    assert "a secret" not in str(refused.value)


def test_a_refusal_of_very_much_stays_short() -> None:
    with pytest.raises(BadRequestError) as refused:
        a_request(**{f"field{n}": n for n in range(5_000)})
    assert len(str(refused.value)) <= 2_000


@pytest.mark.parametrize(("beyond", "is_taken"), [(0, True), (1, False)])
def test_a_request_has_at_most_sixteen_mebibytes(beyond: int, *, is_taken: bool) -> None:
    """The limit counts the canonical JSON; what surrounds an input of one byte is measured first."""
    around = REQUEST_LIMIT_BYTES - len("x") - _input_that_fits()
    text = "x" * (REQUEST_LIMIT_BYTES - around - 1 + beyond)
    if is_taken:
        assert asking(input=text).response["input"] == text
    else:
        with pytest.raises(BadRequestError, match=r"has 16,777,217 bytes, at most 16,777,216 are taken"):
            asking(input=text)


def _input_that_fits() -> int:
    with pytest.raises(BadRequestError) as refused:
        asking(input="x" * 20_000_000)
    size = int(str(refused.value).split("has ")[1].split(" bytes")[0].replace(",", ""))
    return REQUEST_LIMIT_BYTES - (size - 20_000_000)


def test_the_size_counts_bytes_and_not_characters() -> None:
    with pytest.raises(BadRequestError, match=r"has 18,0\d\d,\d\d\d bytes"):
        asking(input="€" * 6_000_000)  # 3 bytes each


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60, "\ud800", object()])
def test_what_has_no_canonical_json_is_refused(value: object) -> None:
    with pytest.raises(BadRequestError):
        asking(input=value)


def test_json_that_is_nested_too_deep_is_refused() -> None:
    nested: list[Any] = []
    for _ in range(10_000):
        nested = [nested]
    with pytest.raises(BadRequestError):
        asking(input=nested)


@pytest.mark.parametrize(
    ("reviewers", "approvals", "allow_self_approval", "is_taken"),
    [
        ([], 3, False, True),  # anybody may
        (["ana", "bo"], 2, False, True),
        (["ana"], 2, False, False),
        (["ana", "ana"], 2, False, False),  # one person
        (["ana", "a-service"], 2, False, False),  # the requester does not count
        (["ana", "a-service"], 2, True, True),
        (["a-service"], 1, False, False),
    ],
)
def test_a_review_that_nobody_could_pass_is_refused_at_once(
    reviewers: list[str], approvals: int, *, allow_self_approval: bool, is_taken: bool
) -> None:
    """Otherwise it is paid for, and expires with nobody who could act."""
    review = {"reviewers": reviewers, "approvals": approvals, "allow_self_approval": allow_self_approval}
    if is_taken:
        assert a_request(review=review).review.approvals == approvals
    else:
        with pytest.raises(
            BadRequestError, match=rf"review.approvals: {approvals} approvals? (is|are) needed, but only"
        ):
            a_request(review=review)


@pytest.mark.parametrize(
    ("options", "window"),
    [
        (None, "soonest"),
        ({}, "soonest"),
        ({"completion_window": "soonest"}, "soonest"),
        ({"completion_window": "8h"}, "8h"),
        ({"completion_window": "a window of tomorrow"}, "a window of tomorrow"),
        ("8h", "soonest"),  # not where OpenAI reads it
    ],
)
def test_the_completion_window_is_read_where_openai_reads_it(options: Any, window: str) -> None:
    assert asking(background_options=options).completion_window == window


def test_a_request_survives_its_own_json() -> None:
    request = a_request(job_id="a-job", deadline="PT10M", delivery={"channel": "file"}, labels={"team": "x"})
    assert parse_request(request.model_dump(mode="json")) == request
    assert parse_request(request_data()).model_dump_json() == a_request().model_dump_json()
