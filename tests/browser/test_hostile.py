"""Model output that means harm to the person who reads it."""

import pytest
from playwright.async_api import Page

from tests.browser.drafts import HOSTILE, HOSTILE_LINE, MIXED
from tests.browser.people import DESKTOP, PHONE, People
from tests.browser.stack import PagesWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAIT = '<script>alert("bait")</script><img src=x onerror=alert(1)>\u202eevil'
SUSPECT = (
    "script:not([src^='/static/']), iframe, object, embed, style, base, meta[http-equiv], svg[onload], img, form form"
)


async def a_hostile_job(world: PagesWorld, *texts: str) -> str:
    return await world.ready(
        *(texts or (HOSTILE,)),
        title=f"Title {BAIT}"[:200],
        labels={"desk": BAIT[:200]},
        question=f"{BAIT} what is it?",
        requester="newsroom",
    )


async def open_all(page: Page) -> None:
    """Open everything that can be opened."""
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_hostile_text_neither_runs_nor_calls_nor_breaks_out(
    world: PagesWorld, people: People, viewport: dict[str, int]
) -> None:
    job_id = await a_hostile_job(world)
    page = await people.at("ana", f"/review/{job_id}", viewport=viewport)
    await open_all(page)
    assert await page.locator(SUSPECT).count() == 0
    attributes = await page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
        ".filter(a => /^on|^style$|^srcdoc$/i.test(a.name)).map(a => a.name + '=' + a.value)"
    )
    assert attributes == []
    addresses = await page.locator("a[href]").evaluate_all("links => links.map(link => link.protocol)")
    assert set(addresses) <= {"http:", "https:"}
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    await page.goto("/review?whose=all")
    assert await page.locator(SUSPECT).count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


async def test_markup_that_imitates_our_buttons_makes_none(world: PagesWorld, people: People) -> None:
    job_id = await a_hostile_job(world)
    page = await people.at("ana", f"/review/{job_id}")
    assert await page.get_by_role("button", name="Approve and deliver").count() == 1
    assert await page.locator(".result form, .result button, .result input, .result [class~=button]").count() == 0
    assert await page.locator(".result [style], .result [id]:not([id^=cited-])").count() == 0


async def test_links_of_a_text_lead_out_in_another_window_and_tell_nothing_of_where_from(
    world: PagesWorld, people: People
) -> None:
    job_id = await a_hostile_job(world)
    page = await people.at("ana", f"/review/{job_id}")
    for link in await page.locator(".result a[href^=http], .sources a[href^=http]").all():
        assert await link.get_attribute("target") == "_blank"
        assert {"noopener", "noreferrer"} <= set((await link.get_attribute("rel") or "").split())
    assert await page.locator(".sources a[href='https://sources.example/page']").count() == 1


async def test_hidden_characters_are_counted_and_shown(world: PagesWorld, people: People) -> None:
    job_id = await a_hostile_job(world)
    page = await people.at("ana", f"/review/{job_id}")
    assert "hidden characters" in await page.locator(".notice.bad").inner_text()
    shown = await page.evaluate("document.title + [...document.querySelectorAll('main')].map(e => e.innerText)")
    assert "\u202e" not in shown
    assert "[RLO]" in await page.locator(".result").inner_text()


async def test_what_is_delivered_is_shown_to_the_letter_beside_its_harmless_view(
    world: PagesWorld, people: People
) -> None:
    job_id = await a_hostile_job(world)
    page = await people.at("ana", f"/review/{job_id}")
    await open_all(page)
    exact = await page.get_by_label("The exact text").inner_text()
    assert '<button class="main" name="kind" value="approve">Approve and deliver</button></form>' in exact
    assert HOSTILE_LINE in exact
    assert await page.input_value("#text") == HOSTILE


async def test_a_hostile_text_can_be_compared_with_another_one(world: PagesWorld, people: People) -> None:
    job_id = await a_hostile_job(world, HOSTILE, HOSTILE.replace("press me", "press <b>me</b>"))
    page = await people.at("ana", f"/review/{job_id}", viewport=PHONE)
    await page.fill("#comment", f"{BAIT} again")
    await page.get_by_role("button", name="Request changes").click()
    await world.until(job_id, lambda seen: seen.drafts == 2)
    await page.goto(f"/review/{job_id}")
    await open_all(page)
    assert await page.locator(".diff .added").count() == 1
    assert await page.locator(SUSPECT).count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_a_table_wider_than_the_page_keeps_its_words_whole_and_is_scrolled_by_keyboard(
    world: PagesWorld, people: People
) -> None:
    job_id = await world.ready(MIXED)
    page = await people.at("ana", f"/review/{job_id}", viewport=PHONE, bypass_csp=True)
    table = page.locator(".result table")
    heights = await table.locator("th").evaluate_all("cells => cells.map(cell => cell.clientHeight)")
    assert max(heights) < 60
    await page.locator(".result .wide").focus()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("document.querySelector('.result .wide').scrollLeft > 0")
