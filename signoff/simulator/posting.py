"""One POST to a receiver of webhooks."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

PATIENCE_SECONDS: Final = 5
_MOST_BYTES: Final = 65_536


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int | None:
    """Send this once, and return the HTTP status of the answer; None without one within a few seconds."""
    with suppress(OSError, ValueError, TimeoutError, IndexError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _status(url, headers, body)
    return None


def is_success(status: int | None) -> bool:
    """Tell whether a webhook was taken: a redirect is none."""
    return status is not None and status // 100 == 2  # noqa: PLR2004 -- HTTP's numbers for success


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
