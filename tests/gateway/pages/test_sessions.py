"""Sessions: how long they count, and what ends them."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.pages.browsing import Browser, Clock, a_browser

NEW = "a second secret of thirty-two bytes"
OLD = "a first secret of thirty-two bytes.."


async def test_a_session_ends_two_hours_after_the_last_page(browser: Browser) -> None:
    await browser.sign_in()
    for _ in range(3):
        browser.clock.advance(hours=1, minutes=59)
        assert await browser.is_signed_in()
    browser.clock.advance(hours=2, seconds=1)
    assert not await browser.is_signed_in()


async def test_a_session_ends_after_twelve_hours_whatever_is_done(browser: Browser) -> None:
    await browser.sign_in()
    for _ in range(11):
        browser.clock.advance(hours=1)
        assert await browser.is_signed_in()
    browser.clock.advance(hours=1)
    assert not await browser.is_signed_in()


@pytest.mark.parametrize(
    "headers", [{"Accept": "text/event-stream"}, {"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}]
)
async def test_what_a_page_does_by_itself_keeps_nobody_signed_in(browser: Browser, headers: dict[str, str]) -> None:
    await browser.sign_in()
    for _ in range(2):
        browser.clock.advance(minutes=59)
        assert (await browser.open("/review", **headers)).status_code == 200
    browser.clock.advance(minutes=3)
    assert not await browser.is_signed_in()


@pytest.mark.parametrize(
    "headers", [{"Accept": "text/event-stream"}, {"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}]
)
async def test_a_script_is_told_that_nobody_is_signed_in(browser: Browser, headers: dict[str, str]) -> None:
    answer = await browser.open("/review", **headers)
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["hx-refresh"] == "true"


async def test_a_cookie_is_not_written_with_every_answer(browser: Browser) -> None:
    await browser.sign_in()
    assert "set-cookie" not in (await browser.open("/review")).headers
    browser.clock.advance(minutes=1)
    assert "signoff_session" in (await browser.open("/review")).headers["set-cookie"]


async def test_a_revoked_token_signs_out_at_once(browser: Browser) -> None:
    await browser.sign_in()
    assert await browser.is_signed_in()
    [token] = browser.store.all()
    browser.store.revoke(token.token_id)
    assert not await browser.is_signed_in()
    assert not browser.cookie()


async def test_a_session_lasts_no_longer_than_its_token(browser: Browser) -> None:
    await browser.sign_in(browser.token(life=timedelta(minutes=30)))
    browser.clock.advance(minutes=29)
    assert await browser.is_signed_in()
    browser.clock.advance(minutes=1)
    assert not await browser.is_signed_in()


async def test_another_token_of_the_same_name_keeps_nobody_signed_in(browser: Browser) -> None:
    await browser.sign_in()
    browser.store.revoke(browser.store.all()[0].token_id)
    browser.token()
    assert not await browser.is_signed_in()


async def test_signing_in_begins_a_new_session_and_ends_the_one_before(browser: Browser) -> None:
    await browser.sign_in()
    before = browser.cookie()
    await browser.send("/signin", {"token": browser.token("ben")}, page="/review")
    assert "Signed in as ben." in (await browser.open("/review")).text
    browser.carry(before)
    assert not await browser.is_signed_in()


async def test_a_secret_can_be_changed_while_people_are_signed_in(tmp_path: Path) -> None:
    clock = Clock()
    async with a_browser(tmp_path, session_secrets=(OLD,), clock=clock) as browser:
        await browser.sign_in()
        signed_before = browser.cookie()
    async with a_browser(tmp_path, session_secrets=(NEW, OLD), clock=clock) as browser:
        browser.carry(signed_before)
        clock.advance(minutes=5)
        renewed = (await browser.open("/review")).headers["set-cookie"].partition("=")[2].partition(";")[0]
    async with a_browser(tmp_path, session_secrets=(NEW,), clock=clock) as browser:
        browser.carry(renewed)
        assert await browser.is_signed_in()
        browser.carry(signed_before)
        assert not await browser.is_signed_in()


async def test_by_https_a_cookie_belongs_to_this_host_alone(https_browser: Browser) -> None:
    answer = await https_browser.sign_in()
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-signoff_session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(attributes)
    assert not any(attribute.lower().startswith("domain") for attribute in attributes)
    assert await https_browser.is_signed_in()


async def test_without_https_a_cookie_still_is_out_of_reach_of_scripts(browser: Browser) -> None:
    answer = await browser.sign_in()
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
    assert "Secure" not in answer.headers["set-cookie"]
