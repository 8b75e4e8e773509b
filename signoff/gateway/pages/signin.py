"""Signing in with a personal token, and signing out."""

from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from signoff.gateway.callers import Caller
from signoff.gateway.pages.csrf import checked_form
from signoff.gateway.pages.destinations import local_path
from signoff.gateway.pages.limiting import count_attempt
from signoff.gateway.pages.parts import parts_of
from signoff.gateway.pages.sessions import person_of
from signoff.gateway.pages.templating import page

FORM_LIMIT_BYTES: Final = 16_384
TOKEN_LIMIT: Final = 200

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.signin")

router = APIRouter(include_in_schema=False, max_body_size=FORM_LIMIT_BYTES)


@router.get("/signin")
async def show(request: Request) -> Response:
    """Show the form, or the page that somebody who is signed in was on the way to."""
    destination = local_path(request.query_params.get("next"))
    if person_of(request):
        return RedirectResponse(destination, HTTPStatus.SEE_OTHER)
    return _form(request, destination)


@router.post("/signin")
async def sign_in(request: Request, form: Annotated[FormData, Depends(checked_form)]) -> Response:
    """Begin a session for whoever has a token that counts."""
    count_attempt(request)
    destination = local_path(form.get("next"))
    person = _person(request, form.get("token"))
    if person is None:
        log.warning("signin.refused", by="token")
        return _form(request, destination, is_refused=True)
    log.info("signin.done", person=person.name, by="token")
    return RedirectResponse(destination, HTTPStatus.SEE_OTHER)


@router.post("/signout")
async def sign_out(request: Request, _form: Annotated[FormData, Depends(checked_form)]) -> Response:
    """End the session. Whoever is signed out already gets the same answer."""
    parts_of(request).sessions.end(request)
    return RedirectResponse("/signin", HTTPStatus.SEE_OTHER)


def _person(request: Request, token: object) -> Caller | None:
    if not isinstance(token, str) or not 0 < len(token) <= TOKEN_LIMIT:
        return None
    return parts_of(request).sessions.begin_by_token(request, token.strip())


def _form(request: Request, destination: str, *, is_refused: bool = False) -> Response:
    provider = parts_of(request).provider
    status = HTTPStatus.UNAUTHORIZED if is_refused else HTTPStatus.OK
    host = provider.options.host if provider else None
    return page(request, "signin.html", status=status, next=destination, provider=host, is_refused=is_refused)
