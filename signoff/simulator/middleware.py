"""What surrounds every call: the request id and the API key."""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signoff.simulator.errors import ApiError

REQUEST_ID = "x-request-id"


def new_request_id() -> str:
    """Return an id for one answer, as OpenAI's support asks for it."""
    return f"req_{secrets.token_hex(16)}"


class RequestId:
    """Puts a request id on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and add the header to its answer."""

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(REQUEST_ID, new_request_id())
            await send(message)

        await self._app(scope, receive, send_with_id)


class RequireKey:
    """Refuses calls without an API key; any key will do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on when it carries a key.

        Raises:
            ApiError: 401, when it does not.
        """
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            message = "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'."
            raise ApiError(401, message, code="invalid_api_key")
        await self._app(scope, receive, send)
