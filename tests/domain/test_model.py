"""Bounded texts, and what models do with fields that they do not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from signoff.domain.failures import TEXT_LIMIT_BYTES
from signoff.domain.model import Line, Name, clipped
from signoff.domain.record import JobRecord
from signoff.domain.review import ReviewPolicy
from tests.domain.making import a_failure, a_record

line, name = TypeAdapter[str](Line), TypeAdapter[str](Name)


@given(st.text(), st.integers(3, 50))
def test_a_clipped_text_is_the_text_or_its_beginning_within_the_limit(text: str, limit: int) -> None:
    cut = clipped(text, limit_bytes=limit)
    assert len(cut.encode()) <= limit
    if len(text.encode()) <= limit:
        assert cut == text
    else:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])


def test_a_character_is_never_cut_in_half() -> None:
    # "ä" has 2 bytes; of 10 bytes 7 are left beside the ellipsis, which hold three of them.
    assert clipped("ä" * 6, limit_bytes=10) == "äää…"


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert clipped("a\ud800b", limit_bytes=10) == "a?b"


def test_a_failure_bounds_its_texts() -> None:
    failure = a_failure(message="m" * 10_000, evidence="e" * 10_000)
    assert {len(failure.message.encode()), len(failure.evidence.encode())} == {TEXT_LIMIT_BYTES}


def test_a_failure_says_itself_in_one_line() -> None:
    assert str(a_failure(code="server_error")) == "transient at look (server_error): a fault"
    assert str(a_failure()) == "transient at look: a fault"


@pytest.mark.parametrize("adapter", [line, name], ids=["line", "name"])
@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_what_breaks_a_line_or_controls_a_terminal_is_refused(adapter: TypeAdapter[str], character: str) -> None:
    with pytest.raises(ValidationError, match="one line without control characters"):
        adapter.validate_python(f"a{character}b")


@pytest.mark.parametrize("adapter", [line, name], ids=["line", "name"])
def test_any_script_is_welcome_and_outer_space_is_not(adapter: TypeAdapter[str]) -> None:
    assert adapter.validate_python("  Zoë 张伟 עדן 👩‍💻 \n") == "Zoë 张伟 עדן 👩‍💻"


@pytest.mark.parametrize(
    ("adapter", "length", "is_taken"),
    [(line, 0, True), (line, 200, True), (line, 201, False), (name, 1, True), (name, 128, True), (name, 129, False)],
)
def test_a_line_has_up_to_200_characters_and_a_name_1_to_128(
    adapter: TypeAdapter[str], length: int, *, is_taken: bool
) -> None:
    if is_taken:
        assert adapter.validate_python("x" * length) == "x" * length
    else:
        with pytest.raises(ValidationError, match="at most"):
            adapter.validate_python("x" * length)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_name_is_never_empty(text: str) -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        name.validate_python(text)


def test_what_people_write_has_no_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="approval_count"):
        ReviewPolicy.model_validate({"approval_count": 2})


def test_what_a_newer_version_wrote_can_be_read() -> None:
    newer = {**a_record().model_dump(mode="json"), "a_field_of_tomorrow": {"x": 1}}
    assert JobRecord.model_validate(newer) == a_record()
