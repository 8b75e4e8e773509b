"""Reading a body to the letter of its schema: no text counts as a number, no number as a duration."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signoff.domain.parameters import INLINE_LIMIT_BYTES, REQUEST_LIMIT_BYTES
from signoff.gateway.problems import tell_http_error

BODY_LIMIT_BYTES: Final = INLINE_LIMIT_BYTES + 65_536
"""An amendment or an edited text of the largest size, and room for its spaces and escapes."""

SUBMISSION_LIMIT_BYTES: Final = REQUEST_LIMIT_BYTES + 1_048_576
SUBMISSION_PATH: Final = "/v1/jobs"
"""Where requests are submitted, which may be larger than every other body."""

_LARGE_BYTES: Final = 1_048_576

BODY_REFERENCE: Final = "#/components/schemas/{model}-Input"
"""Where the OpenAPI document describes what is sent; what is answered may share its name."""

Body = TypeVar("Body", bound=BaseModel)


def body_of(model: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """Make a dependency that reads the body as JSON. Where every field has a default, no body is needed."""

    async def read(request: Request) -> Body:
        data = await request.body()
        if not data and is_optional(model):
            return model()
        if not is_json(request.headers.get("content-type", "")):
            raise HTTPException(415, "send the body as `Content-Type: application/json`")
        try:
            if len(data) > _LARGE_BYTES:
                return await asyncio.to_thread(model.model_validate_json, data, strict=True)
            return model.model_validate_json(data, strict=True)
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_url=False)) from None

    return read


def is_optional(model: type[BaseModel]) -> bool:
    """Whether a call may leave the body out."""
    return not any(field.is_required() for field in model.model_fields.values())


def body_document(model: type[BaseModel]) -> dict[str, Any]:
    """Describe the body of an operation for OpenAPI."""
    schema = {"$ref": BODY_REFERENCE.format(model=model.__name__)}
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": not is_optional(model), "content": content}}


def is_json(content_type: str) -> bool:
    """Whether a body is said to be JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


class BodyLimit:
    """Bounds every body, whether its length is told beforehand or not."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body that says it is too large at once, and another one where it becomes so."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told) > limit:
            answer = await tell_http_error(Request(scope, receive), _too_large(limit))
            await answer(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, limit), send)

    def _limit_of(self, path: str) -> int:
        return max(self._limit, SUBMISSION_LIMIT_BYTES) if path == SUBMISSION_PATH else self._limit


def _too_large(limit_bytes: int) -> HTTPException:
    return HTTPException(413, f"a body has at most {limit_bytes:,} bytes here")


def _bounded(receive: Receive, limit_bytes: int) -> Receive:
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit_bytes:
            raise _too_large(limit_bytes)
        return message

    return take
