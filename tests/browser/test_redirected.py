"""Deciding on another destination for a result that is approved already."""

import pytest

from signoff.domain.status import JobStatus
from tests.browser.drafts import TIDES
from tests.browser.people import PHONE, People
from tests.browser.stack import PagesWorld
from tests.browser.test_deciding import delivered, is_told

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = "Only the new destination is asked for"


async def test_an_approval_from_a_page_before_does_not_count_and_one_for_the_new_destination_delivers_there(
    world: PagesWorld, people: People
) -> None:
    job_id = await world.ready_for_two(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await world.sends_elsewhere(job_id)
    await page.get_by_role("button", name="Approve and deliver").click()
    await is_told(page, "Your decision does not count")
    alert = await page.get_by_role("alert").inner_text()
    assert "Where the result goes has changed since your page was made" in alert
    assert "sent elsewhere by ops" in alert
    record = await world.record(job_id)
    assert (record.status, len(record.receipts)) == (JobStatus.AWAITING_REVIEW, 1)

    moved = await page.get_by_role("region", name=ASKED).inner_text()
    for told in (world.receiver.closed_url, "a file in the folder press", "by bo", "ops", "their address is gone"):
        assert told in moved
    buttons = await page.locator("button[name=kind]").evaluate_all("buttons => buttons.map(one => one.value)")
    assert {"approve", "reject"} <= {*buttons}
    assert not {"request_changes", "approve_edited"} & {*buttons}

    await page.get_by_role("button", name="Approve this destination and deliver").click()
    await is_told(page, "Your approval counts")
    record = await world.closed(job_id)
    assert (record.status, [receipt.channel for receipt in record.receipts]) == (JobStatus.COMPLETED, ["http", "file"])
    assert [one["text"] for one in delivered(world, job_id)] == [TIDES]
    await page.goto(f"/review/{job_id}")
    places = page.get_by_role("complementary").locator(".deliveries li")
    assert [" delivered" in " ".join(text.split()) for text in await places.all_inner_texts()] == [True, True]


async def test_the_new_destination_fits_on_a_phone_and_comes_first(world: PagesWorld, people: People) -> None:
    job_id = await world.ready_for_two(TIDES)
    await world.sends_elsewhere(job_id, folder="-".join(["press"] * 30))
    page = await people.at("ana", f"/review/{job_id}", viewport=PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tops = [
        await page.locator(part).evaluate("one => one.getBoundingClientRect().top") for part in (".moved", ".first")
    ]
    assert tops[0] < tops[1]
