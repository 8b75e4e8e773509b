"""The exported report in a real browser, offline: no serious barrier, no request, nothing wider than the screen."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from signoff.domain.manifest import Exported
from signoff.showing.report import render_report
from tests.browser.drafts import HOSTILE
from tests.browser.test_accessible import LOOKS, serious
from tests.starter.fake import FakeJobs

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODY = b'{"output": [{"type": "web_search_call", "action": {"type": "search", "query": "tides"}}]}'


@pytest.fixture
def report(tmp_path: Path) -> str:
    jobs = FakeJobs()
    jobs.add_completed("brief-1", HOSTILE)
    [draft] = jobs.archive.values()
    exported = Exported(jobs.records["brief-1"], datetime(2026, 5, 2, tzinfo=UTC), draft, BODY)
    path = tmp_path / "report.html"
    path.write_text(render_report(exported), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize(("scheme", "viewport"), LOOKS)
async def test_the_report_has_no_serious_barrier_and_fits(
    browser: Browser, report: str, scheme: Any, viewport: Any
) -> None:
    context = await browser.new_context(color_scheme=scheme, viewport=viewport, bypass_csp=True, offline=True)
    page = await context.new_page()
    await page.goto(report)
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert await serious(page) == []
    await context.close()


async def test_the_report_asks_for_nothing_and_breaks_no_rule_of_its_policy(browser: Browser, report: str) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    await page.goto(report)
    assert asked == [report]
    assert await page.evaluate("getComputedStyle(document.body).maxWidth") == "992px"
    await context.close()
