"""One POST to a receiver of webhooks."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

PATIENCE_SECONDS: Final = 5
_MOST_BYTES: Final = 65_536


async def is_taken(url: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Send this once, and tell whether it was answered with 2xx within a few seconds; a redirect is none."""
    with suppress(OSError, ValueError, TimeoutError, IndexError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await _status(url, headers, body)) // 100 == 2  # noqa: PLR2004 -- HTTP's numbers for success
    return False


async def _status(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [f"host: {parts.netloc}", f"content-length: {len(body)}", "connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        answer = await reader.readline()
        # Read on to its end: a receiver whose answer nobody takes may report an error of its own.
        await reader.read(_MOST_BYTES)
        return int(answer.split()[1])
    finally:
        writer.close()
