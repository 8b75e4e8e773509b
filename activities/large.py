"""Putting what is large into the archive piece by piece, so that a worker never holds it twice."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from signoff.domain.deliverable import digest_of, measured
from signoff.domain.longtext import LARGE_BYTES
from signoff.ports import Archive, PiecesArchive

_PIECE_BYTES: Final = 262_144


async def put_bytes(archive: Archive, path: str, data: bytes) -> str:
    """Put an object into the archive, and give its digest."""
    if len(data) <= LARGE_BYTES:
        await archive.put(path, data)
        return digest_of(data)
    await _put_large(archive, path, _cut(data), len(data))
    return await asyncio.to_thread(digest_of, data)


async def put_named(
    archive: Archive, name: Callable[[str], str], pieces: Callable[[], Iterator[bytes]], *, is_large: bool
) -> tuple[str, int]:
    """Put an object whose path follows from its digest into the archive; give the digest and the size.

    The pieces are made twice where there are many of them: once to be hashed, once to be written.
    """
    if not is_large:
        data = b"".join(pieces())
        digest = digest_of(data)
        await archive.put(name(digest), data)
        return digest, len(data)
    digest, size = await asyncio.to_thread(lambda: measured(pieces()))
    await _put_large(archive, name(digest), pieces(), size)
    return digest, size


async def _put_large(archive: Archive, path: str, pieces: Iterator[bytes], size: int) -> None:
    if isinstance(archive, PiecesArchive):
        await archive.put_pieces(path, pieces, size)
    else:
        await archive.put(path, await asyncio.to_thread(b"".join, pieces))


def _cut(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]
