"""The webhook endpoints of an OpenAI project: registering, listing, testing, removing."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

import openai
from openai import AsyncOpenAI
from openai.types.webhooks import WebhookEndpoint, WebhookEndpointWithSecret
from pydantic import SecretStr, ValidationError

from signoff.domain.errors import BadRequestError, RefusedError, SignoffError, UnreachableError
from signoff.domain.webhooks import RESPONSE_EVENTS, Endpoint, SigningEndpoint

T = TypeVar("T")
MOST: Final = 1_000
_PAGE_SIZE: Final = 100
_TOLD_LIMIT: Final = 300
_NO_API: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
_NO_ENDPOINT: Final = "there is no endpoint {}; `signoff webhooks list` shows their ids"


class OpenAIEndpoints:
    """The endpoints of the project that the client's key belongs to.

    Raises:
        RefusedError: The key may not do this, or the server has no endpoint API.
        BadRequestError: There is no such endpoint, or OpenAI takes the request for wrong.
        UnreachableError: OpenAI did not answer, or with a fault of its own.
    """

    def __init__(self, client: AsyncOpenAI) -> None:
        self._webhooks = client.webhooks

    async def register(self, url: str, name: str) -> SigningEndpoint:
        """Register an endpoint for the events that move jobs. A repeat makes a second one."""
        call = self._webhooks.create(event_types=cast("Any", list(RESPONSE_EVENTS)), name=name, url=url)
        return _signing(await _answered(call))

    async def list(self) -> tuple[Endpoint, ...]:
        """List the endpoints, the newest first."""

        async def collected() -> list[WebhookEndpoint]:
            found: list[WebhookEndpoint] = []
            async for endpoint in self._webhooks.list(limit=_PAGE_SIZE):
                found.append(endpoint)
                if len(found) >= MOST:
                    break
            return found

        return tuple(_shown(endpoint) for endpoint in await _answered(collected()))

    async def rotate(self, endpoint_id: str, *, is_old_kept: bool) -> SigningEndpoint:
        """Give an endpoint a new secret; the old one signs too for 24 hours where it is kept."""
        call = self._webhooks.rotate_secret(endpoint_id, keep_old_secret_active_for_24_hours=is_old_kept)
        return _signing(await _answered(call, endpoint_id))

    async def test(self, endpoint_id: str, event: str) -> int:
        """Have a sample sent, and return the HTTP status with which the endpoint answered."""
        call = self._webhooks.test(endpoint_id, event_type=cast("Any", event))
        code = getattr(await _answered(call, endpoint_id), "status_code", None)
        if not isinstance(code, int):
            raise _unreadable()
        return code

    async def remove(self, endpoint_id: str) -> None:
        """Remove an endpoint; nothing is sent there any more."""
        await _answered(self._webhooks.delete(endpoint_id), endpoint_id)


async def _answered(call: Awaitable[T], endpoint_id: str = "") -> T:
    try:
        return await call
    except openai.APIStatusError as error:
        raise _meaning(error, endpoint_id) from error
    except openai.APIConnectionError as error:
        told = f"no answer from OpenAI ({error.__cause__ or error}); `signoff webhooks list` shows what took effect"
        raise UnreachableError(told) from error
    except (openai.APIError, ValueError, TypeError, AttributeError) as error:
        # The client reads answers without checking them, so a foreign body shows itself as one of these.
        raise _unreadable() from error


def _meaning(error: openai.APIStatusError, endpoint_id: str) -> SignoffError:
    code, told = error.status_code, f"OpenAI answered {error.status_code}: {_message(error)}"
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return RefusedError(f"the key may not manage webhooks; give OPENAI_API_KEY one that may ({told})")
    if code == HTTPStatus.NOT_FOUND and endpoint_id and error.code != "unknown_url":
        return BadRequestError(_NO_ENDPOINT.format(endpoint_id))
    if code in _NO_API:
        return RefusedError(
            f"this server has no endpoint API; register webhooks where it shows its settings, or poll ({told})"
        )
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR or code == HTTPStatus.TOO_MANY_REQUESTS:
        return UnreachableError(f"{told}; try again later, and see `signoff webhooks list` for what took effect")
    return BadRequestError(told)


def _message(error: openai.APIStatusError) -> str:
    told = error.body.get("message") if isinstance(error.body, dict) else None
    return str(told or error.message)[:_TOLD_LIMIT]


def _signing(endpoint: WebhookEndpointWithSecret) -> SigningEndpoint:
    shown, secret = _shown(endpoint), getattr(endpoint, "signing_secret", None)
    if not isinstance(secret, str) or not secret:
        raise _unreadable()
    return SigningEndpoint(endpoint=shown, secret=SecretStr(secret))


def _shown(endpoint: WebhookEndpoint | WebhookEndpointWithSecret) -> Endpoint:
    try:
        return Endpoint(
            endpoint_id=endpoint.id,
            url=endpoint.url,
            name=endpoint.name,
            event_types=tuple(endpoint.event_types),
            created_at=datetime.fromtimestamp(endpoint.created_at, UTC),
            secret_hint=endpoint.signing_secret_hint or "",
        )
    except (ValidationError, AttributeError, TypeError, ValueError, OverflowError) as error:
        raise _unreadable() from error


def _unreadable() -> RefusedError:
    return RefusedError("the server's answer is none of OpenAI's endpoint API; see OPENAI_BASE_URL")
