"""Cursors: where a page of a list ended, sealed so that only the list that gave one takes it."""

import base64
import hashlib
import re
from typing import Final

from signoff.domain.errors import BadRequestError

_CURSOR: Final = re.compile(r"[A-Za-z0-9_-]{1,4000}={0,2}")
_SEAL_BYTES: Final = 8


def cursor_for(token: bytes, about: str) -> str:
    """Write a cursor of the list that `about` describes."""
    return base64.urlsafe_b64encode(_seal(token, about) + token).decode()


def token_in(cursor: str, about: str) -> bytes:
    """Read what a cursor of this list holds.

    Raises:
        BadRequestError: No page of this list gave it.
    """
    try:
        sealed = base64.urlsafe_b64decode(cursor) if _CURSOR.fullmatch(cursor) else b""
    except ValueError:
        sealed = b""
    seal, token = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
    if not token or seal != _seal(token, about):
        msg = "cursor: no page of this list gave it; leave it out to begin with the newest jobs"
        raise BadRequestError(msg)
    return token


def _seal(token: bytes, about: str) -> bytes:
    return hashlib.sha256(about.encode() + b"\0" + token).digest()[:_SEAL_BYTES]
