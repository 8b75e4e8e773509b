"""Answers that are too large to be read and written anew: the bytes of the archive go out as they lie there."""

from collections.abc import Iterator
from typing import Final

from starlette.responses import StreamingResponse

_PIECE_BYTES: Final = 262_144
_EDITED: Final = b',"edited_by":'
_UNEDITED: Final = b'{"edited_by":"",'


def large_deliverable(data: bytes) -> StreamingResponse:
    """Answer with a deliverable from its canonical JSON, which says who edited it only where somebody did."""
    # Inside a text each quote is escaped, so this is found where it is a key, and nowhere else.
    head = b"{" if _EDITED in data else _UNEDITED
    length = str(len(head) + len(data) - 1)
    return StreamingResponse(_pieces(head, data), media_type="application/json", headers={"Content-Length": length})


def _pieces(head: bytes, data: bytes) -> Iterator[bytes]:
    yield head
    for start in range(1, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]
