"""Signing in with a personal token, and signing out."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from signoff.gateway.pages.attempts import PER_ADDRESS
from signoff.tokens import Role
from tests.gateway.pages.browsing import SECRET, Browser, a_browser, heading, hidden_in


async def test_a_page_sends_somebody_to_sign_in_and_back_to_it(browser: Browser) -> None:
    asked = await browser.open("/review?status=held&x=1")
    assert asked.status_code == 303
    form = await browser.open(asked.headers["location"])
    assert (form.status_code, heading(form)) == (200, "Sign in")
    assert hidden_in(form.text)["next"] == "/review?status=held&x=1"
    done = await browser.send("/signin", {"token": browser.token()}, page=asked.headers["location"])
    assert (done.status_code, done.headers["location"]) == (303, "/review?status=held&x=1")
    assert await browser.is_signed_in()


async def test_the_front_door_leads_to_the_review(browser: Browser) -> None:
    answer = await browser.open("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")


async def test_the_page_knows_who_signed_in(browser: Browser) -> None:
    await browser.sign_in(browser.token("ana <b>"))
    assert "Signed in as ana &lt;b&gt;." in (await browser.open("/review")).text


async def test_whoever_is_signed_in_sees_no_form(browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.open("/signin?next=/review/brief-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/brief-1")


@pytest.mark.parametrize("wrong", ["", "nonsense", "signoff_" + "x" * 43, "x" * 5_000, "é\0"])
async def test_every_wrong_token_gets_the_same_answer(browser: Browser, wrong: str) -> None:
    secret = browser.token(life=timedelta(minutes=1))
    browser.clock.advance(minutes=1)
    expired, answer = await browser.sign_in(secret), await browser.sign_in(wrong)
    assert answer.status_code == expired.status_code == 401
    assert answer.text == expired.text
    assert not await browser.is_signed_in()


async def test_no_token_is_shown_again_or_logged(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        refused = await browser.sign_in("signoff_a-secret-that-was-mistyped")
        await browser.sign_in(valid := browser.token())
    assert {line["event"] for line in lines} == {"signin.refused", "signin.done"}
    told = f"{lines}{caplog.text}{refused.text}{refused.headers}"
    assert "mistyped" not in told
    assert valid not in told


async def test_a_token_in_the_address_signs_nobody_in(browser: Browser) -> None:
    assert (await browser.open(f"/signin?token={browser.token()}")).status_code == 200
    assert not await browser.is_signed_in()


async def test_a_bearer_token_opens_no_page(browser: Browser) -> None:
    assert (await browser.open("/review", Authorization=f"Bearer {browser.token()}")).status_code == 303


async def test_a_session_opens_nothing_of_the_job_api(browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser.open("/v1/jobs")).status_code == 401
    assert (await browser.open("/openapi.json")).status_code == 401


async def test_signing_out_ends_the_session_for_copies_of_the_cookie_too(browser: Browser) -> None:
    await browser.sign_in()
    copied = browser.cookie()
    done = await browser.send("/signout", {}, page="/review")
    assert (done.status_code, done.headers["location"]) == (303, "/signin")
    assert not browser.cookie()
    browser.carry(copied)
    assert not await browser.is_signed_in()


async def test_nobody_is_signed_out_by_an_address(browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser.open("/signout")).status_code == 405
    assert (await browser.http.post("/signout")).status_code == 403
    assert await browser.is_signed_in()


async def test_somebody_without_the_role_is_told_so_on_a_page(browser: Browser) -> None:
    await browser.sign_in(browser.token("newsroom", Role.REQUESTER))
    answer = await browser.open("/review")
    assert (answer.status_code, heading(answer)) == (403, "You may not do this")
    assert "newsroom does not have it" in answer.text


async def test_too_many_attempts_are_refused_and_told_how_long(browser: Browser) -> None:
    for _ in range(PER_ADDRESS):
        assert (await browser.sign_in("wrong")).status_code == 401
    answer = await browser.sign_in()
    assert (answer.status_code, heading(answer)) == (429, "Too many attempts to sign in")
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    assert not await browser.is_signed_in()


async def test_a_form_beyond_any_token_is_not_read(browser: Browser) -> None:
    answer = await browser.sign_in("x" * 20_000)
    assert answer.status_code == 413


async def test_a_damaged_token_file_lets_nobody_in_and_tells_no_path(browser: Browser, tmp_path: Path) -> None:
    await browser.sign_in()
    (tmp_path / "tokens.json").write_text("{")
    answer = await browser.open("/review")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert answer.headers["retry-after"]


async def test_a_file_that_was_made_elsewhere_counts_at_once(browser: Browser, tmp_path: Path) -> None:
    async with a_browser(tmp_path, session_secrets=(SECRET,)) as elsewhere:
        secret = elsewhere.token()
    assert (await browser.sign_in(secret)).status_code == 303
