"""Long texts are read in pieces, and read as `json.loads` reads them, however odd the JSON is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain import longtext
from signoff.domain.deliverable import Citation, Deliverable, canonical_pieces, measured
from signoff.domain.longtext import LongText, parse_body
from signoff.domain.response import find, read_content, read_passages

HEAD = b'{"id": "resp_1", "status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", '
TAIL = b"}]}]}"
SHORT = 16


@pytest.fixture(autouse=True, scope="module")
def _short_is_long() -> Iterator[None]:
    """Count as long what has more than a few bytes, and cut it into pieces as small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(longtext, "LARGE_BYTES", SHORT)
        patch.setattr(longtext, "PIECE_BYTES", SHORT)
        yield


def answer(text: bytes) -> bytes:
    return HEAD + b'"text": "' + text + b'"' + TAIL


def text_in(body: Any) -> Any:
    return body["output"][0]["content"][0]["text"]


LETTERS = st.sampled_from(
    [
        *(one.encode() for one in "a u0é你🌊"),
        *(b"\\n", b'\\"', b"\\\\", b"\\/", b"\\u00e9", b"\\u4f60", b"\\u0000", b'\\"text\\":\\"'),
        *(b"\\ud83c\\udf0a", b"\\ud83c", b"\\udf0a", b"\\\\ud83c"),
    ]
)


@given(st.lists(LETTERS, min_size=20, max_size=80).map(b"".join))
def test_a_long_text_is_read_as_a_short_one_would_be(text: bytes) -> None:
    data = answer(text)
    found = text_in(parse_body(data))
    assert isinstance(found, LongText)
    assert all(len(piece) <= SHORT for piece in found.pieces())
    expected = read_content(json.loads(data))[0]
    assert (str(found), found.characters, found.is_blank) == (expected, len(expected), not expected.strip())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(answer(b"x" * 40).replace(b"resp_1", b'a \\"text\\": \\"b'), id="a text that looks like a text"),
        pytest.param(HEAD + b'"text": "' + b"x" * 40 + b'", "text": "again"' + TAIL, id="a key twice, the last short"),
        pytest.param(HEAD + b'"text": "again", "text": "' + b"x" * 40 + b'"' + TAIL, id="a key twice, the last long"),
        pytest.param(b'{"text": "' + b"x" * 40 + b'"}', id="a text that is no answer"),
        pytest.param(
            answer(b"x" * 40)[:-1] + b', "n": NaN, "i": -Infinity, "b": 12345678901234567890123}', id="numbers"
        ),
        pytest.param(b"\xef\xbb\xbf" + answer(b"x" * 40), id="a byte order mark"),
        pytest.param(answer(b"x" * 40).decode().encode("utf-16"), id="UTF-16"),
        pytest.param(b'["' + b"x" * 40 + b'"]', id="a list"),
        pytest.param(answer(b"\xed\xa0\xbd" * 20), id="raw halves of surrogate pairs"),
        pytest.param(answer(b"x" * 40).replace(b'"type": "message"', b'"type": "hologram"'), id="another item"),
        pytest.param(answer(b"x" * 40).replace(b'"text": "', b'"te\\u0078t": "'), id="an escaped key"),
    ],
)
def test_odd_json_is_read_as_ever(data: bytes) -> None:
    expected, found = json.loads(data), parse_body(data)
    assert repr(_but_output(found)) == repr(_but_output(expected))
    if isinstance(expected, dict):
        assert read_content(found) == read_content(expected)


def _but_output(body: Any) -> Any:
    return {key: value for key, value in body.items() if key != "output"} if isinstance(body, dict) else body


@pytest.mark.parametrize(
    "text",
    [b"x" * 40 + b"\n", b"x" * 40 + b"\\q", b"x" * 40 + b"\\u12", b"x" * 40 + b"\xff", b"\\" * 41, b"\\ud8" * 20],
    ids=["a control character", "an escape that is none", "half an escape", "no UTF-8", "no end", "torn escapes"],
)
def test_what_is_no_json_is_refused_as_ever(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of several kinds, as json.loads raises them
        json.loads(answer(text))
    with pytest.raises(ValueError):  # noqa: PT011  as above
        parse_body(answer(text))


def test_json_without_end_in_a_text_ends() -> None:
    with pytest.raises(ValueError):  # noqa: PT011  as json.loads raises it
        parse_body(HEAD + b'"text": "' + b"x" * 100)


@given(st.lists(LETTERS, min_size=20, max_size=60).map(b"".join), st.text(max_size=40))
def test_the_canonical_form_in_pieces_is_the_one_of_the_whole(text: bytes, title: str) -> None:
    passages, _ = read_passages(parse_body(answer(text)))
    citations = (Citation(title=title.encode(errors="replace").decode(), url="https://example.org", start=0, end=3),)
    draft = Deliverable(job_id="job-1", attempt=2, text="", citations=citations)
    whole = draft.model_copy(update={"text": "".join(map(str, passages))}).canonical()
    assert b"".join(canonical_pieces(draft, passages)) == whole
    assert measured(canonical_pieces(draft, passages))[1] == len(whole)


def test_citations_of_later_passages_count_the_characters_of_earlier_ones() -> None:
    part = b'{"type": "output_text", "text": "%s", "annotations": [{"url": "u", "start_index": 1, "end_index": 2}]}'
    parts = b", ".join([part % ("🌊" * 30).encode(), part % b"second"])
    data = b'{"output": [{"type": "message", "content": [' + parts + b"]}]}"
    assert isinstance(text_in(parse_body(data)), LongText)
    assert read_content(parse_body(data)) == read_content(json.loads(data))
    assert [one.start for one in read_passages(parse_body(data))[1]] == [1, 31]


def test_a_long_text_of_nothing_but_space_is_told_as_empty() -> None:
    assert [finding.kind for finding in find(parse_body(answer(b" " * 50)))] == ["empty_text"]
    assert find(parse_body(answer(b" " * 50 + b"x"))) == ()


@given(st.text(min_size=1, max_size=40), st.integers(0, 50), st.integers(0, 50))
def test_an_excerpt_is_what_a_slice_of_the_whole_would_be(text: str, start: int, end: int) -> None:
    told = text * 1_000
    data = json.dumps(told).encode()
    place = start * 7_919 % len(told)
    long = LongText(data, 1, len(data) - 1)
    assert long.excerpt(place, place + end) == told[place : place + end].encode(errors="replace").decode()


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 2), (100, 101)])
def test_an_excerpt_from_outside_is_empty(start: int, end: int) -> None:
    assert LongText(b'"0123456789"', 1, 11).excerpt(start, end) == ""
