"""A browser without scripts: it keeps cookies, reads the forms of pages and sends them."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse, Response

from signoff.client import JobClient
from signoff.gateway.app import GatewayParts, create_app
from signoff.gateway.callers import Caller
from signoff.gateway.pages.app import Pages, pages_app
from signoff.gateway.pages.csrf import CheckedForm
from signoff.gateway.pages.messages import Message, message_page
from signoff.gateway.pages.options import PageOptions
from signoff.gateway.pages.parts import make_parts
from signoff.gateway.pages.sessions import requires_role, signed_in
from signoff.tokens import Role, TokenStore

SECRET = "one secret of thirty-two bytes.."
HTTPS = "https://signoff.example.com"
HTTP = "http://gateway"


router = APIRouter(dependencies=[Depends(signed_in)])
"""What stands for the pages of the review, which need jobs."""


@router.get("/review")
async def show(
    request: Request, person: Annotated[Caller, Depends(requires_role(Role.REVIEWER, Role.OPERATOR))]
) -> Response:
    return message_page(request, 200, Message(f"Signed in as {person.name}.", ""))


@router.post("/review/notes")
async def note(form: CheckedForm) -> Response:
    return PlainTextResponse(str(form["comment"]))


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Browser:
    """One browser at one gateway."""

    http: httpx2.AsyncClient
    store: TokenStore
    clock: Clock

    def token(self, name: str = "ana", role: Role = Role.REVIEWER, life: timedelta | None = None) -> str:
        return self.store.create(name, [role], self.clock.now, life).secret

    async def open(self, path: str, **headers: str) -> httpx2.Response:
        return await self.http.get(path, headers=headers)

    async def send(self, path: str, fields: dict[str, str], page: str = "/signin", **headers: str) -> httpx2.Response:
        """Send the form of a page with some fields filled in."""
        filled = {**hidden_in((await self.http.get(page)).text), **fields}
        return await self.http.post(path, data=filled, headers=headers)

    async def sign_in(self, secret: str | None = None, **fields: str) -> httpx2.Response:
        return await self.send("/signin", {"token": self.token() if secret is None else secret, **fields})

    async def is_signed_in(self) -> bool:
        return (await self.http.get("/review")).status_code == 200

    def cookie(self, name: str = "signoff_session") -> str:
        return self.http.cookies.get(name) or ""

    def carry(self, value: str, name: str = "signoff_session") -> None:
        """Hold another cookie than the one that was given."""
        self.http.cookies.clear()
        self.http.cookies.set(name, value)


@asynccontextmanager
async def a_browser(folder: Path, base_url: str = HTTP, **options: Any) -> AsyncIterator[Browser]:
    """Open a browser at a gateway of its own; the options are those of the pages."""
    store, clock = TokenStore(folder / "tokens.json"), options.pop("clock", None) or Clock()
    chosen = PageOptions(**{"session_secrets": (SECRET,), "clock": clock, **options})
    jobs = JobClient.__new__(JobClient)
    pages = pages_app(make_parts(jobs, store, None, chosen), router)
    app = Pages(create_app(GatewayParts(jobs=jobs, tokens=store)), pages)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=base_url) as http:
        yield Browser(http, store, clock)


def hidden_in(page: str) -> dict[str, str]:
    """Give the hidden fields of a page's last form."""
    form = page[page.rindex("<form") :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found}


def heading(answer: httpx2.Response) -> str:
    """Give what a page says first."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    return html.unescape(found[1].strip()) if found else ""
