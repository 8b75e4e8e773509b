"""Citations and the words that they stand for, whatever their places count and wherever they point."""

from typing import Any

import pytest

from signoff.domain.evidence import CITATIONS_KEPT, read_index
from signoff.domain.quotes import KNOWN_CITATIONS, QUOTE_LIMIT, FoundCitation, Unit
from signoff.domain.response import read_content
from tests.domain.items import ANSWER, CITATION_TYPES, CITATIONS, CITED, PART

WAVES = "🌊🌊 Die Flut kehrt zurück: "
TEXT = f"{WAVES}{CITED} und so weiter, 潮 und 潮."
AT = TEXT.index(CITED)
LINK: dict[str, Any] = {"type": "url_citation", "url": "https://tides.example/a", "title": "Tides"}


def cited(text: Any, *notes: Any, **message: Any) -> tuple[FoundCitation, ...]:
    part = {"type": "output_text", "text": text, "annotations": list(notes)}
    return read_index({"output": [{"type": "message", "content": [part], **message}]}).citations


def test_no_type_of_citation_that_the_client_knows_is_unknown_here() -> None:
    assert set(CITATIONS) == KNOWN_CITATIONS == CITATION_TYPES


def test_every_type_of_citation_is_kept_with_its_source_and_its_words() -> None:
    link, file, plot, path = cited(ANSWER, *PART["annotations"])
    assert (link.title, link.url, link.quote) == ("Tides", "https://tides.example/a", CITED)
    assert (file.file_id, file.filename, file.index, file.quote) == ("file-1", "tides.pdf", 22, ANSWER[:22])
    assert (plot.container_id, plot.file_id, plot.filename, plot.quote) == ("cntr_1", "cfile_1", "plot.png", ANSWER[:5])
    assert (path.file_id, path.index, path.quote, path.is_resolved) == ("file-2", 0, "", False)


def offset(text: str, encoding: str, size: int) -> int:
    return len(text.encode(encoding)) // size


@pytest.mark.parametrize(
    ("start", "end", "unit"),
    [
        (AT, AT + len(CITED), Unit.CHARACTERS),
        (offset(WAVES, "utf-16-le", 2), offset(WAVES + CITED, "utf-16-le", 2), Unit.UTF16),
        (offset(WAVES, "utf-8", 1), offset(WAVES + CITED, "utf-8", 1), Unit.BYTES),
    ],
)
def test_places_in_another_unit_are_read_in_that_one_and_said_to_be(start: int, end: int, unit: Unit) -> None:
    [found] = cited(TEXT, {**LINK, "start_index": start, "end_index": end})
    assert (found.quote, found.unit, found.is_resolved) == (CITED, unit, True)
    assert (found.start, found.end) == (start, end)


def test_words_that_hold_no_sign_of_their_source_are_taken_by_characters() -> None:
    [found] = cited(TEXT, {**LINK, "start_index": 3, "end_index": 11})
    assert (found.quote, found.unit) == (TEXT[3:11], Unit.CHARACTERS)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 4 * len(TEXT)),
        (-5, 3),
        (-9, -2),
        (4, 4),
        (9, 3),
        (None, 3),
        (0, None),
        ("0", "3"),
        (10**30, 10**31),
        (True, 3),
    ],
)
def test_places_outside_of_the_text_stand_for_no_words(start: Any, end: Any) -> None:
    [found] = cited(TEXT, {**LINK, "start_index": start, "end_index": end})
    assert (found.quote, found.unit, found.is_resolved) == ("", None, False)


def test_places_count_inside_their_own_part() -> None:
    parts = [
        {"type": "output_text", "text": "First part.", "annotations": []},
        {"type": "output_text", "text": "Second part.", "annotations": [{**LINK, "start_index": 0, "end_index": 6}]},
    ]
    [found] = read_index({"output": [{"type": "reasoning"}, {"type": "message", "content": parts}]}).citations
    assert (found.quote, found.place, found.part) == ("Second", 1, 1)


def test_a_citation_in_a_commentary_is_told_from_those_of_the_answer() -> None:
    note = {**LINK, "start_index": 0, "end_index": 2}
    part = {"type": "output_text", "text": "So.", "annotations": [note]}
    messages = [{"type": "message", "phase": phase, "content": [part]} for phase in ("commentary", "final_answer")]
    assert [one.is_in_answer for one in read_index({"output": messages}).citations] == [False, True]


def test_citations_of_unknown_type_are_kept_with_what_they_held() -> None:
    link, odd = cited(ANSWER, {"type": "dream_citation", "dream": "of tides", "start_index": 0, "end_index": 5}, 7)
    assert (link.kind, link.quote, link.other) == ("dream_citation", "Tides", '{\n "dream": "of tides"\n}')
    assert (odd.kind, odd.is_resolved) == ("(no citation)", False)
    counts = read_index({"output": [{"type": "message", "content": [{"annotations": [{}, 7]}]}]}).citation_types
    assert [(one.name, one.is_known) for one in counts] == [("(no type)", False), ("(no citation)", False)]


def test_citations_beyond_the_bound_are_counted() -> None:
    part = {"type": "output_text", "text": ANSWER, "annotations": [LINK] * (CITATIONS_KEPT + 3)}
    index = read_index({"output": [{"type": "message", "content": [part]}]})
    assert (len(index.citations), index.citations_omitted) == (CITATIONS_KEPT, 3)
    assert index.citation_types[0].count == CITATIONS_KEPT + 3


def test_long_quoted_words_are_cut_and_said_to_be() -> None:
    [found] = cited("x" * 5_000, {**LINK, "start_index": 0, "end_index": 5_000})
    assert (len(found.quote), found.is_clipped, found.is_resolved) == (QUOTE_LIMIT, True, True)


def test_half_a_surrogate_pair_is_quoted_as_the_answer_shows_it() -> None:
    text = "a\ud83cb " + CITED
    [found] = cited(text, {**LINK, "start_index": 0, "end_index": 3})
    answer, _ = read_content({"output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]})
    assert found.quote == answer[:3]
