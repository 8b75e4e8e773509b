"""Deciding on the page of a job, and what the destination gets of it."""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page

from signoff.domain.decision import DecisionKind
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.browser.drafts import TIDES, TIDES_CORRECTED
from tests.browser.people import People
from tests.browser.stack import PagesWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")


def delivered(world: PagesWorld, job_id: str) -> list[dict[str, Any]]:
    """List what the destination got of a job."""
    return [
        json.loads(body) for key, all_of in world.receiver.bodies.items() if key.startswith(job_id) for body in all_of
    ]


async def a_posted_job(world: PagesWorld, *texts: str, **changes: Any) -> str:
    """Have a job held whose approved draft is posted to the destination."""
    return await world.ready(*texts, delivery={"channel": "http", "url": world.receiver.url}, **changes)


async def is_told(page: Page, title: str) -> None:
    """Wait for a notice on top of the page."""
    await page.locator(".notice h2", has_text=title).wait_for()


def decisions(record: JobRecord) -> list[tuple[str, bool]]:
    return [(str(line.kind), line.is_accepted) for review in record.reviews for line in review.lines]


async def test_an_approval_delivers_what_was_shown(world: PagesWorld, people: People) -> None:
    job_id = await a_posted_job(world, TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    assert await page.locator(".result td").first.inner_text() == "Bay of Fundy"
    await page.get_by_role("button", name="Approve and deliver").click()
    await is_told(page, "Your approval counts")
    assert (await world.closed(job_id)).status is JobStatus.COMPLETED
    assert [one["text"] for one in delivered(world, job_id)] == [TIDES]


async def test_a_rejection_needs_a_comment_and_delivers_nothing(world: PagesWorld, people: People) -> None:
    job_id = await a_posted_job(world, TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await page.get_by_role("button", name="Reject").click()
    assert "comment" in (await page.get_by_role("alert").inner_text()).lower()
    await page.fill("#comment", "The ranges have no source.")
    await page.get_by_role("button", name="Reject").click()
    await is_told(page, "Your rejection counts")
    assert (await world.closed(job_id)).status is JobStatus.REJECTED
    assert delivered(world, job_id) == []


async def test_changes_that_were_asked_for_bring_a_second_draft_that_is_compared_with_the_first(
    world: PagesWorld, people: People
) -> None:
    job_id = await a_posted_job(world, TIDES, TIDES_CORRECTED)
    page = await people.at("ana", f"/review/{job_id}")
    await page.fill("#comment", "Count the tides again.")
    await page.get_by_role("button", name="Request changes").click()
    await is_told(page, "Your request for changes counts")
    await world.until(job_id, lambda seen: seen.drafts == 2)
    await page.goto(f"/review/{job_id}")
    assert "four times a day" in await page.locator(".result").inner_text()
    assert "Count the tides again." in await page.get_by_role("complementary").inner_text()
    assert "twice" in await page.locator(".diff .removed").inner_text()
    assert "four times" in await page.locator(".diff .added").inner_text()
    await page.get_by_role("button", name="Approve and deliver").click()
    await world.closed(job_id)
    assert [one["text"] for one in delivered(world, job_id)] == [TIDES_CORRECTED]


async def test_an_edit_is_delivered_in_place_of_the_draft(world: PagesWorld, people: People) -> None:
    job_id = await a_posted_job(world, TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await page.get_by_text("Edit it, then approve").click()
    assert await page.input_value("#text") == TIDES
    await page.fill("#text", TIDES_CORRECTED)
    await page.get_by_role("button", name="Approve as edited and deliver").click()
    await is_told(page, "Your edit and your approval of it count")
    await world.closed(job_id)
    [got] = delivered(world, job_id)
    assert got["text"] == TIDES_CORRECTED
    assert [one["title"] for one in got["citations"]] == ["Tides explained"]


async def test_a_form_of_an_older_draft_is_refused_and_keeps_what_was_typed(world: PagesWorld, people: People) -> None:
    job_id = await world.ready(TIDES, TIDES_CORRECTED)
    page = await people.at("ana", f"/review/{job_id}")
    await page.fill("#comment", "Fine with me, but mind the ranges.")
    await world.decides("bo", job_id, DecisionKind.REQUEST_CHANGES, "Count again.")
    await world.until(job_id, lambda seen: seen.drafts == 2)
    await page.get_by_role("button", name="Approve and deliver").click()
    await is_told(page, "Your decision does not count")
    changes = await page.get_by_role("alert").inner_text()
    assert "bo" in changes
    assert await page.input_value("#comment") == "Fine with me, but mind the ranges."
    assert "four times a day" in await page.locator(".result").inner_text()
    assert (await world.record(job_id)).status is JobStatus.AWAITING_REVIEW


async def test_a_form_that_comes_after_somebody_elses_decision_is_refused_and_shows_what_was_typed(
    world: PagesWorld, people: People
) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await page.get_by_text("Edit it, then approve").click()
    await page.fill("#text", TIDES_CORRECTED)
    await page.fill("#edit-comment", "Counted again.")
    await world.decides("bo", job_id, DecisionKind.REJECT, "Not ours to publish.")
    await world.closed(job_id)
    await page.get_by_role("button", name="Approve as edited and deliver").click()
    shown = await page.get_by_role("alert").inner_text()
    for part in ("does not count", "Not ours to publish.", "Counted again.", "It turns four times a day"):
        assert part in shown
    assert (await world.record(job_id)).status is JobStatus.REJECTED


async def test_two_reviewers_who_approve_at_once_cause_one_delivery(world: PagesWorld, people: People) -> None:
    job_id = await a_posted_job(world, TIDES)
    pages = [await people.at(name, f"/review/{job_id}") for name in ("ana", "bo")]
    await asyncio.gather(*(page.get_by_role("button", name="Approve and deliver").click() for page in pages))
    heads = sorted([await page.locator(".notice h2").inner_text() for page in pages])
    assert heads == ["Your approval counts", "Your decision does not count"]
    record = await world.closed(job_id)
    # The other one is a line as well, unless the job had closed when it came.
    assert [one for one in decisions(record) if one != ("approve", False)] == [("approve", True)]
    assert len(delivered(world, job_id)) == 1


async def test_a_double_click_is_one_decision(world: PagesWorld, people: People) -> None:
    job_id = await a_posted_job(world, TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await page.get_by_role("button", name="Approve and deliver").dblclick(no_wait_after=True)
    await page.get_by_role("heading", name="Your approval counts").wait_for()
    assert decisions(await world.closed(job_id)) == [("approve", True)]
    assert len(delivered(world, job_id)) == 1


async def test_a_decision_is_made_with_keys_alone(world: PagesWorld, people: People) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "comment":
            break
    await page.keyboard.type("Read and found good.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await is_told(page, "Your approval counts")
    [review] = (await world.closed(job_id)).reviews
    assert [line.comment for line in review.lines] == ["Read and found good."]


async def test_a_seat_is_claimed_and_released_again(world: PagesWorld, people: People) -> None:
    job_id = await world.ready(TIDES)
    page = await people.at("ana", f"/review/{job_id}")
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_role("button", name="Release").wait_for()
    assert "Claimed by" in await page.get_by_role("complementary").inner_text()
    await page.get_by_role("button", name="Release").click()
    await page.get_by_role("button", name="Claim").wait_for()
    review = (await world.record(job_id)).review
    assert review
    assert review.claimed_by == ""


async def test_without_scripts_somebody_signs_in_reads_and_approves(world: PagesWorld, people: People) -> None:
    job_id = await a_posted_job(world, TIDES, title="Read without scripts")
    await world.listed(job_id)
    page = await people.stranger(java_script_enabled=False)
    await people.sign_in(page, "ana")
    await page.get_by_role("link", name="Read without scripts").click()
    assert "Bay of Fundy" in await page.locator(".result").inner_text()
    await page.get_by_text("Plain text, exactly as it will be delivered").click()
    assert "| Bay of Fundy | 16 m |" in await page.get_by_label("The exact text").inner_text()
    await page.get_by_role("button", name="Approve and deliver").click()
    await is_told(page, "Your approval counts")
    await world.closed(job_id)
    assert [one["text"] for one in delivered(world, job_id)] == [TIDES]
