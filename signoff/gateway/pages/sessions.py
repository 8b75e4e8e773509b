"""Who has signed in: a session in a signed cookie, and the dependencies that let people in."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Request
from pydantic import AwareDatetime, Field, StringConstraints

from signoff.domain.model import Name, Value
from signoff.gateway.callers import Caller
from signoff.gateway.pages.cookies import Opened, SignedCookie, Signing
from signoff.gateway.pages.identity import Identity
from signoff.gateway.pages.spent import Spent
from signoff.gateway.problems import ForbiddenError
from signoff.tokens import Role, TokenStore

LIFETIME: Final = timedelta(hours=12)
IDLE_LIMIT: Final = timedelta(hours=2)
RENEWED_AFTER: Final = timedelta(minutes=1)
"""A cookie that was signed less than that ago is not written again."""

Secret = Annotated[str, StringConstraints(min_length=20, max_length=64)]


class Session(Value):
    """That somebody signed in: by a token, or at an OpenID Connect provider."""

    session_id: Secret
    csrf: Secret
    started_at: AwareDatetime
    name: Name
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    token_id: str | None = None
    issuer: str | None = None
    subject: str | None = None


class SignedOutError(Exception):
    """Nobody is signed in."""


class Sessions:
    """Begins sessions, reads them, and ends them.

    A session that a token began counts as long as the token does; one that a provider began, as long as the
    gateway relies on that provider. The ends are remembered here, since a copy of a cookie can't be taken back.
    """

    def __init__(self, signing: Signing, tokens: TokenStore, issuer: str = "") -> None:
        self._cookie = SignedCookie("signoff_session", Session, IDLE_LIMIT, signing)
        self._clock = signing.clock
        self._tokens = tokens
        self._issuer = issuer
        self._ended = Spent()

    def begin_by_token(self, request: Request, secret: str) -> Caller | None:
        """Sign in whoever has this token; `None` where it does not count."""
        token = self._tokens.find(secret, self._clock())
        if token is None:
            return None
        return self._begin(request, name=token.name, roles=token.roles, token_id=token.token_id)

    def begin_by_provider(self, request: Request, person: Identity) -> Caller:
        """Sign in whom the provider vouches for."""
        return self._begin(request, name=person.name, roles=person.roles, issuer=self._issuer, subject=person.subject)

    def end(self, request: Request) -> None:
        """Sign out; a copy of the cookie counts no more either."""
        opened = self._cookie.read(request)
        if opened:
            self._ended.add(opened.content.session_id)
        self._cookie.clear(request)
        request.state.session = None

    def read(self, request: Request) -> Session | None:
        """Give the session of this request, and prolong it where a person did something.

        Raises:
            SettingsError: The token file can't be read. Nobody is signed in meanwhile.
        """
        if not hasattr(request.state, "session"):
            request.state.session = None
            request.state.session = self._read(request)
        found: Session | None = request.state.session
        return found

    def _begin(self, request: Request, **of_person: object) -> Caller:
        # Whatever session there was is over, so that nobody can prepare one for somebody else.
        self.end(request)
        begun = {"session_id": new_secret(), "csrf": new_secret(), "started_at": self._clock()}
        session = Session.model_validate({**begun, **of_person})
        self._cookie.set(request, session)
        request.state.session = session
        return caller_in(session)

    def _read(self, request: Request) -> Session | None:
        opened = self._cookie.read(request)
        if opened is None:
            return None
        if not self._counts(opened.content):
            self._cookie.clear(request)
            return None
        self._prolong(request, opened)
        return opened.content

    def _counts(self, session: Session) -> bool:
        now = self._clock()
        if not session.started_at <= now + RENEWED_AFTER or now >= session.started_at + LIFETIME:
            return False
        return session.session_id not in self._ended and self._is_vouched_for(session, now)

    def _is_vouched_for(self, session: Session, now: datetime) -> bool:
        if session.token_id is None:
            return bool(self._issuer) and session.issuer == self._issuer
        return self._tokens.find_by_id(session.token_id, now) is not None

    def _prolong(self, request: Request, opened: Opened[Session]) -> None:
        # What a page does by itself is no sign of a person, so an open page alone keeps nobody signed in.
        if not is_background(request) and self._clock() - opened.signed_at >= RENEWED_AFTER:
            self._cookie.set(request, opened.content)


def new_secret() -> str:
    """Make 256 random bits as text."""
    return secrets.token_urlsafe(32)


def caller_in(session: Session) -> Caller:
    """Give whoever signed in."""
    return Caller(session.name, frozenset(session.roles))


def is_background(request: Request) -> bool:
    """Whether a script or a stream of the page asks, rather than a person who opens a page or sends a form."""
    headers = request.headers
    if "hx-request" in headers or "text/event-stream" in headers.get("accept", ""):
        return True
    return headers.get("sec-fetch-mode", "navigate") != "navigate"


def sessions_of(request: Request) -> Sessions:
    """Give the sessions of the pages."""
    sessions: Sessions = request.app.state.parts.sessions
    return sessions


def person_of(request: Request) -> Caller | None:
    """Give whoever is signed in, if anybody is."""
    session = sessions_of(request).read(request)
    return caller_in(session) if session else None


async def signed_in(request: Request) -> Caller:
    """Give whoever is signed in; somebody else is sent to sign in."""
    person = person_of(request)
    if person is None:
        raise SignedOutError
    request.state.caller = person  # what depends on a caller of the API works on pages too
    return person


SignedIn = Annotated[Caller, Depends(signed_in)]


def requires_role(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """Make a dependency that gives whoever is signed in, and refuses somebody without any of these roles."""

    async def permitted(person: SignedIn) -> Caller:
        if not person.has(*roles):
            raise ForbiddenError(f"This needs the role {' or '.join(roles)}; {person.name} does not have it.")
        return person

    return permitted
