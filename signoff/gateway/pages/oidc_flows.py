"""Sign-ins that were begun at a provider, until somebody comes back from it."""

import hmac
from datetime import timedelta
from typing import Final

from fastapi import Request

from signoff.gateway.pages.cookies import SignedCookie, Signing
from signoff.gateway.pages.provider import Flow
from signoff.gateway.pages.sessions import new_secret
from signoff.gateway.pages.spent import Spent

LIFETIME: Final = timedelta(minutes=10)


class Flows:
    """Begins sign-ins at a provider, and finishes each once, in the browser that began it."""

    def __init__(self, signing: Signing) -> None:
        self._cookie = SignedCookie("signoff_oidc", Flow, LIFETIME, signing)
        self._finished = Spent()

    def begin(self, request: Request, destination: str) -> Flow:
        """Begin one; it replaces another one of this browser."""
        flow = Flow(state=new_secret(), nonce=new_secret(), verifier=new_secret(), next=destination)
        self._cookie.set(request, flow)
        return flow

    def finish(self, request: Request, state: str) -> Flow | None:
        """Give the one that this state belongs to; `None` where this browser has begun none, or finished it."""
        opened = self._cookie.read(request)
        self._cookie.clear(request)
        if opened is None or not hmac.compare_digest(opened.content.state.encode(), state.encode(errors="replace")):
            return None
        if opened.content.state in self._finished:
            return None
        self._finished.add(opened.content.state)
        return opened.content
