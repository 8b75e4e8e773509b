"""Answers that go wrong on their way: cut off, closed without a word, late, or a proxy's own page."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive, Scope, Send

# The ASGI extension under which the server puts a function that closes the connection at once.
ABORT: Final = "signoff.simulator.abort"

_PAGE = """<html>
<head><title>{title}</title></head>
<body>
<center><h1>{title}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""
_TITLES = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}


class ConnectionLostError(ConnectionError):
    """The connection would be closed here; raised where the application runs without a server that could."""


class Closed(Response):
    """No answer at all: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- nothing is sent
        """Close the connection."""
        await _close(scope, receive)


class Cut(Response):
    """The first half of an answer; then the connection is closed."""

    def __init__(self, whole: Response) -> None:
        super().__init__(status_code=whole.status_code)
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body, then close the connection."""

        async def send_half(message: Message) -> None:
            if message["type"] == "http.response.body":
                body = message["body"]
                message = {**message, "body": body[: len(body) // 2], "more_body": True}
            await send(message)

        await self._whole(scope, receive, send_half)
        await _close(scope, receive)


class Late(Response):
    """An answer that is sent some seconds after the call took effect."""

    def __init__(self, answer: Response, seconds: float, on_gone: Callable[[], None] = lambda: None) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer, self._seconds, self._on_gone = answer, seconds, on_gone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer once its time has come, unless the caller went away before."""
        pause: Callable[[float], Awaitable[None]] = scope["app"].state.patience.pause
        if await first(_disconnected(receive), pause(self._seconds)) == 0:
            self._on_gone()
        else:
            await self._answer(scope, receive, send)


class Patience:
    """Waits for a time that a test can replace, and no longer once the simulator ends."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep
        self._ended = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Wait for this long, or until the end."""
        await first(self._sleep(seconds), self._ended.wait())

    def end(self) -> None:
        """Let everything go on that waits, now and from now on."""
        self._ended.set()


def proxy_page(status: int) -> Response:
    """Return the HTML page of a proxy in front of OpenAI."""
    return HTMLResponse(_PAGE.format(title=_TITLES.get(status, f"{status} Error")), status)


async def first(*awaitables: Awaitable[Any]) -> int:
    """Wait for the first of these to end, cancel the others, and return its position."""
    tasks = [asyncio.ensure_future(each) for each in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    return next(position for position, task in enumerate(tasks) if task in done)


async def _close(scope: Scope, receive: Receive) -> None:
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        msg = "the simulator closed the connection"
        raise ConnectionLostError(msg)
    abort()
    # Until the server has seen the end, it would report an application that sent no answer.
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
