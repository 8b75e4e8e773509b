"""The list of jobs: what waits for whom, found and walked through without a mouse."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.open_jobs import start_held
from signoff.domain.arrangement import Arrangement, ArrangementKind
from tests.browser.drafts import TIDES
from tests.browser.people import PHONE, People
from tests.browser.stack import PagesWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNT = 60


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bulk(world: PagesWorld) -> AsyncIterator[str]:
    """Sixty jobs of one requester that wait for anybody; their requester's name."""
    handles = await start_held(world.stack.temporal, COUNT, "bulk")
    await world.listed(*(handle.id for handle in handles))
    yield "bulk"
    await asyncio.gather(*(handle.terminate() for handle in handles))


async def test_a_reviewer_sees_what_waits_for_them_and_by_when(world: PagesWorld, people: People) -> None:
    mine = await world.ready(
        TIDES, title="A brief on tides", scenario="queued=0 running=0 search=failed", review={"window": "PT26H"}
    )
    others = await world.ready(TIDES, title="Of another desk", review={"reviewers": ["bo"]})
    claim = Arrangement(arrangement_id="claim-1", kind=ArrangementKind.CLAIM, by="bo")
    assert (await world.jobs.arrange(mine, claim)).is_accepted
    await world.listed(mine, others)
    page = await people.at("ana", "/review?requester=newsroom")
    row = page.locator("tr", has=page.get_by_role("link", name="A brief on tides"))
    while not await row.get_by_text("bo", exact=True).count():  # the index takes a moment
        await page.reload()
    told = " ".join((await row.inner_text()).split())
    for part in (mine, "awaiting review", "in 1 d", "newsroom", "1 finding"):
        assert part in told
    assert await page.get_by_role("link", name="Of another desk").count() == 0
    await page.select_option("#whose", "all")
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_role("link", name="Of another desk").wait_for()


async def test_sixty_jobs_are_filtered_and_paged_by_keyboard(bulk: str, people: People) -> None:
    page = await people.at("ana")
    keys = page.keyboard
    await keys.press("/")
    await keys.type(f"batch={bulk}")
    await keys.press("Enter")
    await page.wait_for_url("**label=batch*")
    rows = page.locator("table.jobs tbody tr")
    first = await rows.evaluate_all("rows => rows.map(row => row.querySelector('a').textContent)")
    assert len(first) == 50
    await page.get_by_role("link", name="Next page").focus()
    await keys.press("Enter")
    await page.wait_for_url("**cursor=*")
    rest = await rows.evaluate_all("rows => rows.map(row => row.querySelector('a').textContent)")
    assert len({*first, *rest}) == COUNT
    await page.get_by_role("link", name="Back to the first page").focus()
    await keys.press("Enter")
    await page.wait_for_url(lambda url: "cursor" not in url)


async def test_what_is_due_first_stands_above_what_is_due_later(bulk: str, people: People) -> None:
    page = await people.at("ana", f"/review?requester={bulk}")
    titles = await page.locator("table.jobs td.title a").all_inner_texts()
    assert titles == sorted(titles, key=lambda title: int(title.split()[1]))


async def test_jobs_are_chosen_and_opened_with_single_keys(bulk: str, people: People) -> None:
    page = await people.at("ana", f"/review?requester={bulk}")
    keys = page.keyboard
    await keys.press("?")
    assert await page.get_by_role("dialog", name="Shortcuts").is_visible()
    await keys.press("j")
    await keys.press("Escape")
    titles = await page.locator("table.jobs td.title a").all_inner_texts()
    for key in ("j", "j", "j", "k"):
        await keys.press(key)
    assert await page.evaluate("document.activeElement.textContent") == titles[1]


async def test_a_long_list_fits_a_phone(bulk: str, people: People) -> None:
    page = await people.at("bo", f"/review?requester={bulk}", viewport=PHONE)
    assert await page.locator("table.jobs tbody tr").count() == 50
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_an_operator_begins_with_what_needs_attention_and_is_not_asked_to_decide(
    world: PagesWorld, people: People
) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ops")
    assert "needs attention" in (await page.inner_text("h1")).lower()
    await page.goto(f"/review/{job_id}")
    assert "Deciding needs the role reviewer" in await page.inner_text("main")
    assert await page.locator("button[name=kind]").count() == 0


async def test_a_requester_sees_where_their_job_stands_and_nothing_of_what_is_held(
    world: PagesWorld, people: People
) -> None:
    mine, others = await world.ready(TIDES, title="Ours"), await world.ready(TIDES, requester="sports")
    page = await people.at("newsroom", f"/review/{mine}")
    assert "awaiting review" in await page.inner_text("main")
    assert "moon" not in await page.content()
    assert "(in 6 d" in await page.inner_text("main")
    assert "h)" in await page.inner_text("main")
    await page.goto(f"/review/{others}")
    assert "no such job" in (await page.inner_text("h1")).lower()
