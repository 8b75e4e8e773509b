"""People at the pages, each in a browser of their own."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState, async_playwright

NEEDED: Final = "TEST_NEEDS_BROWSER"
"""Where this is set, tests fail without a browser instead of being skipped."""

GET_ONE: Final = "no Chromium is installed; get it with `apt-get install chromium`, or name one in TEST_CHROMIUM"
DESKTOP: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
PATIENCE_MS: Final = 15_000

_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
_STATUS_TOLD: Final = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
"""What the console says of an answer that refuses something, as some here should."""


def chromium_path() -> str | None:
    """Find the browser; `None` where there is none."""
    named = os.environ.get("TEST_CHROMIUM")
    return named or shutil.which("chromium")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run the browser as long as the block does."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class People:
    """Who is at the pages. `complaints` is what any page did that none may do."""

    browser: Browser
    url: str
    secrets: dict[str, str]
    signed_in: dict[str, StorageState]
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def at(self, name: str, path: str = "/review", **options: Any) -> Page:
        """Open a page as somebody who has signed in; their first time here they do so by the form."""
        if name not in self.signed_in:
            page = await self.stranger()
            await self.sign_in(page, name)
            self.signed_in[name] = await page.context.storage_state()
        page = await self.stranger(storage_state=self.signed_in[name], **options)
        await page.goto(path)
        return page

    async def stranger(self, **options: Any) -> Page:
        """Give a blank page of somebody who has not signed in."""
        given = {"base_url": self.url, "viewport": DESKTOP, **options}
        context = await self.browser.new_context(**given)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"a script broke: {error.error}"))
        context.on("request", self._asked)
        context.on("dialog", lambda dialog: self.complaints.append(f"a dialog opened: {dialog.message}"))
        self.contexts.append(context)
        return await context.new_page()

    async def sign_in(self, page: Page, name: str) -> None:
        await page.goto("/signin")
        await page.fill("#token", self.secrets[name])
        await page.press("#token", "Enter")
        await page.get_by_role("button", name="Sign out").wait_for()

    async def leave(self) -> None:
        """Close every window."""
        for context in self.contexts:
            await context.close()

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and not _STATUS_TOLD.match(said.text):
            self.complaints.append(f"the console says: {said.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:")):
            self.complaints.append(f"a request left: {request.url}")
