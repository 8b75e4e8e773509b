"""Fetching small JSON documents of a provider, bounded in size and time, and keeping them for a while."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, Final, Generic, TypeVar

import httpx2

ANSWER_LIMIT_BYTES: Final = 262_144
TIMEOUT_SECONDS: Final = 10.0
KEPT_SECONDS: Final = 600.0
PAUSE_SECONDS: Final = 5.0
"""How long after one fetch another one waits: neither a dead provider nor a forged key id makes it a flood."""

Content = TypeVar("Content")


class ProviderError(Exception):
    """The provider does not answer, or not as it should. The message is for the log."""


class Kept(Generic[Content]):
    """Something of the provider's that is fetched when it is needed and kept for a while; so is its failing."""

    def __init__(self, fetch: Callable[[], Awaitable[Content]]) -> None:
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._content: Content | None = None
        self._error: ProviderError | None = None
        self._fetched_at = float("-inf")

    async def get(self, *, is_anew: bool = False) -> Content:
        """Give it.

        Raises:
            ProviderError: It could not be fetched.
        """
        async with self._lock:
            age = time.monotonic() - self._fetched_at
            life = PAUSE_SECONDS if is_anew or self._error else KEPT_SECONDS
            if age > life:
                await self._renew()
            if self._content is None:
                raise ProviderError(str(self._error))
            return self._content

    async def _renew(self) -> None:
        try:
            self._content, self._error = await self._fetch(), None
        except ProviderError as error:
            # What was fetched earlier serves on while the provider does not answer.
            self._error = error
        self._fetched_at = time.monotonic()


async def fetched(
    method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b""
) -> dict[str, Any]:
    """Fetch a JSON object.

    Raises:
        ProviderError: There was no answer in time, or another one than a JSON object of moderate size.
    """
    where = url.partition("?")[0]
    # A compressed answer could unfold to any size.
    asked = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx2.AsyncClient(verify=_tls()) as client,
            client.stream(method, url, headers=asked, content=content, follow_redirects=False) as answer,
        ):
            data = await _body(answer, where)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError) as error:
        raise ProviderError(f"{where} does not answer ({type(error).__name__})") from error
    return _object(data, where)


async def _body(answer: httpx2.Response, where: str) -> bytes:
    if answer.status_code != httpx2.codes.OK:
        raise ProviderError(f"{where} answered HTTP {answer.status_code}")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise ProviderError(f"{where} answered in an encoding that was not asked for")
    data = b""
    async for chunk in answer.aiter_raw():
        data += chunk
        if len(data) > ANSWER_LIMIT_BYTES:
            raise ProviderError(f"{where} answered more than {ANSWER_LIMIT_BYTES:,} bytes")
    return data


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):
        raise ProviderError(f"{where} answered no JSON") from None
    if not isinstance(read, dict):
        raise ProviderError(f"{where} answered no JSON object")
    return read


@cache
def _tls() -> ssl.SSLContext:
    """Load the certificates once; it takes long."""
    return httpx2.create_ssl_context()
