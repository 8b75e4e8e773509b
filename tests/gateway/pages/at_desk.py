"""Somebody at the review pages: opens a job, reads the forms of its page, and presses their buttons."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import httpx2
from fastapi import FastAPI

from signoff.client import JobClient
from signoff.gateway.app import GatewayParts, create_app
from signoff.gateway.feeds import Feeds
from signoff.gateway.pages.options import PageOptions
from signoff.tokens import Role, TokenStore
from tests.gateway.pages.a_desk import Desk
from tests.gateway.pages.browsing import HTTP, SECRET, hidden_in


@dataclass
class Form:
    """A form as a browser without scripts would send it."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The forms of a page, its text, and its elements in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.elements.append((tag, told))
        if tag == "form":
            self.forms.append(Form(told.get("action", ""), told.get("method", "get")))
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append(told.get("value", ""))
        elif tag == "input" and "name" in told and self.forms:
            self.forms[-1].fields[told["name"]] = told.get("value", "")
        elif tag == "textarea":
            self._area = told["name"]
            self.forms[-1].fields[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            fields = self.forms[-1].fields
            fields[self._area] = fields[self._area].removeprefix("\n").replace("\n", "\r\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._area:
            self.forms[-1].fields[self._area] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, button: str) -> Form:
        """Give the form that has this button."""
        return next(form for form in self.forms if button in form.buttons)

    def has(self, button: str) -> bool:
        return any(button in form.buttons for form in self.forms)

    def values(self, attribute: str) -> list[str]:
        return [told[attribute] for _, told in self.elements if attribute in told]


@dataclass
class Person:
    """Somebody who is signed in."""

    http: httpx2.AsyncClient
    desk: Desk

    async def open(self, path: str) -> Page:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    async def press(self, page: Page, button: str, **filled: str) -> httpx2.Response:
        form = page.form(button)
        return await self.http.post(form.action, data={**form.fields, "kind": button, **filled})

    async def decide(self, button: str, job_id: str = "a-job", **filled: str) -> httpx2.Response:
        return await self.press(await self.open(f"/review/{job_id}"), button, **filled)


@dataclass
class Office:
    """A gateway with people at it."""

    app: FastAPI
    store: TokenStore
    desk: Desk
    feeds: Feeds
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    async def sign_in(self, name: str = "ana", *roles: Role) -> Person:
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
        http = httpx2.AsyncClient(transport=transport, base_url=HTTP)
        self.clients.append(http)
        secret = self.store.create(name, roles or (Role.REVIEWER,), datetime.now(UTC), None).secret
        form = hidden_in((await http.get("/signin")).text)
        answer = await http.post("/signin", data={**form, "token": secret})
        assert answer.status_code == 303, answer.text
        return Person(http, self.desk)


@asynccontextmanager
async def an_office(folder: Path, real: JobClient | None = None) -> AsyncIterator[Office]:
    """Open a gateway to the jobs of a desk, or to real ones."""
    desk, store = Desk(), TokenStore(folder / "tokens.json")
    jobs = real or cast("JobClient", desk)
    feeds = Feeds(jobs)
    app = create_app(GatewayParts(jobs=jobs, tokens=store, feeds=feeds, pages=PageOptions(session_secrets=(SECRET,))))
    office = Office(app, store, desk, feeds)
    try:
        yield office
    finally:
        await feeds.close()
        for http in office.clients:
            await http.aclose()
