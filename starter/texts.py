"""What changed from one text to another, as lines."""

from collections.abc import Sequence
from difflib import unified_diff
from typing import Final

MOST_LINES: Final = 4_000
MOST_CHARACTERS: Final = 400_000
"""Up to how many lines and characters of both texts together lines are compared, which takes moments."""


def changed_lines(before: str, after: str, names: Sequence[str] = ("before", "after")) -> list[str]:
    """Show what changed, in the form of `diff -u`; nothing where nothing did."""
    if before == after:
        return []
    old, new = before.split("\n"), after.split("\n")
    if len(old) + len(new) > MOST_LINES or len(before) + len(after) > MOST_CHARACTERS:
        told = "they are too long to be compared here; "
        return [f"{told}{len(before):,} characters in {names[0]}, {len(after):,} in {names[1]}"]
    return list(unified_diff(old, new, names[0], names[1], lineterm=""))
