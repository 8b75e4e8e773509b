"""Signing in at an OpenID Connect provider: the way there, and the way back."""

from http import HTTPStatus
from typing import Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from signoff.domain.model import clipped
from signoff.gateway.pages.destinations import local_path
from signoff.gateway.pages.fetching import ProviderError
from signoff.gateway.pages.identity import UnknownPersonError
from signoff.gateway.pages.limiting import count_attempt
from signoff.gateway.pages.messages import Message, MessageError
from signoff.gateway.pages.parts import parts_of
from signoff.gateway.pages.provider import Flow, Provider

CODE_LIMIT: Final = 4_096
_AGAIN: Final = {"link": "/signin", "link_text": "To the sign-in"}
_NO_PROVIDER: Final = Message(
    "There is no such page", "Nobody signs in at a provider here.", "Sign in with a token.", **_AGAIN
)
_NOT_BEGUN: Final = Message(
    title="The sign-in could not be finished",
    text="It was not begun in this browser, took too long, or was finished before.",
    advice="Begin it again.",
    **_AGAIN,
)
_REFUSED: Final = Message(
    title="The provider did not sign you in",
    text="It sent you back without saying who you are.",
    advice="Begin again, or ask whoever runs the provider.",
    **_AGAIN,
)
_UNRELIABLE: Final = Message(
    title="The provider can't sign you in now",
    text="It does not answer, or not in a way that can be relied on. The gateway's log says more.",
    advice="Try again in a minute, or tell whoever runs the deployment.",
    **_AGAIN,
)

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.oidc")

router = APIRouter(prefix="/signin/oidc", include_in_schema=False)


@router.get("")
async def begin(request: Request) -> Response:
    """Send somebody to the provider."""
    provider, flows = _provider(request), parts_of(request).flows
    flow = flows.begin(request, local_path(request.query_params.get("next")))
    try:
        address = await provider.authorization_url(flow)
    except ProviderError as error:
        raise _unreliable(error) from error
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


@router.get("/callback")
async def finish(request: Request) -> Response:
    """Sign in somebody who comes back from the provider."""
    provider, parts = _provider(request), parts_of(request)
    count_attempt(request)
    flow = parts.flows.finish(request, request.query_params.get("state", ""))
    if flow is None:
        log.warning("signin.not_begun")
        raise MessageError(HTTPStatus.BAD_REQUEST, _NOT_BEGUN)
    claims = await _claims(request, provider, flow)
    try:
        identity = provider.options.rules.identity(claims)
    except UnknownPersonError as error:
        log.warning("signin.unknown_person", reason=str(error))
        raise MessageError(HTTPStatus.FORBIDDEN, _unknown(error)) from error
    parts.sessions.begin_by_provider(request, identity)
    log.info("signin.done", person=identity.name, by="provider")
    return RedirectResponse(flow.next, HTTPStatus.SEE_OTHER)


async def _claims(request: Request, provider: Provider, flow: Flow) -> dict[str, object]:
    asked = request.query_params
    code = asked.get("code", "")
    if "error" in asked or not 0 < len(code) <= CODE_LIMIT:
        log.warning("signin.refused_by_provider", code=clipped(asked.get("error", "no code"), limit_bytes=100))
        raise MessageError(HTTPStatus.FORBIDDEN, _REFUSED)
    try:
        return dict(await provider.claims(code, asked.get("iss"), flow))
    except ProviderError as error:
        raise _unreliable(error) from error


def _provider(request: Request) -> Provider:
    provider = parts_of(request).provider
    if provider is None:
        raise MessageError(HTTPStatus.NOT_FOUND, _NO_PROVIDER)
    return provider


def _unreliable(error: ProviderError) -> MessageError:
    log.error("signin.provider_failed", reason=clipped(str(error), limit_bytes=500))
    return MessageError(HTTPStatus.BAD_GATEWAY, _UNRELIABLE)


def _unknown(error: UnknownPersonError) -> Message:
    advice = "Ask whoever runs the deployment or the provider, then sign in again."
    return Message("You can't work here", str(error), advice, **_AGAIN)
