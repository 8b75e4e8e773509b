"""The two kinds of value that everything else is built from."""

import unicodedata
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Value(BaseModel):
    """An immutable value that the product writes and reads back.

    Unknown fields are ignored, so that an older process can read what a newer one wrote.
    """

    model_config = ConfigDict(frozen=True)


class Input(BaseModel):
    """An immutable value that people write: an unknown field is an error, since it is most likely a typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_LINE_BREAKERS: Final = frozenset({"Cc", "Zl", "Zp"})
"""The Unicode categories of control characters, and of the two separators that break a line as well."""


def _refuse_control_characters(text: str) -> str:
    if any(unicodedata.category(character) in _LINE_BREAKERS for character in text):
        msg = "must be one line without control characters"
        raise ValueError(msg)
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(_refuse_control_characters),
]
"""One line of text for people, up to 200 characters."""


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128),
    AfterValidator(_refuse_control_characters),
]
"""Who someone is: a person, a team or a service."""


def identity(name: str) -> str:
    """Bring a name into the form in which look-alikes are equal: whatever case, width or invisible characters."""
    visible = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", visible).casefold()


def clipped(text: str, *, limit_bytes: int) -> str:
    """Cut a text to at most so many bytes of UTF-8, with an ellipsis where something was cut."""
    # Half of a surrogate pair, as a broken escape leaves it, could not be written anywhere.
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit_bytes:
        return encoded.decode()
    return encoded[: limit_bytes - 3].decode(errors="ignore") + "…"


def counted(number: int, noun: str) -> str:
    """Say how many there are of something: "1 look", "2 looks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def in_words(duration: timedelta) -> str:
    """Say how long something is, in its two largest units: "45 s", "2 min 5 s", "3 h"."""
    left = max(round(duration.total_seconds()), 0)
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts[:2]) or "0 s"
