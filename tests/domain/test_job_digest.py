"""The digest of a request, by which the same submit twice is recognised."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.deliverable import digest_of
from signoff.domain.job import parse_request
from tests.domain.making import a_request, asking, request_data

DEFAULTS: dict[str, Any] = {
    "title": "",
    "labels": {},
    "review": {"approvals": 1, "reviewers": [], "allow_self_approval": False, "window": "P7D"},
    "delivery": {"channel": "release"},
    "deadline": None,
    "wait": "auto",
}


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, b'{"requester":"a-service","response":{"input":"a question","model":"a-model"}}'),
        (
            # The channel is said even where all its fields have their defaults, or two channels could look the same.
            {"delivery": {"channel": "file"}},
            b'{"delivery":{"channel":"file"},"requester":"a-service",'
            b'"response":{"input":"a question","model":"a-model"}}',
        ),
        (
            {"deadline": 600, "wait": "poll"},
            b'{"deadline":"PT10M","requester":"a-service","response":{"input":"a question","model":"a-model"},'
            b'"wait":"poll"}',
        ),
    ],
)
def test_the_digest_is_of_these_bytes(changes: dict[str, Any], asked: bytes) -> None:
    """Digests are compared with those of jobs that older versions started, so no change may alter one."""
    assert a_request(**changes).digest == digest_of(asked)


def test_the_job_id_does_not_count() -> None:
    assert a_request(job_id="one").digest == a_request(job_id="two").digest == a_request().digest


@pytest.mark.parametrize("field", DEFAULTS)
def test_a_default_that_is_given_does_not_count(field: str) -> None:
    assert a_request(**{field: DEFAULTS[field]}).digest == a_request().digest


def test_all_defaults_that_are_given_do_not_count() -> None:
    assert a_request(**DEFAULTS).digest == a_request().digest


def test_a_default_inside_a_delivery_does_not_count() -> None:
    explicit = a_request(delivery={"channel": "file", "folder": "approved"})
    assert explicit.digest == a_request(delivery={"channel": "file"}).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"deadline": 600}, {"deadline": "PT10M"}),
        ({"title": " A title "}, {"title": "A title"}),
        ({"response": {"model": "m", "temperature": 1}}, {"response": {"model": "m", "temperature": 1.0}}),
    ],
)
def test_two_spellings_of_the_same_have_one_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert a_request(**one).digest == a_request(**other).digest


@given(st.randoms())
def test_the_order_of_keys_does_not_count(shuffler: random.Random) -> None:
    data = request_data(labels={"a": "1", "b": "2", "c": "3"}, title="x", wait="poll")
    assert parse_request(_shuffled(data, shuffler)).digest == parse_request(data).digest


def _shuffled(value: Any, shuffler: random.Random) -> Any:
    if not isinstance(value, dict):
        return value
    keys = list(value)
    shuffler.shuffle(keys)
    return {key: _shuffled(value[key], shuffler) for key in keys}


def test_requests_that_differ_have_different_digests() -> None:
    requests = [
        a_request(),
        a_request(requester="another"),
        a_request(title="x"),
        a_request(labels={"team": "x"}),
        a_request(labels={"team": "y"}),
        a_request(deadline=5),
        a_request(deadline=6),
        a_request(wait="poll"),
        a_request(review={"approvals": 2}),
        a_request(review={"reviewers": ["ana", "bo"]}),
        a_request(review={"reviewers": ["bo", "ana"]}),
        a_request(review={"allow_self_approval": True}),
        a_request(review={"window": "P1D"}),
        a_request(delivery={"channel": "file"}),
        a_request(delivery={"channel": "file", "folder": "x"}),
        a_request(delivery={"channel": "http", "url": "https://a.example"}),
        asking(),
        asking(input="a question "),
        asking(input=None),
        asking(input=["a question"]),
    ]
    assert len({request.digest for request in requests}) == len(requests)
