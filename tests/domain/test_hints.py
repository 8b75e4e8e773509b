"""Reading when the provider wants us back."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.hints import LONGEST, rate_limit_reset, retry_after, retry_after_in_text
from tests.domain.making import AT, DAY, HOUR, MINUTE, SECOND

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
        ({"retry-after": "Mon, 12 Jan 2026 08:59:59 GMT"}, 7 * DAY - SECOND),
        ({"retry-after": "Mon, 12 Jan 2026 09:00:01 GMT"}, LONGEST),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST),
        ({"retry-after": " 5 "}, 5 * SECOND),
        ({"retry-after": "604799"}, 7 * DAY - SECOND),
        ({"retry-after": "604801"}, LONGEST),
        ({"retry-after": "9" * 400}, LONGEST),  # more than a float holds
        ({"retry-after-ms": "9" * 30}, LONGEST),
        ({"retry-after-ms": "nan", "retry-after": "9"}, 9 * SECOND),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-inf"}, None),
        ({"retry-after": "1e300"}, None),  # HTTP knows digits only
        ({"retry-after": "1_0"}, None),
        ({"retry-after": "٣"}, None),  # a digit, but none of HTTP's
        ({"retry-after": "Mon, 99 Jan 2026 10:00:00 GMT"}, None),
        ({"retry-after": "Mon, 05 Jan 2026 10:00:00 +99999999"}, None),
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
        ("try again in 6m0s", 6 * MINUTE),
        ("try again in 1h2m3s.", HOUR + 2 * MINUTE + 3 * SECOND),
        ("try again in 1m30.5s", 90.5 * SECOND),
        ("try again in 1 minute", MINUTE),
        ("Please try again in 20 minutes, or ask for more.", 20 * MINUTE),
        ("try again in 2 hours", 2 * HOUR),
        ("try again in 2d", 2 * DAY),
        ("try again in 1 hour and 5 mins", HOUR + 5 * MINUTE),
        ("try again in 1 day, 2 hours, 3 minutes, 4 seconds, 5 ms", DAY + 2 * HOUR + 3 * MINUTE + 4.005 * SECOND),
        ("try again in 250 milliseconds", 0.25 * SECOND),
        ("try again in 6d30h", LONGEST),
        ("Please retry after 26 seconds.", 26 * SECOND),  # Azure's
        ("try again in 169h", LONGEST),  # 7 days and an hour
        ("try again in 99999999999d", LONGEST),
        ("try again in 1 month", None),
        ("try again in 2 weeks", None),
        ("try again in -5s", None),
        ("try again in nan s", None),
        ("try again in inf s", None),
        ("try again in 5", None),
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


@pytest.mark.parametrize(
    ("requests", "tokens", "remaining", "expected"),
    [
        ("", "", {}, None),
        ("6m0s", "", {}, 6 * MINUTE),
        ("", "20ms", {}, 0.02 * SECOND),
        ("20h30m", "11.5s", {}, 11.5 * SECOND),  # which one was hit is not said, and more than enough is not needed
        ("20h30m", "11.5s", {"requests": "0"}, 20.5 * HOUR),
        ("1s", "11.5s", {"requests": "7", "tokens": "0"}, 11.5 * SECOND),
        ("1s", "11.5s", {"requests": "0", "tokens": "0"}, 11.5 * SECOND),
        ("30d", "", {}, LONGEST),
        ("7", "", {}, None),  # seconds, or the time of day: other servers mean either
        ("2026-01-05T09:00:00Z", "soon", {}, None),
        ("1s more", "", {}, None),
        ("-5s", "", {}, None),
    ],
)
def test_the_time_at_which_a_rate_limit_is_reset_says_when(
    requests: str, tokens: str, remaining: dict[str, str], expected: timedelta | None
) -> None:
    headers = {"x-ratelimit-reset-requests": requests, "x-ratelimit-reset-tokens": tokens}
    headers |= {f"x-ratelimit-remaining-{kind}": left for kind, left in remaining.items()}
    assert rate_limit_reset(headers) == expected


NAMES = ["retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"]
WORDS = [
    "1",
    "9" * 20,
    ".",
    "-",
    " ",
    "e",
    "inf",
    "nan",
    "ms",
    "s",
    "m",
    "h",
    "d",
    "Mon, 05 Jan 2026",
    "10:00:00",
    "GMT",
]
odd = st.text(max_size=30) | st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


@given(st.dictionaries(st.sampled_from(NAMES), odd))
def test_odd_headers_are_no_hint_rather_than_an_error(headers: dict[str, str]) -> None:
    for hint in (retry_after(headers, AT), rate_limit_reset(headers)):
        assert hint is None or timedelta(0) <= hint <= LONGEST


@given(odd, st.sampled_from(["", "s", "ms", " seconds", "h", "m0s", "weeks"]))
def test_odd_numbers_in_a_text_are_no_hint_rather_than_an_error(number: str, unit: str) -> None:
    hint = retry_after_in_text(f"try again in {number}{unit}")
    assert hint is None or timedelta(0) <= hint <= LONGEST


@pytest.mark.parametrize(
    "text",
    [
        "try again in " * 100_000,
        "try again in " + "1m " * 100_000,
        "try again in 1m" + " " * 100_000,
        "try again in " + "1" * 100_000,
    ],
    ids=["repeated", "parts", "spaces", "digits"],
)
def test_a_text_without_end_does_not_keep_a_worker_busy(text: str) -> None:
    began = time.process_time()
    retry_after_in_text(text)
    assert time.process_time() - began < 1.0
