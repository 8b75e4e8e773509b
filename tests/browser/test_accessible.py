"""What accessibility asks of every page, by axe, in both colour schemes, on a desktop and on a phone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Page

from signoff.domain.decision import DecisionKind
from tests.browser.drafts import MIXED, TIDES
from tests.browser.people import DESKTOP, PHONE, People
from tests.browser.stack import PagesWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERIOUS = {"serious", "critical"}
LOOKS = [
    pytest.param(scheme, viewport, id=f"{scheme}-{name}")
    for scheme in ("light", "dark")
    for name, viewport in (("desktop", DESKTOP), ("phone", PHONE))
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def full_job(world: PagesWorld) -> AsyncIterator[str]:
    """A job whose page has every part: findings, two drafts, decisions, hidden characters, sources."""
    job_id = await world.ready(TIDES, MIXED, scenario="queued=0 running=0.2 search=failed", title="A full job")
    await world.decides("bo", job_id, DecisionKind.REQUEST_CHANGES, "Count again.")
    await world.until(job_id, lambda seen: seen.drafts == 2)
    await world.listed(job_id)
    yield job_id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def moved_job(world: PagesWorld) -> str:
    """A job whose page asks for another destination alone."""
    job_id = await world.ready_for_two(TIDES, title="A moved job")
    await world.sends_elsewhere(job_id)
    return job_id


async def serious(page: Page) -> list[str]:
    """Open whatever the page folds away, and list what axe finds serious."""
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = (await Axe().run(page, options={"resultTypes": ["violations"]})).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize(("scheme", "viewport"), LOOKS)
async def test_no_page_has_a_serious_barrier(
    people: People, full_job: str, moved_job: str, scheme: str, viewport: dict[str, int]
) -> None:
    looks = {"color_scheme": scheme, "viewport": viewport, "bypass_csp": True}
    stranger = await people.stranger(**looks)
    await stranger.goto("/signin")
    assert await serious(stranger) == []
    page = await people.at("ana", "/review", **looks)
    assert await serious(page) == []
    for path in (
        f"/review/{full_job}",
        f"/review/{moved_job}",
        "/review/no-such-job",
        "/review?status=rejected&label=odd",
        "/review?label=a%3Db",
    ):
        await page.goto(path)
        assert await serious(page) == [], path
    requester = await people.at("newsroom", f"/review/{full_job}", **looks)
    assert await serious(requester) == []


async def test_a_refusal_and_what_was_typed_are_told_without_barriers(people: People, full_job: str) -> None:
    page = await people.at("ana", f"/review/{full_job}", bypass_csp=True)
    await page.get_by_role("button", name="Reject").click()
    await page.get_by_role("alert").wait_for()
    assert await serious(page) == []
    await page.context.clear_cookies()
    await page.fill("#comment", "Typed before the session was over.")
    await page.get_by_role("button", name="Reject").click()
    await page.get_by_text("You are signed out").first.wait_for()
    assert await serious(page) == []
