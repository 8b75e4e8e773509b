"""Signed cookies: nothing counts but what was signed here, for this purpose, and lately."""

import base64
import json
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from signoff.gateway.pages.cookies import SignedCookie, Signing
from tests.gateway.pages.browsing import SECRET, Clock

CLOCK = Clock()
SIGNING = Signing((SECRET,), clock=CLOCK)
OTHER = "another secret of thirty-two bytes"


class Note(BaseModel):
    """What a cookie of these tests holds."""

    text: str
    more: str | None = None


COOKIE = SignedCookie("note", Note, timedelta(hours=1), SIGNING)
SEALED = COOKIE.sealed(Note(text="what was said", more="é" * 200))
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def test_what_was_sealed_is_opened() -> None:
    opened = COOKIE.opened(SEALED)
    assert opened
    assert opened.content == Note(text="what was said", more="é" * 200)
    assert abs(opened.signed_at - CLOCK.now) < timedelta(seconds=1)


@given(st.integers(0, len(SEALED) - 1), PRINTABLE)
@example(len(SEALED) - 1, "=")
def test_no_character_can_be_changed(place: int, character: str) -> None:
    changed = SEALED[:place] + character + SEALED[place + 1 :]
    assert (COOKIE.opened(changed) is not None) == (changed == SEALED)


@pytest.mark.parametrize("character", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
def test_the_last_character_has_one_spelling(character: str) -> None:
    """Two of its bits mean nothing to Base64, so four characters decode to the same signature."""
    changed = SEALED[:-1] + character
    assert (COOKIE.opened(changed) is not None) == (changed == SEALED)


@given(st.integers(0, len(SEALED)), st.text(PRINTABLE, min_size=1, max_size=3))
def test_nothing_can_be_added(place: int, added: str) -> None:
    assert COOKIE.opened(SEALED[:place] + added + SEALED[place:]) is None


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 40))
def test_nothing_can_be_left_out(place: int, count: int) -> None:
    assert COOKIE.opened(SEALED[:place] + SEALED[place + count :]) is None


@given(st.text(max_size=300))
@example("")
@example("..")
@example("x" * 100_000)
def test_nothing_else_opens(text: str) -> None:
    assert COOKIE.opened(text) is None


@pytest.mark.parametrize(
    "forger",
    [
        SignedCookie("note", Note, timedelta(hours=1), Signing((OTHER,), clock=CLOCK)),
        SignedCookie("another", Note, timedelta(hours=1), SIGNING),
        SignedCookie("note", Note, timedelta(hours=1), Signing(("",), clock=CLOCK)),
    ],
)
def test_another_secret_or_purpose_does_not_count(forger: SignedCookie[Note]) -> None:
    assert COOKIE.opened(forger.sealed(Note(text="forged"))) is None


def test_a_payload_without_a_signature_does_not_count() -> None:
    payload = base64.urlsafe_b64encode(json.dumps({"text": "forged"}).encode()).decode().rstrip("=")
    _, stamp, signature = SEALED.rsplit(".", 2)
    for forged in (payload, f"{payload}.", f"{payload}.{stamp}.", f"{payload}.{stamp}.{signature}"):
        assert COOKIE.opened(forged) is None


@pytest.mark.parametrize(("age", "counts"), [(0, True), (3_600, True), (3_601, False), (-1, False)])
def test_a_cookie_counts_for_its_time_and_not_before_it_was_signed(age: int, *, counts: bool) -> None:
    clock = Clock(CLOCK.now.replace(microsecond=0))
    cookie = SignedCookie("note", Note, timedelta(hours=1), Signing((SECRET,), clock=clock))
    sealed = cookie.sealed(Note(text="x"))
    clock.advance(seconds=age)
    assert (cookie.opened(sealed) is not None) == counts


def test_the_first_secret_signs_and_the_others_still_count() -> None:
    both = SignedCookie("note", Note, timedelta(hours=1), Signing((OTHER, SECRET), clock=CLOCK))
    new = SignedCookie("note", Note, timedelta(hours=1), Signing((OTHER,), clock=CLOCK))
    assert both.opened(SEALED)
    assert new.opened(both.sealed(Note(text="x")))
    assert not COOKIE.opened(both.sealed(Note(text="x")))
