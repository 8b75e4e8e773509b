"""Signed cookies: what the gateway remembers of a browser, kept in the browser."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode, want_bytes
from pydantic import BaseModel, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_COOKIE: Final = 4_096
"""What browsers keep at most, in bytes."""

Content = TypeVar("Content", bound=BaseModel)


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Signing:
    """How cookies are signed and sent.

    Args:
        secrets: The first one signs; the others are still taken, so that a secret can be changed.
        is_https: Whether browsers reach the pages by HTTPS alone.
        clock: Tells the time.
    """

    secrets: Sequence[str]
    is_https: bool = False
    clock: Callable[[], datetime] = utc_now


class Opened(NamedTuple, Generic[Content]):
    """What a cookie held, and when it was signed."""

    content: Content
    signed_at: datetime


class SignedCookie(Generic[Content]):
    """One cookie of the gateway: its name, what it holds, and how long it counts after it was signed."""

    def __init__(self, name: str, holds: type[Content], lifetime: timedelta, signing: Signing) -> None:
        # A browser takes a name with this prefix from this very host by HTTPS alone, never from a sibling domain.
        self.name = f"__Host-{name}" if signing.is_https else name
        self._holds = holds
        self._lifetime = int(lifetime.total_seconds())
        self._is_https = signing.is_https
        self._serializer = URLSafeTimedSerializer(
            [secret.encode() for secret in reversed(signing.secrets)],
            salt=f"signoff.{name}",  # so that no cookie passes for another one
            signer=_Signer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256, "clock": signing.clock},
        )

    def sealed(self, content: Content) -> str:
        """Sign what the cookie is to hold."""
        return str(self._serializer.dumps(content.model_dump(mode="json", exclude_none=True)))

    def opened(self, text: str) -> Opened[Content] | None:
        """Give what a cookie holds; `None` for one that was not signed here, was changed, or is too old."""
        if len(text) > LONGEST_COOKIE:
            return None
        try:
            held, signed_at = self._serializer.loads(text, max_age=self._lifetime, return_timestamp=True)
            return Opened(self._holds.model_validate(held), signed_at)
        except (BadData, ValidationError, ValueError):
            return None

    def read(self, request: Request) -> Opened[Content] | None:
        """Give what the browser sent."""
        return self.opened(request.cookies.get(self.name, ""))

    def set(self, request: Request, content: Content) -> None:
        """Have the answer to this request set the cookie."""
        self._queue(request, self.sealed(content), self._lifetime)

    def clear(self, request: Request) -> None:
        """Have the answer to this request take the cookie back."""
        self._queue(request, "", 0)

    def _queue(self, request: Request, value: str, max_age: int) -> None:
        scratch = Response()
        scratch.set_cookie(
            self.name, value, max_age=max_age, path="/", secure=self._is_https, httponly=True, samesite="lax"
        )
        request.state.cookies[self.name] = scratch.headers["set-cookie"]


class _Signer(TimestampSigner):
    """Tells the time by a given clock, and takes a signature in no other spelling than its own."""

    def __init__(self, *args: Any, clock: Callable[[], datetime], **more: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*args, **more)
        self._clock = clock

    def get_timestamp(self) -> int:
        """Tell the seconds since 1970."""
        return int(self._clock().timestamp())

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Check a signature. Base64 has several spellings of the same bytes, all but one of which are forgeries."""
        return super().verify_signature(value, sig) and base64_encode(base64_decode(sig)) == want_bytes(sig)


class CookieWriter:
    """Puts the cookies that were set while a request was answered into the answer, whatever became of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and write the cookies."""
        cookies: dict[str, str] = {}
        scope.setdefault("state", {})["cookies"] = cookies

        async def write(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header in cookies.values():
                    headers.append("set-cookie", header)
            await send(message)

        await self._app(scope, receive, write)
