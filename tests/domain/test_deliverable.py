"""The canonical bytes that are shown, hashed, approved and delivered."""

import hashlib
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from signoff.domain.deliverable import Citation, Deliverable, DeliverableRef, canonical_json, digest_of

A_CITATION = Citation(title="A page", url="https://a.example", start=0, end=5)
A_DELIVERABLE = Deliverable(job_id="a-job", attempt=1, text="Straße 👍", citations=(A_CITATION,))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # RFC 8785, section 3.2.2: the example of its own serialization.
        (
            {
                "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
                "literals": [None, True, False],
            },
            b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
        ),
        # RFC 8785, section 3.2.3: keys are sorted by their UTF-16 code units.
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'.encode(),
        ),
        # RFC 8785, appendix B: numbers as ECMAScript writes them.
        ([0.0, -0.0, 1.0, 1e21, 9007199254740991], b"[0,0,1,1e+21,9007199254740991]"),
        ({}, b"{}"),
    ],
)
def test_json_has_one_byte_form(value: Any, expected: bytes) -> None:
    assert canonical_json(value) == expected


def test_a_deliverable_has_these_bytes_and_no_others() -> None:
    """A change here breaks every approval that is under way: bytes that were approved would hash to another digest."""
    assert (
        A_DELIVERABLE.canonical()
        == (
            '{"attempt":1,"citations":[{"end":5,"start":0,"title":"A page","url":"https://a.example"}],'
            '"job_id":"a-job","text":"Straße 👍"}'
        ).encode()
    )


def test_a_digest_is_the_sha256_of_the_bytes() -> None:
    data = A_DELIVERABLE.canonical()
    assert digest_of(data) == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert digest_of(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "change",
    [
        {"job_id": "another-job"},
        {"attempt": 2},
        {"text": "Strasse 👍"},
        {"text": "Straße 👍 "},
        {"citations": ()},
        {"citations": (A_CITATION, A_CITATION)},
        *({"citations": (A_CITATION.model_copy(update={key: "x"}),)} for key in ("title", "url")),
        *({"citations": (A_CITATION.model_copy(update={key: 9}),)} for key in ("start", "end")),
    ],
)
def test_any_change_changes_the_digest(change: dict[str, Any]) -> None:
    changed = A_DELIVERABLE.model_copy(update=change)
    assert digest_of(changed.canonical()) != digest_of(A_DELIVERABLE.canonical())


@given(st.text(), st.integers(0, 100))
def test_reading_the_bytes_gives_the_deliverable_back(text: str, attempt: int) -> None:
    made = Deliverable(job_id="a-job", attempt=attempt, text=text)
    assert Deliverable.model_validate_json(made.canonical()) == made
    assert json.loads(made.canonical())["text"] == text


@given(st.binary(max_size=100))
def test_every_digest_has_the_form_that_a_reference_takes(data: bytes) -> None:
    digest = digest_of(data)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert DeliverableRef(digest=digest, size_bytes=len(data), attempt=1).digest == digest


@pytest.mark.parametrize(
    "digest", ["", "a" * 64, f"sha256:{'a' * 63}", f"sha256:{'a' * 65}", f"sha256:{'A' * 64}", f"sha256:{'a' * 64}\n"]
)
def test_anything_else_is_no_digest(digest: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        DeliverableRef(digest=digest, size_bytes=0, attempt=1)
