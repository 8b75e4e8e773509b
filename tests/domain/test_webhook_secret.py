"""Which signing secrets are taken: one that is empty, cut or no base64 would let forgeries pass."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.webhooks import FEWEST_BYTES, weakness_of


def secret_of(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (secret_of(b"k" * 24), ""),
        (secret_of(b"k" * 32), ""),
        (secret_of(b"\xfb\xff" * 16), ""),
        (secret_of(b"k" * 23), "it decodes to 23 bytes, and 24"),
        ("whsec_", "it decodes to 0 bytes, and 24"),
        ("", "does not begin with whsec_"),
        (base64.b64encode(b"k" * 32).decode(), "does not begin with whsec_"),
        ("WHSEC_" + base64.b64encode(b"k" * 32).decode(), "does not begin with whsec_"),
        (secret_of(b"k" * 32)[:-1], "no base64"),
        (secret_of(b"k" * 32) + "\n", "no base64"),
        (secret_of(b"k" * 32).replace("a", "a ", 1), "no base64"),
        (secret_of(b"\xfb\xff" * 16).replace("+", "-"), "no base64"),
        (secret_of(b"k" * 32) + "ä", "no base64"),
    ],
)
def test_what_is_wrong_with_a_secret_is_said(secret: str, told: str) -> None:
    said = weakness_of(secret)
    assert told in said
    assert bool(said) == bool(told)


@given(st.binary(max_size=80))
def test_a_secret_is_taken_just_when_its_key_is_long_enough(key: bytes) -> None:
    assert (weakness_of(secret_of(key)) == "") == (len(key) >= FEWEST_BYTES)


@given(st.text(min_size=8))
def test_a_refusal_never_quotes_the_secret(rest: str) -> None:
    assert rest not in weakness_of(f"whsec_{rest}")
