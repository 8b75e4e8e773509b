"""The pages in a real browser: with the keyboard alone, without scripts, by what accessibility asks, on a phone."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Page, async_playwright

from signoff.domain import reviewing
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.status import JobStatus
from signoff.tokens import Role
from tests.gateway.pages.a_desk import TEXT, Desk, a_body, cited, found
from tests.gateway.pages.at_desk import Office, an_office

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


class Server(uvicorn.Server):
    """Listens on a socket that is open already, and leaves signals alone."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(self.serve([listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                self.should_exit = True
                await serving


@dataclass
class Visit:
    """Ana at a page, signed in; `complaints` is what the browser's console said."""

    page: Page
    url: str
    desk: Desk
    complaints: list[str]

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)


@asynccontextmanager
async def a_visit(folder: Path, **browser: Any) -> AsyncIterator[Visit]:
    async with an_office(folder) as office, _served(office) as url, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await chromium.new_context(**browser)
        page = await context.new_page()
        visit = Visit(page, url, office.desk, [])
        page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        secret = office.store.create("ana", [Role.REVIEWER], datetime.now(UTC), None).secret
        await visit.open("/signin")
        await page.fill("#token", secret)
        await page.press("#token", "Enter")
        await page.wait_for_url("**/review")
        yield visit
        await context.close()
        await chromium.close()


@asynccontextmanager
async def _served(office: Office) -> AsyncIterator[str]:
    server = Server(uvicorn.Config(office.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    async with server.listening() as url:
        try:
            yield url
        finally:
            await office.feeds.close()


def a_full_job(desk: Desk) -> None:
    """Hold a job whose page has every part."""
    text = f"{TEXT}\n| a | b |\n|---|--:|\n| c | 1 |\n\n```\ncode\n```\n\n{'x' * 300}\u202e\n"
    noticed = [found("tool_failed", "a search did not succeed")]
    desk.hold(text=text, title="A brief", citations=[cited(text, "twice a day", "https://a.example")], findings=noticed)
    search = {"type": "web_search_call", "status": "failed", "action": {"query": "tides"}}
    desk.bodies["a-job", 1] = a_body(search, {"type": "code_interpreter_call", "code": "1 + 1" * 100})


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_meet_what_accessibility_asks(tmp_path: Path, scheme: str) -> None:
    async with a_visit(tmp_path, color_scheme=scheme, bypass_csp=True) as visit:
        a_full_job(visit.desk)
        for path in ("/review", "/review?status=failed", "/review/a-job"):
            await visit.open(path)
            await visit.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            found_here = await Axe().run(visit.page)
            assert found_here.violations_count == 0, found_here.generate_report()


async def test_no_page_breaks_its_own_content_policy_or_overflows_a_phone(tmp_path: Path) -> None:
    async with a_visit(tmp_path, viewport=PHONE) as visit:
        a_full_job(visit.desk)
        for path in ("/review", "/review/a-job"):
            await visit.open(path)
            assert await visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert visit.complaints == []


async def test_a_reviewer_needs_no_mouse(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        for job_id in ("first", "second", "third"):
            visit.desk.hold(job_id)
        await visit.open("/review")
        keys = visit.page.keyboard
        await keys.press("?")
        assert await visit.page.is_visible("#shortcuts")
        await keys.press("Escape")
        await keys.press("/")
        assert await visit.page.evaluate("document.activeElement.id") == "label"
        await keys.type("j?")
        assert await visit.page.input_value("#label") == "j?"
        await visit.page.evaluate("document.activeElement.blur()")
        for key in ("j", "j", "j", "k"):
            await keys.press(key)
        await keys.press("Enter")
        await visit.page.wait_for_url("**/review/second")


async def test_without_scripts_a_job_is_read_and_decided_on(tmp_path: Path) -> None:
    async with a_visit(tmp_path, java_script_enabled=False) as visit:
        visit.desk.hold(title="A brief")
        await visit.open("/review")
        await visit.page.click("text=A brief")
        await visit.page.fill("#comment", "Not yet.")
        await visit.page.click("button[value=reject]")
        await visit.page.wait_for_selector("text=Your rejection counts")
        assert visit.desk.records["a-job"].status is JobStatus.REJECTED


async def test_a_change_is_told_and_leaves_what_is_being_typed(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        record = visit.desk.hold()
        await visit.open("/review/a-job")
        await visit.page.fill("#comment", "I am still")
        assert not await visit.page.is_visible("[data-events]")
        claim = Arrangement(arrangement_id="c-1", kind=ArrangementKind.CLAIM, by="ben")
        visit.desk.play("a-job", reviewing.arranged(record, claim, datetime.now(UTC))[0])
        await visit.page.wait_for_selector("[data-events]:not([hidden])")
        assert "ben is on it" in await visit.page.inner_text("[data-news]")
        assert await visit.page.input_value("#comment") == "I am still"
