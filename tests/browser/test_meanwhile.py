"""What happens behind a page while it is open."""

from urllib.parse import urljoin

import pytest

from signoff.domain.decision import DecisionKind
from signoff.domain.status import JobStatus
from tests.browser.drafts import TIDES
from tests.browser.people import People
from tests.browser.stack import PagesWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_open_page_tells_that_somebody_else_decided_and_leaves_what_is_typed(
    world: PagesWorld, people: People
) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await page.fill("#comment", "I am still")
    banner = page.locator("[data-events]")
    assert not await banner.is_visible()
    await world.decides("bo", job_id, DecisionKind.APPROVE)
    await banner.wait_for(state="visible")
    assert await page.input_value("#comment") == "I am still"
    await world.closed(job_id)
    await banner.get_by_role("link", name="Reload").click()
    await page.get_by_text("completed", exact=True).first.wait_for()


async def test_a_review_that_ends_while_its_page_is_open_takes_no_decision_any_more(
    world: PagesWorld, people: People
) -> None:
    job_id = await world.ready(TIDES, review={"window": "PT5S"})
    page = await people.at("ana", f"/review/{job_id}")
    await page.fill("#comment", "Too slow")
    await page.get_by_text("This job changed:").wait_for()
    await page.get_by_role("button", name="Approve and deliver").click()
    shown = await page.get_by_role("alert").inner_text()
    assert "does not count" in shown
    assert "Too slow" in shown
    assert (await world.record(job_id)).status is JobStatus.EXPIRED


async def test_a_decision_without_a_worker_is_left_and_applied_once_one_runs(world: PagesWorld, people: People) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await world.stop_worker()
    try:
        await page.get_by_role("button", name="Approve and deliver").click()
        await page.get_by_role("heading", name="Recorded, will be applied").wait_for()
        await world.listed(job_id)
    finally:
        await world.start_worker()
    assert (await world.closed(job_id)).status is JobStatus.COMPLETED
    await page.get_by_role("link", name="To the job").click()
    await page.get_by_text("completed", exact=True).first.wait_for()


async def test_no_address_decides_when_it_is_only_opened(world: PagesWorld, people: People) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    forms = await page.locator("form").evaluate_all(
        "forms => forms.map(form => form.getAttribute('action') + '?' + new URLSearchParams(new FormData(form)))"
    )
    links = await page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    buttons = await page.locator("button[name=kind]").evaluate_all("buttons => buttons.map(button => button.value)")
    asked = [f"{form}&kind={button}" for form in forms for button in buttons] + links
    before = await world.record(job_id)
    answers = [
        await page.context.request.get(urljoin(page.url, address), max_redirects=0)
        for address in asked
        if urljoin(page.url, address).startswith(people.url)
    ]
    assert {"approve", "reject", "claim", "extend"} <= {*buttons}
    assert {answer.status for answer in answers} <= {200, 303, 405}
    assert await world.record(job_id) == before
    await page.reload()
    assert await page.get_by_role("button", name="Sign out").is_visible()
