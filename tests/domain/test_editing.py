"""Changing a draft by hand: what becomes of its text, its citations and its bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.deliverable import Citation, Deliverable, digest_of
from signoff.domain.editing import edited
from signoff.domain.errors import BadRequestError
from signoff.domain.parameters import INLINE_LIMIT_BYTES

TEXT = "Cats purr [1]. Dogs bark [2]. Owls hoot [3]."


def cited(text: str, *passages: str) -> Deliverable:
    """Cite passages of a text, each at its first place after the one before."""
    citations, at = [], 0
    for number, passage in enumerate(passages, start=1):
        at = text.index(passage, at)
        citations.append(Citation(title=f"Page {number}", url="https://a.example", start=at, end=at + len(passage)))
        at += len(passage)
    return Deliverable(job_id="a-job", attempt=2, text=text, citations=tuple(citations))


def kept(after: Deliverable) -> list[tuple[str, str]]:
    """Give each citation that is left, with the passage that it is about now."""
    return [(one.title.removeprefix("Page "), after.text[one.start : one.end]) for one in after.citations]


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("In short: " + TEXT, [("1", "[1]"), ("2", "[2]"), ("3", "[3]")]),
        ("Cats purr [1]. Owls hoot [3].", [("1", "[1]"), ("3", "[3]")]),
        ("Dogs bark [2].", [("2", "[2]")]),
        ("Nothing is known.", []),
        # Another order is another text; whatever it is about can't be told any more.
        ("Dogs bark [2]. Cats purr [1].", [("1", "[1]")]),
        ("Dogs bark [2]. Cats purr [1]. Owls hoot [3].", [("1", "[1]"), ("3", "[3]")]),
        ("[1][2][3]", [("1", "[1]"), ("2", "[2]"), ("3", "[3]")]),
        ("Cats purr [1", []),
    ],
)
def test_citations_move_with_their_passages_and_the_others_are_left_out(
    text: str, passages: list[tuple[str, str]]
) -> None:
    assert kept(edited(cited(TEXT, "[1]", "[2]", "[3]"), text, "ana")) == passages


@pytest.mark.parametrize(
    ("text", "starts"),
    [("Now X and b and X.", [4, 16]), ("Now X.", [4]), ("XX", [0, 1])],
    ids=["both stay", "one stays", "side by side"],
)
def test_passages_that_read_the_same_are_told_apart_by_their_order(text: str, starts: list[int]) -> None:
    after = edited(_twice(), text, "ana")
    assert [one.start for one in after.citations] == starts


def _twice() -> Deliverable:
    draft = cited("X and b and X.", "X")
    again = draft.citations[0].model_copy(update={"start": 12, "end": 13, "title": "Page 2"})
    return draft.model_copy(update={"citations": (*draft.citations, again)})


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 4), (0, 4)], [(2, 6), (2, 6)]),  # two sources of one passage
        ([(0, 4), (0, 9)], [(2, 6), (2, 11)]),  # one within the other
        ([(0, 9), (5, 9)], [(2, 11), (7, 11)]),
        ([(0, 6), (3, 9)], [(2, 8), (5, 11)]),  # they overlap
        ([(5, 9), (0, 4)], [(2, 6), (7, 11)]),  # out of order
        ([(3, 3)], []),  # about no words
        ([(40, 50)], []),  # beyond the text
    ],
)
def test_passages_that_share_words_move_together(spans: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    citations = tuple(Citation(title="A page", url="https://a.example", start=a, end=b) for a, b in spans)
    draft = Deliverable(job_id="a-job", attempt=1, text="Cats purr.", citations=citations)
    assert [(one.start, one.end) for one in edited(draft, "> Cats purr.", "ana").citations] == expected


@given(st.lists(st.sampled_from(["[1]", "[2]", "x", " "]), min_size=1, max_size=12), st.text("[12]x ", max_size=30))
def test_a_citation_that_is_left_is_about_the_same_words_in_the_same_order(pieces: list[str], text: str) -> None:
    draft = cited("".join(pieces), *(piece for piece in pieces if piece != " "))
    if not text.strip() or text == draft.text:
        return
    after = edited(draft, text, "ana")
    words = {one.title: draft.text[one.start : one.end] for one in draft.citations}
    assert all(after.text[one.start : one.end] == words[one.title] for one in after.citations)
    numbers = [int(one.title.removeprefix("Page ")) for one in after.citations]
    assert numbers == sorted(numbers)
    ends = [0, *(one.end for one in after.citations)]
    assert all(one.start >= end for one, end in zip(after.citations, ends, strict=False))


@given(st.text(min_size=1, max_size=20).filter(str.strip), st.text(max_size=20))
def test_what_is_added_around_a_text_loses_no_citation(before: str, after: str) -> None:
    draft = cited(TEXT, "[1]", "[2]", "[3]")
    assert len(edited(draft, f"{before}{TEXT}{after}", "ana").citations) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "text: it is empty; reject the result if nothing is to be delivered"),
        (" \n\t", "text: it is empty; reject the result if nothing is to be delivered"),
        (TEXT, "text: nothing was changed; approve it as it is"),
        ("ä" * (INLINE_LIMIT_BYTES // 2) + "x", f"text: at most {INLINE_LIMIT_BYTES:,} bytes are taken"),
        ("a broken \ud83d", "text: it can't be written as JSON"),
    ],
    ids=["empty", "blank", "unchanged", "too large", "half a character"],
)
def test_a_text_that_can_not_be_delivered_says_what_to_do(text: str, why: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        edited(cited(TEXT), text, "ana")
    assert str(caught.value).startswith(why)


def test_a_text_of_exactly_the_limit_is_taken() -> None:
    text = "ä" * (INLINE_LIMIT_BYTES // 2)
    assert edited(cited(TEXT), text, "ana").text == text


def test_an_edited_deliverable_says_who_changed_it_and_keeps_whose_it_is() -> None:
    draft = cited(TEXT, "[1]")
    after = edited(draft, "Cats [1].", "ana")
    assert (after.job_id, after.attempt, after.edited_by) == ("a-job", 2, "ana")
    assert json.loads(after.canonical())["edited_by"] == "ana"
    assert draft == cited(TEXT, "[1]")


def test_a_draft_that_nobody_edited_has_the_bytes_that_it_always_had() -> None:
    """A field more would break every approval that is under way."""
    draft = Deliverable(job_id="a-job", attempt=1, text="x")
    assert draft.canonical() == b'{"attempt":1,"citations":[],"job_id":"a-job","text":"x"}'
    assert Deliverable.model_validate_json(draft.canonical()) == draft


def test_the_same_text_by_another_person_is_another_deliverable() -> None:
    draft = cited(TEXT)
    one, other = edited(draft, "x", "ana"), edited(draft, "x", "bo")
    assert digest_of(one.canonical()) != digest_of(other.canonical())
    assert Deliverable.model_validate_json(one.canonical()) == one
