"""Patterns in RE2's syntax, whose work is linear in the text and bounded, so that none can hang a worker."""

from typing import Any, Final

import re2  # type: ignore[import-untyped]  # it has no types

PROGRAM_LIMIT: Final = 5_000
"""How many instructions a pattern may need: a word needs about one for each letter, `\\pL` 1,200."""

MEMORY_LIMIT_BYTES: Final = 1 << 20


class PatternError(ValueError):
    """A pattern that RE2 does not take, or that needs too much work."""


class Pattern:
    """A compiled pattern.

    `work` is what one character of a text costs at worst: measured, 12 ns for each unit.
    """

    def __init__(self, pattern: str) -> None:
        """Compile it.

        Raises:
            PatternError: Says what is wrong with it.
        """
        try:
            self._compiled: Any = re2.compile(pattern, _options())
        except re2.error as error:
            told = error.args[0] if error.args else ""
            reason = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
            raise PatternError(f"is no pattern in RE2's syntax: {reason}") from None
        self.work: int = self._compiled.programsize
        if self.work > PROGRAM_LIMIT:
            raise PatternError("needs too much work; repeat less in it, or split it")

    def find(self, text: str) -> int | None:
        """Say at which character the first match begins; `None` where there is none."""
        # Half a surrogate pair, which JSON can carry, has no form in UTF-8.
        match = self._compiled.search(text.encode(errors="replace").decode())
        return int(match.start()) if match else None


def _options() -> Any:  # noqa: ANN401  the library has no types
    options = re2.Options()
    options.max_mem = MEMORY_LIMIT_BYTES
    options.log_errors = False
    options.never_capture = True
    return options
