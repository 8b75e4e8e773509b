"""What changed between two texts, told within bounds and without changing either."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.gateway.pages.diffing import LINES_LIMIT, WORDS_LIMIT, Detail, Diff, compare


def shown(diff: Diff) -> list[str]:
    """Write a diff as lines, with what changed in brackets."""
    return [
        line.sign
        + (
            f"({line.skipped})"
            if line.skipped
            else "".join(f"[{one.html}]" if one.is_changed else one.html for one in line.pieces)
        )
        for line in diff.lines
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("a\nb", "a\nb\nc", [" a", " b", "+[c]"]),
        ("a\nb\nc", "a\nc", [" a", "-[b]", " c"]),
        ("the tide turns", "the tide rises", ["-the tide [turns]", "+the tide [rises]"]),
        ("one two\nthree", "one 2\nthree", ["-one [two]", "+one [2]", " three"]),
        ("", "x", ["-", "+[x]"]),
        ("a b\nc d", "x b\nc y", ["-[a] b", "-c [d]", "+[x] b", "+c [y]"]),
        ("k a\nb k", "k c\nd k", ["-k [a]", "-[b] k", "+k [c]", "+[d] k"]),
        ("a\n\nb", "a\nb", [" a", "-[]", " b"]),
    ],
)
def test_a_diff_says_which_words_and_lines_changed(before: str, after: str, told: list[str]) -> None:
    assert shown(compare(before, after)) == told


@given(
    st.lists(st.sampled_from(["a", "b", " ", "\n", "c d", "<b>"])), st.lists(st.sampled_from(["a", "\n", "c d", "e"]))
)
def test_each_side_of_a_diff_is_the_whole_text(old: list[str], new: list[str]) -> None:
    before, after = "".join(old), "".join(new)
    lines = compare(before, after).lines
    if before == after or any(line.skipped for line in lines):
        return
    sides = [
        "\n".join("".join(one.html for one in line.pieces) for line in lines if line.sign in signs)
        for signs in (" -", " +")
    ]
    assert [side.replace("&lt;", "<").replace("&gt;", ">") for side in sides] == [before, after]


def test_what_is_far_from_a_change_is_counted_and_left_out() -> None:
    before = "\n".join(map(str, range(100)))
    told = shown(compare(before, before.replace("\n50\n", "\nfifty\n")))
    assert told == [" (47)", " 47", " 48", " 49", "-[50]", "+[fifty]", " 51", " 52", " 53", " (46)"]


def test_what_changed_is_counted() -> None:
    diff = compare("a\nb", "a\nx\ny")
    assert (diff.added, diff.removed) == (2, 1)


def test_a_diff_shows_no_markup_and_hides_no_character() -> None:
    told = "".join(shown(compare("a", "<script>\u202e")))
    assert "&lt;script&gt;" in told
    assert "U+202E" in told


@pytest.mark.parametrize(
    ("size", "detail"),
    [(100, Detail.WORDS), (WORDS_LIMIT, Detail.LINES), (LINES_LIMIT, Detail.TOO_LARGE)],
)
def test_how_finely_texts_are_compared_follows_their_size(size: int, detail: Detail) -> None:
    before = "\n".join(["x" * 200] * (size // 200))
    assert compare(before, before + "y").detail is detail


def test_equal_texts_have_no_diff() -> None:
    assert compare("a", "a") == Diff(Detail.SAME)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b " * 5_000, "b a " * 5_000),
        ("a\n" * 1_900, "b\na\n" * 1_000),
        ("\n".join(str(n % 50) for n in range(1_900)), "\n".join(str(n % 49) for n in range(1_900))),
        ("\n".join(map(str, range(1_900))), "\n".join(map(str, range(1_900, 0, -1)))),
        ("x" * 10_000_000, "y" * 10_000_000),
    ],
)
def test_no_pair_of_texts_takes_long(before: str, after: str) -> None:
    started = time.process_time()
    compare(before, after)
    assert time.process_time() - started < 5
