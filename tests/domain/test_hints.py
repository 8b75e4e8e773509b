"""Reading when the provider wants us back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.hints import retry_after, retry_after_in_text
from tests.domain.making import AT, HOUR, SECOND

# AT is 2026-01-05 09:00:00 UTC, a Monday.


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5 * SECOND),
        ({"retry-after": "0.5"}, 0.5 * SECOND),
        ({"retry-after": "0"}, timedelta(0)),
        ({"retry-after": "200"}, 200 * SECOND),  # the client's own limit of 120 s is not ours
        ({"retry-after": "-7"}, timedelta(0)),
        ({"retry-after-ms": "250"}, 0.25 * SECOND),
        ({"retry-after-ms": "-250"}, timedelta(0)),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25 * SECOND),  # the finer one
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9 * SECOND),
        ({"retry-after": "Mon, 05 Jan 2026 10:00:00 GMT"}, HOUR),
        ({"retry-after": "Mon, 05 Jan 2026 10:00:00"}, HOUR),  # without a zone it is UTC
        ({"retry-after": "Mon, 05 Jan 2026 08:00:00 GMT"}, timedelta(0)),  # past
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e300"}, None),
    ],
)
def test_headers_say_when(headers: dict[str, str], expected: timedelta | None) -> None:
    assert retry_after(headers, AT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rate limit reached. Please try again in 11.054s. Visit https://...", 11.054 * SECOND),
        ("Please try again in 428ms.", 0.428 * SECOND),
        ("Please try again in 20 seconds", 20 * SECOND),
        ("try again in 1 second", SECOND),
        ("TRY AGAIN IN 3S", 3 * SECOND),
        ("Please try again later.", None),
        ("try again in a moment", None),
        ("try again in 3 smiles", None),
        ("try again in .s", None),
        (f"try again in {'9' * 400}s", None),
        ("", None),
    ],
)
def test_a_text_says_when(text: str, expected: timedelta | None) -> None:
    assert retry_after_in_text(text) == expected


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text(max_size=30)))
def test_odd_headers_are_no_hint_rather_than_an_error(headers: dict[str, str]) -> None:
    hint = retry_after(headers, AT)
    assert hint is None or hint >= timedelta(0)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers(), st.sampled_from(["s", "ms", " seconds", "h"]))
def test_odd_numbers_in_a_text_are_no_hint_rather_than_an_error(number: float, unit: str) -> None:
    hint = retry_after_in_text(f"try again in {number}{unit}")
    assert hint is None or hint >= timedelta(0)
