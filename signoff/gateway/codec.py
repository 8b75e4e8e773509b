"""Decrypting payloads for Temporal UI and the `temporal` command, by Temporal's codec protocol, for operators alone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from signoff.codec import decoded_document, encoded_document
from signoff.domain.errors import SettingsError
from signoff.encryption import KeyRing
from signoff.gateway.bodies import BodyLimit, is_json
from signoff.gateway.callers import caller_by_token, no_token
from signoff.gateway.pages.cookies import CookieWriter
from signoff.gateway.pages.sessions import Sessions, caller_in
from signoff.gateway.problems import ForbiddenError, tell_bug, tell_forbidden, tell_http_error, tell_signoff_error
from signoff.tokens import Role, TokenStore

PREFIX: Final = "/codec"
BODY_LIMIT_BYTES: Final = 8_388_608
"""Temporal hands on 4 MB in one message, which base64 makes a third larger, twice where a box is text in JSON."""

_AT_ONCE_BYTES: Final = 65_536
_ASKED_AGAIN_SECONDS: Final = 600
_ORIGIN_ADVICE: Final = "open Temporal UI where SIGNOFF_TEMPORAL_UI_URL says that it is"

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.codec")


@dataclass(frozen=True)
class CodecOptions:
    """What the codec server opens payloads with, of which namespace, and for the pages of which origin.

    Without an origin no browser is answered; the `temporal` command is, with a token.
    """

    ring: KeyRing
    namespace: str
    ui_origin: str = ""


class Codec:
    """Answers the paths of the codec server, and hands everything else on."""

    def __init__(
        self, app: ASGIApp, options: CodecOptions, tokens: TokenStore, sessions: Sessions | None = None
    ) -> None:
        self._app = app
        door = _Door(options, tokens, sessions)
        self._codec = BodyLimit(CookieWriter(_codec_app(door, options.ui_origin)), BODY_LIMIT_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the first part of the path."""
        is_ours = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._codec if is_ours else self._app)(scope, receive, send)


class _Door:
    """Says who may have payloads opened, and opens them."""

    def __init__(self, options: CodecOptions, tokens: TokenStore, sessions: Sessions | None) -> None:
        self._options = options
        self._tokens = tokens
        self._sessions = sessions

    async def decode(self, request: Request) -> Response:
        """Decrypt a document; a payload that no key opens says so itself."""
        return await self._answered(request, "codec.decoded", decoded_document)

    async def encode(self, request: Request) -> Response:
        """Encrypt a document, as Temporal UI asks for before it sends a signal or an update."""
        return await self._answered(request, "codec.encoded", encoded_document)

    async def _answered(self, request: Request, event: str, change: Callable[[KeyRing, bytes], str]) -> Response:
        caller = self._caller(request)
        if caller is None:
            return no_token(request)
        self._check_call(request)
        document = await request.body()
        try:
            if len(document) > _AT_ONCE_BYTES:
                changed = await asyncio.to_thread(change, self._options.ring, document)
            else:
                changed = change(self._options.ring, document)
        except ValueError as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, str(error)) from None
        log.info(event, by=caller)
        return Response(changed, media_type="application/json", headers={"Cache-Control": "no-store"})

    def _caller(self, request: Request) -> str | None:
        """Name the operator who asks; `None` for somebody who is not known.

        A cookie comes along with whatever page asks, so it counts for the pages of Temporal UI alone.
        """
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() != self._options.ui_origin:
            raise ForbiddenError(f"no page of this origin may ask; {_ORIGIN_ADVICE}")
        if "authorization" in request.headers:
            caller = caller_by_token(self._tokens, request.headers["authorization"], datetime.now(UTC))
        else:
            session = self._sessions.read(request) if self._sessions and origin else None
            caller = caller_in(session) if session else None
        if caller and not caller.has(Role.OPERATOR):
            raise ForbiddenError(f"this needs the role operator; {caller.name} does not have it")
        return caller.name if caller else None

    def _check_call(self, request: Request) -> None:
        """Refuse what a form of another page could send, and payloads of another namespace."""
        if not is_json(request.headers.get("content-type", "")):
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body as `Content-Type: application/json`")
        namespace = request.headers.get("x-namespace")
        if namespace != self._options.namespace:
            told = "no namespace" if namespace is None else "another namespace"
            ours = self._options.namespace
            raise ForbiddenError(f"X-Namespace names {told}; this gateway opens payloads of {ours} alone")


def origin_of(ui_url: str) -> str:
    """Give what browsers call the place of Temporal UI; empty where none is set.

    Raises:
        SettingsError: This is no address that a browser could be at.
    """
    if not ui_url:
        return ""
    try:
        parts = urlsplit(ui_url.lower())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise SettingsError("SIGNOFF_TEMPORAL_UI_URL: it is an address, as in https://temporal.example.com")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")


def _codec_app(door: _Door, ui_origin: str) -> ASGIApp:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=[ui_origin] if ui_origin else [],
        allow_methods=["POST"],
        allow_headers=["Authorization", "Content-Type", "X-Namespace"],
        allow_credentials=True,
        max_age=_ASKED_AGAIN_SECONDS,
    )
    return Starlette(
        routes=[
            Route(f"{PREFIX}/decode", door.decode, methods=["POST"]),
            Route(f"{PREFIX}/encode", door.encode, methods=["POST"]),
        ],
        middleware=[cors],
        exception_handlers={
            SettingsError: tell_signoff_error,
            ForbiddenError: tell_forbidden,
            HTTPException: tell_http_error,
            Exception: tell_bug,
        },
    )
