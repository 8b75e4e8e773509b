"""Telling an open page that its job changed. The page itself is never replaced under somebody who types."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from fastapi.sse import format_sse_event

from signoff.gateway.events import COMMENT_INTERVAL
from signoff.gateway.feeds import Feed

STREAM_LIFETIME: Final = timedelta(minutes=10)
"""A browser then connects anew, and whoever has signed out meanwhile is told nothing more."""

STREAM_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def changes_of(feed: Feed, position: int) -> AsyncIterator[bytes]:
    """Send a word for each line of the timeline after a position, while it is written."""
    clock = asyncio.get_running_loop().time
    ends_at = clock() + STREAM_LIFETIME.total_seconds()
    while clock() < ends_at:
        if not await feed.has_more(position, COMMENT_INTERVAL):
            yield format_sse_event(comment="waiting")
        for line in feed.lines[position:]:
            position += 1
            told = json.dumps({"text": line.text, "status": line.status})
            yield format_sse_event(data_str=told, event="changed", id=str(position))
        if feed.is_over and position >= len(feed.lines):
            return
