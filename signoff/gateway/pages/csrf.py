"""Proof that a form was sent from a page of ours, by the person whom the page was made for."""

import hmac
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import FormData

from signoff.domain.model import Value
from signoff.gateway.bodies import BODY_LIMIT_BYTES
from signoff.gateway.pages.cookies import SignedCookie, Signing
from signoff.gateway.pages.sessions import Secret, SignedIn, new_secret, sessions_of

FIELD: Final = "csrf"
FORM_FIELDS_LIMIT: Final = 100
VISIT_LIFETIME: Final = timedelta(hours=12)


class Visit(Value):
    """A browser that has been shown the sign-in form."""

    csrf: Secret


class ForgedFormError(Exception):
    """A form was not sent from a page of ours, or the page was made for another session."""


class Forms:
    """Gives forms what proves their origin, and checks it."""

    def __init__(self, signing: Signing, public_url: str = "") -> None:
        self._visits = SignedCookie("signoff_visit", Visit, VISIT_LIFETIME, signing)
        self._origin = public_url.rstrip("/")

    def token(self, request: Request) -> str:
        """Give what a form on the page carries in its hidden field `csrf`."""
        session = sessions_of(request).read(request)
        return session.csrf if session else self._visit(request).csrf

    def is_from_here(self, request: Request) -> bool:
        """Whether the browser says that a page of ours sent the form, or says nothing about it."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        return origin is None or self._is_ours(origin, request)

    def _visit(self, request: Request) -> Visit:
        if not hasattr(request.state, "visit"):
            opened = self._visits.read(request)
            request.state.visit = opened.content if opened else Visit(csrf=new_secret())
            if opened is None:
                self._visits.set(request, request.state.visit)
        visit: Visit = request.state.visit
        return visit

    def _is_ours(self, origin: str, request: Request) -> bool:
        if self._origin:
            return origin.lower() == self._origin.lower()
        host = request.headers.get("host", "").lower()
        return origin.lower() in (f"http://{host}", f"https://{host}")


def forms_of(request: Request) -> Forms:
    """Give the forms of the pages."""
    forms: Forms = request.app.state.parts.forms
    return forms


def csrf_token(request: Request) -> str:
    """Give what a form on the page carries in its hidden field `csrf`."""
    return forms_of(request).token(request)


async def form_of(request: Request) -> FormData:
    """Read the form that was sent, within bounds and without files."""
    return await request.form(max_files=0, max_fields=FORM_FIELDS_LIMIT, max_part_size=BODY_LIMIT_BYTES)


async def checked_form(request: Request) -> FormData:
    """Give the form that was sent, once it is shown to be from a page of ours. Signing in starts here."""
    forms = forms_of(request)
    if not forms.is_from_here(request):
        raise ForgedFormError
    form = await form_of(request)
    given = form.get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), forms.token(request).encode()):
        raise ForgedFormError
    return form


async def checked_csrf(request: Request, _person: SignedIn) -> FormData:
    """Give the form that somebody who is signed in sent from a page of ours.

    Nobody signed in is found out first, so the answer to an old form is to sign in again.
    """
    return await checked_form(request)


CheckedForm = Annotated[FormData, Depends(checked_csrf)]
