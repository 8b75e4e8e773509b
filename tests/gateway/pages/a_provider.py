"""A small OpenID Connect provider, served on loopback, that can be made to lie."""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from starter.sockets import HOST

CLIENT_ID: Final = "signoff"
CLIENT_SECRET: Final = "a client's secret"
PERSON: Final = {"sub": "42", "email": "ana@example.com", "email_verified": True, "roles": ["editors", "others"]}


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


KEY: Final = new_key("first")
OTHER_KEY: Final = new_key("second")


def _same(given: Any) -> Any:
    return given


@dataclass
class AProvider:
    """What the provider answers. A test changes it to make it lie.

    `claims`, `metadata` and `keys` change what it would say; `signs_with` is the key, and `publishes` are those that
    it shows; `replies` answers a path with something else altogether.
    """

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    claims: Callable[[dict[str, Any]], dict[str, Any]] = _same
    metadata: Callable[[dict[str, Any]], dict[str, Any]] = _same
    tokens: Callable[[dict[str, Any]], dict[str, Any]] = _same
    signs_with: RSAKey = field(default_factory=lambda: KEY)
    publishes: tuple[RSAKey, ...] = (KEY,)
    replies: dict[str, Response] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def sign_in(self, address: str) -> str:
        """Do what a person does at the provider, and give the address that it sends them back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discover),
                Route("/keys", self._keys),
                Route("/keys-elsewhere", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def _reply(self, request: Request) -> Response | None:
        self.calls.append(request.url.path)
        return self.replies.get(request.url.path)

    async def _discover(self, request: Request) -> Response:
        says = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?kept=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return self._reply(request) or JSONResponse(self.metadata(says))

    async def _keys(self, request: Request) -> Response:
        shown = KeySet(list(self.publishes)).as_dict(private=False)
        return self._reply(request) or JSONResponse(shown)

    async def _token(self, request: Request) -> Response:
        if reply := self._reply(request):
            return reply
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or not self._is_client(request, form) or not _is_proof(form, asked):
            return JSONResponse({"error": "invalid_grant"}, 400)
        assert form["redirect_uri"] == asked["redirect_uri"]
        return JSONResponse(self.tokens(self._answer(asked["nonce"])))

    def _answer(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        header = {"alg": "RS256", "kid": self.signs_with.kid}
        token = jwt.encode(header, self.claims(claims), self.signs_with)
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": token}

    def _is_client(self, request: Request, form: dict[str, str]) -> bool:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        in_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        return in_form or request.headers.get("authorization") == f"Basic {basic}"


def _is_proof(form: dict[str, str], asked: dict[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]


@contextmanager
def serving_providers() -> Iterator[Callable[[], AProvider]]:
    """Serve providers at one address by a thread of its own, one after the other; each call gives a new one."""
    current = AProvider()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await current.app()(scope, receive, send)

    def replaced() -> AProvider:
        nonlocal current
        current = AProvider(issuer=issuer)
        return current

    with socket.socket() as listening:
        listening.bind((HOST, 0))
        issuer = f"http://{HOST}:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(answer, log_config=None, lifespan="off", ws="none"))
        # What is asked before the thread is ready waits in the socket's queue.
        listening.listen()
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield replaced
        finally:
            server.should_exit = True
            thread.join(30)


def redirect(to: str) -> Response:
    return RedirectResponse(to, 302)
