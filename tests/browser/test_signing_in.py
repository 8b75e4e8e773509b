"""Signing in and out, by the forms that people use."""

import pytest

from tests.browser.people import People

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_somebody_signs_in_and_is_back_where_they_wanted_to_be(people: People) -> None:
    page = await people.stranger()
    await page.goto("/review?status=failed")
    assert page.url.startswith(f"{people.url}/signin")
    await page.fill("#token", people.secrets["ana"])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/review?status=failed")
    assert "ana" in await page.inner_text("header")


async def test_a_wrong_token_lets_nobody_in_and_is_not_shown_again(people: People) -> None:
    page = await people.stranger()
    await page.goto("/signin")
    await page.fill("#token", "signoff_wrong")
    await page.press("#token", "Enter")
    assert "does not count" in await page.get_by_role("alert").inner_text()
    assert await page.input_value("#token") == ""
    await page.goto("/review")
    assert "/signin" in page.url


async def test_whoever_signs_out_is_out_also_on_the_way_back(people: People) -> None:
    page = await people.stranger()
    await people.sign_in(page, "bo")
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signin")
    await page.go_back()
    assert "/signin" in page.url
    assert await page.get_by_role("heading", name="Waiting for me").count() == 0
